"""Refuses requests that were meant for another host: who resolves a name of their own to this service gets nothing.

Plain ASGI. Probes ask by address, so health is for everyone.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems

PROBES = "/health"


class AllowHosts:
    """`hosts`: names without ports, in lower case; `*.example.org` stands for all below it."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._names = frozenset(host for host in hosts if not host.startswith("*."))
        self._below = tuple(host[1:] for host in hosts if host.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(PROBES) and not self._allowed(scope):
            problem = problems.Problem(HTTPStatus.BAD_REQUEST, "wrong-host", "This host is not served here")
            await problems.answer(problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        host = Headers(scope=scope).get("host", "").lower().rsplit(":", 1)[0]
        return host in self._names or (bool(self._below) and host.endswith(self._below))
