"""What a sink counts and whether it can do its work, for Prometheus and for probes.

Watches the loop and never steers it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from schemas.records import Position
from sinks.ports import Partition, SinkRecord
from sinks.tracing import LandingSpans
from topology.health import Readiness, StallWatch
from topology.metrics import (
    SINK_BATCH_SECONDS,
    SINK_BATCHES,
    SINK_FENCES,
    SINK_LAG,
    SINK_PROGRESS_AGE_SECONDS,
    SINK_RECORDS,
    SINK_ROWS,
    SINK_SKIPPED,
    Meters,
)
from topology.tracing import OFF, Tracing

LAG_SECONDS: Final = 1.0
"""Between looks at the lag, which asks librdkafka for each partition."""
STALLED_SECONDS: Final = 15.0
"""Without a batch or an idle look: something is in the way, such as a database that is away."""
DEAD_SECONDS: Final = 180.0
"""The same, or with records to read and none read: longer than the loop bears with a database (60 s) or without a place
in its group (45 s), after which it ends by itself; who is still there is stuck, and an orchestrator should end it."""


class SinkMeters:
    """The meters of one sink process. Probes call `ready` and `live` on threads of their own."""

    def __init__(
        self,
        meters: Meters,
        clock: Callable[[], float] = time.monotonic,
        adrift_seconds: Callable[[], float] = lambda: 0.0,
        tracing: Tracing = OFF,
    ) -> None:
        self.registry = meters.registry
        self.spans = LandingSpans(tracing)
        self._meters = meters
        self._clock = clock
        self._adrift_seconds = adrift_seconds
        self._stall = StallWatch(clock)
        self._progressed_at = clock()
        self._lag_at = 0.0
        self._partitions: frozenset[Partition] | None = None
        meters.follow(SINK_PROGRESS_AGE_SECONDS, self._age)

    def took_over(self, partitions: Collection[Partition]) -> None:
        for partition in (self._partitions or frozenset()) - frozenset(partitions):
            self._meters.forget(SINK_LAG, topic=partition.topic, partition=partition.number)
        self._partitions = frozenset(partitions)
        self._progressed_at = self._clock()
        self._show_lag(dict.fromkeys(partitions, 0))

    def landed(self, records: Iterable[SinkRecord], rows: Mapping[str, int], *, seconds: float) -> None:
        for topic, count in Counter(record.partition.topic for record in records).items():
            self._meters.add(SINK_RECORDS, count, topic=topic)
        for table, count in rows.items():
            self._meters.add(SINK_ROWS, count, table=table)
        self._stall.moved()
        self._meters.add(SINK_BATCHES)
        self._meters.observe(SINK_BATCH_SECONDS, seconds)

    def skipped(self, positions: Iterable[Position]) -> None:
        for position in positions:
            self._meters.add(SINK_SKIPPED, topic=position.topic)

    def looked(self, behind: Callable[[], Mapping[Partition, int]]) -> None:
        """A turn of the loop has ended well; `behind` is asked for the lag once in a while."""
        self._progressed_at = self._clock()
        if self._progressed_at - self._lag_at >= LAG_SECONDS:
            self._lag_at = self._progressed_at
            self._show_lag(behind())

    def fenced(self) -> None:
        self._meters.add(SINK_FENCES)

    def ready(self) -> Readiness:
        """Ready while the group has given this process its share (which may be none) and turns end well."""
        assigned = self._partitions is not None and not self._adrift_seconds()
        return Readiness(ready=assigned and self._age() <= STALLED_SECONDS, checks=self._checks(assigned=assigned))

    def live(self) -> Readiness:
        """Alive unless it is stuck: turns do not end, records are there and none is landed, or the group forgot it."""
        stuck = max(self._age(), self._stall.seconds, self._adrift_seconds())
        return Readiness(ready=stuck <= DEAD_SECONDS, checks=self._checks(assigned=not self._adrift_seconds()))

    def _checks(self, *, assigned: bool) -> Mapping[str, str]:
        return {
            "assignment": f"{len(self._partitions or ())} partitions"
            if assigned
            else f"none for {self._adrift_seconds():.0f} s",
            "progress": f"{self._age():.0f} s ago",
            "stalled_with_lag": f"{self._stall.seconds:.0f} s",
        }

    def _age(self) -> float:
        return self._clock() - self._progressed_at

    def _show_lag(self, lag: Mapping[Partition, int]) -> None:
        self._stall.lags(sum(lag.values()))
        for partition, records in lag.items():
            self._meters.set(SINK_LAG, records, topic=partition.topic, partition=partition.number)
