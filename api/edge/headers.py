"""Headers that every answer carries: what browsers must not do with it, and how the caller's quotas stand.

Plain ASGI; a header that the application has set is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits.gate import VERDICT
from api.limits.quotas import headers as rate_headers

HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-site",
}
HSTS: Final = "max-age=31536000; includeSubDomains"


class Harden:
    """`hsts`: whether browsers shall insist on TLS for a year; only where there is TLS in front."""

    def __init__(self, app: ASGIApp, *, hsts: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS) | ({"Strict-Transport-Security": HSTS} if hsts else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                verdict = scope.get("state", {}).get(VERDICT)
                for name, value in rate_headers(verdict.standings if verdict else ()).items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, hardened)
