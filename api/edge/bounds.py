"""Bounds of a request: how large its body may be, by route, and how long it may take.

Plain ASGI, so that nothing is buffered.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.ingest.batch import MOST_BYTES
from api.limits.gate import INGEST

TIME_IS_UP: Final = "time_is_up"
"""In a request's state: whether it is being given up for its time."""
QUESTION_BYTES: Final = 128 * 1024
"""Sixteen times the longest query."""


class LimitBody:
    """Refuses too large a body (413), by what is announced and by what comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = MOST_BYTES if (scope["method"], scope["path"]) == INGEST else QUESTION_BYTES
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and announced.isascii() and (len(announced) > 18 or int(announced) > most):
            await problems.answer(too_large(most))(scope, receive, send)
            return
        await self._app(scope, _Counted(receive, most), send)


class BodyTooLarge(HTTPException):
    """Raised where the body is read; an HTTPException, because FastAPI lets no other kind through its parsing."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def too_large(most_bytes: int) -> problems.Problem:
    return problems.Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "request-entity-too-large",
        "The body is too large",
        detail=f"{most_bytes} bytes are allowed.",
    )


class LimitTime:
    """Ends a request that takes longer than `seconds`, its reading included (504). What was sent to Kafka is sent."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        limit = asyncio.timeout(self._seconds)
        scope.setdefault("state", {})[TIME_IS_UP] = limit.expired
        try:
            async with limit:
                await self._app(scope, receive, noted)
        except TimeoutError:
            if begun or not limit.expired():
                raise
            await problems.answer(too_slow(self._seconds))(scope, receive, send)


def too_slow(seconds: float) -> problems.Problem:
    return problems.Problem(
        HTTPStatus.GATEWAY_TIMEOUT,
        "too-slow",
        "The request took too long",
        detail=f"It was given up after {seconds:g} seconds; nothing is promised of it.",
        headers={"Retry-After": "1"},
    )


class _Counted:
    """A `receive` that stops at the limit."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive, self._left = receive, most_bytes

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLarge
        return message
