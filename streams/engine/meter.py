"""What the loop tells Prometheus about its runs.

Counts only; no decision rests on it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

from schemas.records import Outcome
from streams.ports import Output
from streams.run import Folded
from topology import metrics
from topology.metrics import Meters

if TYPE_CHECKING:
    from streams.engine.lane import Run


class RunMeter:
    """Counts runs, records and outcomes of one process. Safe to use from several threads."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._lock = Lock()
        self._progress_at: dict[int, float] = {}

    def checkpointed(self, run: Run, folded: Folded, committing: float) -> None:
        """A run was made durable; `committing` is when its transaction began, on the monotonic clock."""
        now = time.monotonic()
        self.progressed(run.lane.partition)
        for topic, count in Counter(record.topic for record in run.records).items():
            self._meters.add(metrics.RECORDS_CONSUMED, count, topic=topic)
        self._meters.add(metrics.RUNS)
        self._meters.observe(metrics.RUN_RECORDS, len(run.records))
        self._meters.observe(metrics.CHECKPOINT_SECONDS, now - committing)
        self._meters.observe(metrics.PROCESSING_SECONDS, now - run.taken_at)
        self._count_outcomes(folded.outputs)

    def _count_outcomes(self, outputs: Iterable[Output]) -> None:
        outcomes = [output.value for output in outputs if isinstance(output.value, Outcome)]
        for outcome in outcomes:
            self._meters.add(metrics.OUTCOMES, status=outcome.status.value)
            if outcome.status == "dead_lettered":
                self._meters.add(metrics.DEAD_LETTERS, reason=outcome.reasons[0])
            if outcome.status == "rerouted":
                self._meters.add(metrics.REROUTED)
            if "late" in outcome.reasons:
                self._meters.add(metrics.LATE_MESSAGES)
        conversations = {(outcome.tenant_id, outcome.conversation_id) for outcome in outcomes}
        if conversations:
            self._meters.set(metrics.ACTIVE_CONVERSATIONS, len(conversations))

    def aborted(self) -> None:
        self._meters.add(metrics.ABORTED_TRANSACTIONS)

    def rebuilt(self) -> None:
        self._meters.add(metrics.REBUILDS)

    def progressed(self, partition: int) -> None:
        """The lane of `partition` was opened, checkpointed, or found nothing to do."""
        with self._lock:
            self._progress_at[partition] = time.monotonic()

    def released(self) -> None:
        """No lane is open any more."""
        with self._lock:
            self._progress_at.clear()

    @property
    def seconds_since_progress(self) -> float:
        """Of the lane that has waited longest; 0 where there is none."""
        with self._lock:
            return time.monotonic() - min(self._progress_at.values(), default=time.monotonic())
