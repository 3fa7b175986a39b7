"""A streaming replica that answers for the primary, as long as it shows whatever this process has told of.

How far it is, is sampled: where the primary's log stood, and when the replica has replayed that. A replica that lags,
is away, or is none, is not asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from time import monotonic
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

from api.freshness.told import Told
from api.readers.pools import Connection, Pool, borrow

logger = logging.getLogger(__name__)

MOST_STALE_SECONDS: Final = 2.0
"""A replica that shows nothing later than this is left alone until it has caught up."""
LOOK_SECONDS: Final = 0.1
ANSWER_SECONDS: Final = 1.0
BORROW_SECONDS: Final = 0.25
"""Well below what a question may take: the primary still answers in time."""
REST_SECONDS: Final = 1.0
"""After it failed."""
SAMPLES: Final = 64

WRITTEN: Final = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS at"
REPLAYED: Final = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS at"

LogPosition = Callable[[], Awaitable[int | None]]


class Coverage:
    """Up to which moment of this process's clock the replica shows what the primary had committed."""

    def __init__(self, told: Told, clock: Callable[[], float] = monotonic) -> None:
        self._told, self._clock = told, clock
        self._samples: deque[tuple[float, int]] = deque(maxlen=SAMPLES)
        self._until = float("-inf")
        self._resting_until = float("-inf")

    def sufficient(self) -> bool:
        """Whether it may be asked now."""
        now = self._clock()
        return now >= self._resting_until and self._until >= max(self._told.at, now - MOST_STALE_SECONDS)

    def failed(self) -> None:
        """It did not answer: leave it alone for a while."""
        self._resting_until = self._clock() + REST_SECONDS

    async def look(self, written: LogPosition, replayed: LogPosition) -> None:
        """Sample once. `written`: where the primary's log ends; `replayed`: how far the replica has come, None for a
        server that is no replica."""
        at, end = self._clock(), await written()
        if end is not None:
            self._samples.append((at, end))
        reached = await replayed()
        while reached is not None and self._samples and self._samples[0][1] <= reached:
            self._until = self._samples.popleft()[0]


class Replica:
    """The pool of a replica, and how far that is."""

    def __init__(self, pool: Pool, primary: Pool, coverage: Coverage) -> None:
        self._pool, self._primary, self._coverage = pool, primary, coverage

    async def begun(self, stack: AsyncExitStack, begin: bytes) -> Connection | None:
        """A connection in a transaction until `stack` ends; None where the primary has to answer."""
        if not self._coverage.sufficient():
            return None
        try:
            connection = await borrow(self._pool, stack, begin, BORROW_SECONDS)
        except (psycopg.Error, PoolTimeout):
            self._coverage.failed()
            return None
        stack.push(self._note_failure)
        return connection

    async def look(self) -> None:
        """Sample once. Raises what the driver raises where one of both is away."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._coverage.look(self._written, self._replayed)

    async def keep_looking(self) -> None:
        """For ever, whatever happens. Whoever is away is asked again: meanwhile the primary answers."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - else the primary would answer alone until a restart
                logger.warning("the replica is not asked: %s", type(error).__name__)
                self._coverage.failed()
            await asyncio.sleep(LOOK_SECONDS)

    async def _written(self) -> int | None:
        return await _position(self._primary, WRITTEN)

    async def _replayed(self) -> int | None:
        return await _position(self._pool, REPLAYED)

    def _note_failure(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, psycopg.Error):
            self._coverage.failed()


async def _position(pool: Pool, statement: str) -> int | None:
    async with pool.connection(timeout=ANSWER_SECONDS) as connection:
        row = await (await connection.execute(statement.encode())).fetchone()
    return None if row is None or row["at"] is None else int(row["at"])
