"""The loop between the log and a sink: fetch, decode, land, and only then say so.

Written once for every sink. Holds no connection of its own; the log and the sink it is given do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from threading import Event
from typing import Final, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from sinks.decoding import Reader, Stretch
from sinks.landing import Lander
from sinks.log import Fetched, Log
from sinks.meters import SinkMeters
from sinks.ports import Batch, Partition, PoisonRecord, Sink
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

    While a full batch is being landed, on a thread of its own, the next one is fetched, decoded and prepared here: one
    ahead at the most, and dropped when the group shares its partitions out anew. All else happens on one thread.

    Raises Retryable once the patience is at an end, and whatever else the sink or the log raise; in each case nothing
    is acknowledged that is not durable, and the process should end with an error and be started again.
    """

    def __init__(
        self,
        *,
        log: Log,
        sink: Sink,
        reader: Reader,
        limits: Limits,
        meters: SinkMeters,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._sink = sink
        self._reader = reader
        self._limits = limits
        self._meters = meters
        self._clock = clock
        self._stopping = Event()
        self._lander = Lander(sink)
        self._written: dict[Partition, int] = {}
        """Next offset by assigned partition: everything before it is durable."""
        self._taken: dict[Partition, int] = {}
        """The same, of what was given to the lander."""
        self._reached: dict[Partition, int] = {}
        """The same, of what was fetched."""
        self._wrote_at = clock()
        self._began_at = clock()
        self._held = False

    def stop(self) -> None:
        """Finish the batches in hand and return from `run`; may be called from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Until `stop`. Leaves the group and the database in any case."""
        try:
            while not self._stopping.is_set():
                self._turn()
            self._settle()
        except (_Stopping, _Reassigned):
            log.info("stopping while the database is away; the batch in hand will be read again")
        finally:
            self._lander.close()
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
        self._lander.drop()
        self._meters.spans.dropped()
        stored = self._trying(lambda: self._sink.start(partitions))
        self._written = dict(self._trying(lambda: self._positions(partitions, stored)))
        self._taken = dict(self._written)
        self._reached = dict(self._written)
        self._held = False
        self._log.resume(self._written)
        self._log.commit(self._written)
        self._meters.took_over(self._written)
        log.info("reads %d partitions", len(self._written), extra={"partitions": sorted(map(str, self._written))})

    def _positions(self, partitions: Collection[Partition], stored: Mapping[Partition, int]) -> Mapping[Partition, int]:
        known = {**self._log.committed([p for p in partitions if p not in stored]), **stored}
        return {p: first_offset(p, known.get(p), *self._log.bounds(p)) for p in partitions}

    def _follow(self, fetched: Fetched) -> None:
        self._note(fetched)
        self._meters.spans.fetched(fetched.records)
        progress = {p: reached for p, reached in self._reached.items() if reached > self._taken[p]}
        if fetched.records or (progress and self._clock() - self._wrote_at >= self._limits.idle_write_seconds):
            began_at = self._clock()
            read = self._trying(lambda: self._reader.read(fetched.records, progress))
            stretch = replace(read, batch=self._sink.prepare(read.batch))
            self._settle()
            self._begin(stretch, began_at)
        if len(fetched.records) < self._limits.batch_records:
            self._settle()
        self._log.commit({})
        self._meters.looked(lambda: self._log.behind(self._written))

    def _note(self, fetched: Fetched) -> None:
        self._reached.update(fetched.ends)
        for partition, run in groupby(fetched.records, attrgetter("partition")):
            *_, last = run
            self._reached[partition] = max(last.offset + 1, self._reached.get(partition, 0))

    def _begin(self, stretch: Stretch, began_at: float) -> None:
        """Give a stretch to the lander; one that ends before a record that cannot be read is the last."""
        self._began_at = began_at
        self._taken.update(stretch.batch.progress)
        self._lander.begin(stretch)
        if stretch.poison is not None:
            self._settle()
            raise stretch.poison

    def _settle(self) -> None:
        """Wait until what the lander has is durable, and tell the group. Passes over what operators have given up."""
        while (stretch := self._lander.stretch) is not None:
            try:
                rows = self._trying(self._lander.finish)
            except PoisonRecord as poison:
                self._pass_over(stretch, poison)
                continue
            self._acknowledge(stretch.batch.progress)
            self._meters.landed(stretch.batch.records, rows, seconds=self._wrote_at - self._began_at)
            self._meters.skipped(stretch.skipped)
            for position in stretch.skipped:
                log.warning("skipped a record that an operator has given up", extra={"position": str(position)})

    def _pass_over(self, stretch: Stretch, poison: PoisonRecord) -> None:
        """Go on behind a record that the database refuses. Raises it again where nobody has given it up."""
        at = stretch.batch.index_of(poison.position)
        done: Batch = stretch.batch.before(at)
        self._acknowledge(done.progress)
        self._meters.landed(done.records, poison.rows, seconds=self._wrote_at - self._began_at)
        if self._trying(lambda: self._reader.skips.reason_for(poison.position)) is None:
            raise poison
        self._lander.begin(
            Stretch(batch=stretch.batch.after(at), skipped=[*stretch.skipped, poison.position], poison=stretch.poison)
        )

    def _acknowledge(self, progress: Mapping[Partition, int]) -> None:
        self._written.update(progress)
        self._wrote_at = self._clock()
        self._meters.spans.landed(progress)
        if self._held:
            self._held = False
            self._log.resume(self._reached)
        self._log.commit(progress)

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
