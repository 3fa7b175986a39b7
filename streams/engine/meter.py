"""What the loop tells Prometheus about its runs.

Counts only; no decision rests on it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING

from schemas.enums import OutcomeStatus
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
        for topic, count in _count_by_topic(run).items():
            self._meters.add(metrics.RECORDS_CONSUMED, count, topic=topic)
        self._meters.add(metrics.RUNS)
        self._meters.observe(metrics.RUN_RECORDS, len(run.records))
        self._meters.observe(metrics.CHECKPOINT_SECONDS, now - committing)
        self._meters.observe(metrics.PROCESSING_SECONDS, now - run.taken_at)
        self._count_outcomes(folded.outputs)

    def _count_outcomes(self, outputs: Iterable[Output]) -> None:
        outcomes = [output.value for output in outputs if isinstance(output.value, Outcome)]
        if not outcomes:
            return
        for status, count in Counter(outcome.status for outcome in outcomes).items():
            self._meters.add(metrics.OUTCOMES, count, status=status.value)
            if status is OutcomeStatus.REROUTED:
                self._meters.add(metrics.REROUTED, count)
        letters = [outcome for outcome in outcomes if outcome.status is OutcomeStatus.DEAD_LETTERED]
        for reason, count in Counter(outcome.reasons[0] for outcome in letters).items():
            self._meters.add(metrics.DEAD_LETTERS, count, reason=reason)
        self._meters.add(metrics.LATE_MESSAGES, sum("late" in outcome.reasons for outcome in outcomes))
        conversations = {(outcome.tenant_id, outcome.conversation_id) for outcome in outcomes}
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


def _count_by_topic(run: Run) -> Mapping[str, int]:
    """Records of the run; a lane of one input need not look at each."""
    if len(run.next_offsets) == 1 and run.records:
        return dict.fromkeys(run.next_offsets, len(run.records))
    return Counter(record.topic for record in run.records)
