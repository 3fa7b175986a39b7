"""An open-loop load over HTTP: requests begin when they are due, whether others have been answered or not.

Light, so that it does not take the processor from what it measures: prepared bytes, asyncio streams, a pool of
connections, used in turn. A connection stays with the worker of the service that accepted it, until an answer says that
it is closed: were the latest used again, chance would decide at the start whether two requests at once share a worker
all the time, or never. An answer's time counts from when it was due, so that a queue shows.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from selectors import SelectSelector
from time import perf_counter
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import numpy as np

PATIENCE_SECONDS: Final = 30.0
MOST_OPEN: Final = 900
"""Requests under way; the next begins when one has ended, and its time has counted since it was due. select knows 1,024
files."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it is sent."""

    method: str
    path: str
    body: Any = None


@dataclass(slots=True, kw_only=True)
class Load:
    """Calls at a rate, and what came of them."""

    url: str
    key: str
    seconds: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    _idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=deque)
    _open: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_OPEN))

    async def run(self, calls: Sequence[Call], rate: float, seed: int = 7) -> float:
        """Every call, at `rate` a second on average, by a Poisson process; returns how long it took."""
        gaps = np.random.default_rng(seed).exponential(1 / rate, len(calls))
        due = np.cumsum(gaps).tolist()
        began = perf_counter()
        tasks = []
        for call, after in zip(calls, due, strict=True):
            await _until(began + after)
            tasks.append(asyncio.create_task(self._timed(call, began + after)))
        await asyncio.gather(*tasks)
        self.close()
        return perf_counter() - began

    async def one_by_one(self, calls: Sequence[Call]) -> list[Any]:
        """Every answer, each asked for after the one before; counts for nothing."""
        answers = [json.loads((await self._send(call))[1] or b"null") for call in calls]
        self.close()
        return answers

    def close(self) -> None:
        while self._idle:
            self._idle.pop()[1].close()

    async def _timed(self, call: Call, due: float) -> None:
        self.late.append(perf_counter() - due)
        async with self._open:
            status, _ = await self._send(call)
        self.seconds.append(perf_counter() - due)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    async def _send(self, call: Call) -> tuple[int, bytes]:
        reader, writer = self._idle.popleft() if self._idle else await self._connect()
        async with asyncio.timeout(PATIENCE_SECONDS):
            writer.write(self._bytes(call))
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
        if _closes(head):
            writer.close()
        else:
            self._idle.append((reader, writer))
        return int(head[9:12]), body

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        where = urlsplit(self.url)
        return await asyncio.open_connection(where.hostname, where.port)

    def _bytes(self, call: Call) -> bytes:
        body = b"" if call.body is None else json.dumps(call.body).encode()
        head = (
            f"{call.method} {call.path} HTTP/1.1\r\nHost: {urlsplit(self.url).netloc}\r\n"
            f"Authorization: Bearer {self.key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def run(work: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on a loop that wakes in time: `epoll`, which loops use by themselves, waits in whole
    milliseconds, and to look at the clock meanwhile would take the processor from what is measured."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(SelectSelector())) as runner:
        return runner.run(work)


async def _until(moment: float) -> None:
    while (left := moment - perf_counter()) > 0:
        await asyncio.sleep(left)


def _closes(head: bytes) -> bool:
    return b"\r\nconnection: close" in head.lower()


def _length(head: bytes) -> int:
    """Raises ValueError for an answer without a length: the service always knows it."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(f"an answer without a length: {head!r}")
