"""Which generation of memory answers come from: asked of PostgreSQL, whose views follow the same row.

What else has to know (Redis keys, how fresh answers are) learns of a promotion within `KNOWN_SECONDS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

from api.readers import statements
from api.readers.database import Database
from topology.errors import Misconfigured, Retryable
from topology.generations import Serving

KNOWN_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 0.3
"""For the next answer where there is one already: a profile in Redis must not wait for a database that hangs."""


class ServingReader:
    """Asks once in a while; while PostgreSQL is away, what it said last holds."""

    def __init__(self, database: Database, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: Serving | None = None
        self._asked_at = float("-inf")

    async def now(self) -> Serving:
        """Raises Retryable where PostgreSQL was never there, Misconfigured where it has no such table."""
        async with self._lock:
            if self._known is None:
                self._known = await self._ask()
            elif self._clock() - self._asked_at > KNOWN_SECONDS:
                self._asked_at = self._clock()
                with suppress(Retryable, TimeoutError):
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        self._known = await self._ask()
            return self._known

    async def _ask(self) -> Serving:
        async with self._database.read(None) as rows:
            found = await rows.one(statements.SERVING, {})
        if found is None:
            raise Misconfigured("PostgreSQL does not say which generation serves: run `python -m sinks migrate`")
        return Serving(number=found["number"], direct=found["direct"])
