"""The loop between the log and a sink: fetch, decode, land, and only then say so.

Written once for every sink. Holds no connection of its own; the log and the sink it is given do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Final, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from sinks.log import Fetched, Log, RawRecord
from sinks.meters import SinkMeters
from sinks.ports import Batch, Partition, Sink, SinkRecord
from sinks.positions import first_offset
from topology.errors import Retryable

log = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_PAUSE_SECONDS: Final = 2.0
"""Between tries; a request to stop is heard between them, and a supervisor waits 10 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much the loop takes at once, and how long it bears with a database that is away."""

    batch_records: int
    batch_wait_seconds: float
    idle_write_seconds: float = 0.2
    """Between writes that move positions only, over markers of transactions: each is a commit on the disk."""
    patience_seconds: float = 60.0


class _Stopping(Exception):
    """Asked to stop while the database is away: nothing of the batch in hand is acknowledged."""


class _Reassigned(Exception):
    """The group shared its partitions out anew while the database was away."""

    def __init__(self, partitions: Collection[Partition]) -> None:
        super().__init__()
        self.partitions = partitions


class SinkLoop:
    """Follows the log until it is asked to stop, or until something fails that trying again does not mend.

    Raises Retryable once the patience is at an end, and whatever else the sink or the log raise; in each case nothing
    is acknowledged that is not durable, and the process should end with an error and be started again.
    """

    def __init__(
        self,
        *,
        log: Log,
        sink: Sink,
        decode: Callable[[RawRecord], SinkRecord],
        limits: Limits,
        meters: SinkMeters,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._sink = sink
        self._decode = decode
        self._limits = limits
        self._meters = meters
        self._clock = clock
        self._stopping = Event()
        self._written: dict[Partition, int] = {}
        """Next offset by assigned partition: everything before it is durable."""
        self._reached: dict[Partition, int] = {}
        """Next offset by partition, of what was fetched."""
        self._wrote_at = clock()
        self._held = False

    def stop(self) -> None:
        """Finish the batch in hand and return from `run`; may be called from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Until `stop`. Leaves the group and the database in any case."""
        try:
            while not self._stopping.is_set():
                self._turn()
        except _Stopping:
            log.info("stopping while the database is away; the batch in hand will be read again")
        finally:
            self._sink.stop()
            self._log.close()

    def _turn(self) -> None:
        fetched = self._log.fetch(self._limits.batch_records, self._limits.batch_wait_seconds)
        try:
            if fetched.assigned is None:
                self._follow(fetched)
            else:
                self._take_over(fetched.assigned)
        except _Reassigned as news:
            self._begin_anew(news.partitions)

    def _begin_anew(self, partitions: Collection[Partition]) -> None:
        """Take over, however often the group changes its mind meanwhile."""
        while True:
            try:
                return self._take_over(partitions)
            except _Reassigned as news:
                partitions = news.partitions

    def _take_over(self, partitions: Collection[Partition]) -> None:
        stored = self._trying(lambda: self._sink.start(partitions))
        self._written = dict(self._trying(lambda: self._positions(partitions, stored)))
        self._reached = {}
        self._held = False
        self._log.resume(self._written)
        self._log.commit(self._written)
        self._meters.took_over(self._written)
        log.info("reads %d partitions", len(self._written), extra={"partitions": sorted(map(str, self._written))})

    def _positions(self, partitions: Collection[Partition], stored: Mapping[Partition, int]) -> Mapping[Partition, int]:
        known = {**self._log.committed([p for p in partitions if p not in stored]), **stored}
        return {p: first_offset(p, known.get(p), *self._log.bounds(p)) for p in partitions}

    def _follow(self, fetched: Fetched) -> None:
        self._reached.update(fetched.ends)
        for record in fetched.records:
            self._reached[record.partition] = max(record.offset + 1, self._reached.get(record.partition, 0))
        progress = {p: reached for p, reached in self._reached.items() if reached > self._written[p]}
        if fetched.records or (progress and self._clock() - self._wrote_at >= self._limits.idle_write_seconds):
            self._land(fetched.records, progress)
        self._log.commit({})
        self._meters.looked(lambda: self._log.behind(self._written))

    def _land(self, raw: Sequence[RawRecord], progress: Mapping[Partition, int]) -> None:
        """Make the records and the progress durable together, then tell the group."""
        began = self._clock()
        records = self._trying(lambda: tuple(map(self._decode, raw)))
        rows = self._trying(lambda: self._sink.write(Batch(records=records, progress=progress)))
        self._written.update(progress)
        self._wrote_at = self._clock()
        if self._held:
            self._held = False
            self._log.resume(self._written)
        self._log.commit(progress)
        self._meters.landed(records, rows, seconds=self._wrote_at - began)

    def _trying(self, attempt: Callable[[], T]) -> T:
        """Try again while the surroundings fail, with the partitions held; raises Retryable when patience ends."""
        retrying = Retrying(
            retry=retry_if_exception_type(Retryable),
            wait=_pause_seconds,
            stop=stop_after_delay(self._limits.patience_seconds),
            before_sleep=_warn,
            sleep=self._hold,
            reraise=True,
        )
        return retrying(attempt)

    def _hold(self, seconds: float) -> None:
        if self._stopping.is_set():
            raise _Stopping
        self._held = True
        assigned = self._log.hold(seconds).assigned
        if assigned is not None:
            raise _Reassigned(assigned)


_exponential = wait_exponential(multiplier=0.1, max=LONGEST_PAUSE_SECONDS)


def _pause_seconds(state: RetryCallState) -> float:
    """Growing, and no shorter than the failed one asks for."""
    failure = state.outcome.exception() if state.outcome else None
    asked = failure.retry_after_seconds if isinstance(failure, Retryable) else 0.0
    return min(max(_exponential(state), asked), LONGEST_PAUSE_SECONDS)


def _warn(state: RetryCallState) -> None:
    failure = state.outcome.exception() if state.outcome else None
    log.warning("trying again: %s", failure, extra={"attempt": state.attempt_number})
