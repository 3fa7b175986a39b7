"""The gate behind the question who asks: lets a known caller's request in or answers 429, before its body is read.

Plain ASGI. How the caller stands is kept in the request's state, from where `api.edge.headers` shows it on any answer.
"""

from __future__ import annotations

from typing import Final, cast

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.auth import Principal
from api.limits.limiter import RateLimiter
from api.limits.quotas import Verdict

PRINCIPAL: Final = "principal"
VERDICT: Final = "rate_limit"
INGEST: Final = ("POST", "/v1/events")
FREE: Final = frozenset({"/v1/me/usage"})
"""Whoever is kept out may ask how long."""


class LimitRate:
    """Needs `scope["state"]["principal"]`; a request without one is nobody's and passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal | None = scope.get("state", {}).get(PRINCIPAL)
        if principal is not None and scope["path"] not in FREE:
            limiter = cast("RateLimiter", scope["app"].state.service.limiter)
            ingest = (scope["method"], scope["path"]) == INGEST
            verdict = await limiter.admit(principal, ingest=ingest)
            scope["state"][VERDICT] = verdict
            try:
                limiter.refuse(verdict)
            except problems.Problem as problem:
                await problems.answer(problem)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def show(request: Request, verdict: Verdict) -> None:
    """Let the answer tell this verdict instead of the one at the gate."""
    setattr(request.state, VERDICT, verdict)
