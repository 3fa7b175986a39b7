"""Connections go to a worker that is free: one stays with the process that accepted it, however much that has to do.

Plain ASGI. Clients and proxies keep connections, and chance puts two that are used at once with one worker while
another idles. An answer that had to share its process tells the client to connect anew, and whoever is free accepts.
Where none is, that was for nothing, and cost a fraction of the time that was waited.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONG: Final = frozenset({"/v1/recall", "/v1/context"})
"""Requests that keep a process busy for milliseconds: to connect takes a fraction of one."""


class Spread:
    """Counts the long requests that are under way in this process: of one with `known_at`, PostgreSQL's time too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in LONG:
            await self._app(scope, receive, send)
            return

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        shared = self._under_way > 0
        self._under_way += 1
        try:
            await self._app(scope, receive, closing if shared else send)
        finally:
            self._under_way -= 1
