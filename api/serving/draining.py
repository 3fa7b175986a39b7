"""How a process of the API stops: says it is not ready, still answers for a moment, finishes what is under way, ends.

Extends uvicorn's server by what orchestrators lean on.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from topology.settings import Settings

NOTIFY_SECONDS: Final = 1.0
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than load balancers keep a connection that nobody uses (60 s), else they meet closed ones."""
BACKLOG: Final = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How long the steps of an end may take."""

    notice_seconds: float
    drain_seconds: int

    @property
    def whole_seconds(self) -> float:
        return self.notice_seconds + self.drain_seconds


def ending_of(settings: Settings) -> Ending:
    return Ending(notice_seconds=settings.api_notice_seconds, drain_seconds=settings.api_drain_seconds)


def options(ending: Ending) -> dict[str, Any]:
    """What uvicorn is told wherever it runs."""
    return {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # a layer of the application's own, by TRUSTED_PROXIES
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": ending.drain_seconds,
        "backlog": BACKLOG,
    }


class DrainingServer(uvicorn.Server):
    """`app.state.draining` is set with the first signal; a second one does not wait for the notice.

    `alive` is called every second while requests are finished, when uvicorn itself tells nobody that it lives.
    """

    def __init__(
        self, config: uvicorn.Config, app: FastAPI, ending: Ending, alive: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        super().__init__(config)
        self._app, self._ending, self._alive = app, ending, alive
        self._leaves_at: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._leaves_at is not None or sig == signal.SIGINT:
            super().handle_exit(sig, frame)
            return
        self._app.state.draining = True
        self._leaves_at = monotonic() + self._ending.notice_seconds
        self._captured_signals.append(sig)

    async def on_tick(self, counter: int) -> bool:
        if self._leaves_at is not None and monotonic() >= self._leaves_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        living = asyncio.create_task(self._tell())
        try:
            await super().shutdown(sockets)
        finally:
            living.cancel()

    async def _tell(self) -> None:
        while self._alive is not None:
            await self._alive()
            await asyncio.sleep(NOTIFY_SECONDS)
