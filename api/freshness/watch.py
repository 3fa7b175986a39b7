"""Watches the stream's offsets for those who ask: how much is pending, and whether a position can be queried yet.

Asks Kafka, and which generation serves, when it is asked itself and once a second besides. One look is shared by all
who wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from api.freshness.barrier import (
    Level,
    Offsets,
    Reading,
    Snapshot,
    Wave,
    advance,
    covers,
    entry_topics,
    levels,
    pending,
)
from api.freshness.told import Told
from schemas.records import Position
from topology.errors import Misconfigured, Retryable
from topology.generations import Serving, group_of, serving_stages
from topology.topics import TopicName

logger = logging.getLogger(__name__)

REUSE_SECONDS = 0.05
"""A look that showed something pending may be shown again for so long: it errs on the safe side."""
IDLE_LOOK_SECONDS = 1.0
"""The resolution of `Lag.seconds` while nobody asks."""
ANSWER_SECONDS = 5.0
RETRY_AFTER_SECONDS = 1.0
WAVES = 64
"""Waves under way at the most; beyond, every other one is given up, which only coarsens the answer."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PAUSE_GROWTH = 0.02, 0.06, 1.5


class StreamOffsets(Protocol):
    """What Kafka knows of the topics of a generation, by their names. Raises Retryable while it cannot be asked."""

    async def ends(self, topics: Sequence[TopicName], generation: int) -> Offsets:
        """The last stable offset of every partition of `topics`."""
        ...

    async def committed(self, group: str, topics: Sequence[TopicName], generation: int) -> Offsets:
        """What a group has committed on every partition of `topics`, 0 where nothing."""
        ...


async def the_first() -> Serving:
    """What serves where nobody ever promoted anything."""
    return Serving()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """How far behind the answers are. `pending` 0: every event accepted before the question can be queried."""

    pending: int
    seconds: float
    """Everything accepted longer ago than this can be queried; 0 while nothing is pending."""
    stages: Mapping[str, int]


class FreshnessWatch:
    """Follows waves of accepted records down the stages of the generation that serves.

    When another one is promoted it begins anew: what could be queried there has to be seen here.
    """

    def __init__(
        self,
        offsets: StreamOffsets,
        serving: Callable[[], Awaitable[Serving]] = the_first,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        report: Callable[[Lag], None] = lambda _: None,
        told: Told | None = None,
    ) -> None:
        self._offsets = offsets
        self._ask_serving = serving
        self._clock = clock
        self._sleep = sleep
        self._report = report
        self._told = told or Told()
        self._lock = asyncio.Lock()
        self._follow_generation(Serving())

    def _follow_generation(self, serving: Serving) -> None:
        stages = serving_stages(serving)
        self._serving = serving
        self._levels = levels(stages)
        self._entry = entry_topics(stages)
        self._waves: list[Wave] = []
        self._passed = Wave(started_at=self._clock(), entry={})
        self._passed_seen_at = float("-inf")
        self._lag: Lag | None = None
        self._looked_at = float("-inf")

    async def lag(self) -> Lag:
        """What is pending at this moment. Raises Retryable, after ANSWER_SECONDS at the latest."""
        asked_at = self._clock()
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._lock:
                kept = self._lag
                lag = kept if kept is not None and self._still_true(asked_at, kept) else await self._look()
                self._told.up_to(self._passed_seen_at)
                return lag
        except TimeoutError as error:
            raise Retryable("Kafka takes too long", retry_after_seconds=RETRY_AFTER_SECONDS) from error

    async def is_queryable(self, position: Position) -> bool:
        """Whether the record at `position`, and whatever follows from it, can be queried. Raises Retryable."""
        if not covers(self._passed.entry, position) or await self._ask_serving() != self._serving:
            await self.lag()
        if not covers(self._passed.entry, position):
            return False
        self._told.up_to(self._passed_seen_at)
        return True

    async def wait(self, position: Position, timeout_seconds: float) -> bool:
        """Wait until `position` can be queried; False where it could not within the timeout. Raises Retryable."""
        deadline, pause = self._clock() + timeout_seconds, FIRST_PAUSE_SECONDS
        while not await self.is_queryable(position):
            left = deadline - self._clock()
            if left <= 0:
                return False
            await self._sleep(min(pause, left))
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)
        return True

    async def look(self) -> Lag:
        """Look now, whoever asks; for the background, which keeps `seconds` and the metrics true."""
        async with self._lock:
            return await self._look()

    def _still_true(self, asked_at: float, lag: Lag) -> bool:
        return self._looked_at >= asked_at or (lag.pending > 0 and asked_at - self._looked_at < REUSE_SECONDS)

    async def _look(self) -> Lag:
        serving = await self._ask_serving()
        if serving != self._serving:
            self._follow_generation(serving)
        snapshot = await self._snapshot()
        self._follow(snapshot)
        stages = pending(self._levels, snapshot)
        total = sum(stages.values())
        age = self._clock() - self._passed.started_at if total else 0.0
        self._lag, self._looked_at = Lag(pending=total, seconds=age, stages=stages), snapshot.started_at
        self._report(self._lag)
        return self._lag

    async def _snapshot(self) -> Snapshot:
        started_at = self._clock()
        entry = await self._offsets.ends(self._entry, self._serving.number)
        readings = [await self._read(level) for level in self._levels]
        return Snapshot(started_at=started_at, entry=entry, readings=tuple(readings))

    async def _read(self, level: Level) -> Reading:
        number = self._serving.number
        groups = ((group_of(stage, number), stage.inputs) for stage in level.stages)
        committed = (self._offsets.committed(group, inputs, number) for group, inputs in groups)
        ends, *found = await asyncio.gather(self._offsets.ends(level.topics, number), *committed)
        names = (stage.name for stage in level.stages)
        return Reading(ends=ends, committed=dict(zip(names, found, strict=True)))

    def _follow(self, snapshot: Snapshot) -> None:
        """Start a wave, move all on, and remember the newest that has passed: whatever it covers can be queried."""
        under_way: list[Wave] = []
        for wave in (*self._waves, Wave(started_at=snapshot.started_at, entry=snapshot.entry)):
            moved = advance(wave, snapshot)
            if moved is not None:
                under_way.append(moved)
            elif wave.started_at >= self._passed.started_at:
                self._passed, self._passed_seen_at = wave, self._clock()
        newer = [wave for wave in under_way if wave.started_at > self._passed.started_at]
        self._waves = newer if len(newer) <= WAVES else newer[::2]


async def keep_looking(watch: FreshnessWatch, every_seconds: float = IDLE_LOOK_SECONDS) -> None:
    """Look once in a while for ever; who is away, or not migrated yet, is asked again, since readiness tells of it."""
    while True:
        try:
            await watch.look()
        except (Retryable, Misconfigured):
            pass
        except Exception as error:  # noqa: BLE001 - whatever happens, it goes on
            logger.warning("the stream's offsets were not looked at: %s", type(error).__name__)
        await asyncio.sleep(every_seconds)
