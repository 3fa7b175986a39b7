"""When so much of a topic cannot be read that the fault is not the records': a sender gone wrong, a schema, ourselves.

Pure. Counts and says stop; who asks it must stop before the run that went too far is acknowledged. What it knows begins
with the process, so a supervisor must not start such a process again without a person.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_REASONS_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonLimit:
    """How much poison is taken for a sender's mistake: `longest` in a row, `share` of the last `window` records.

    The share is asked once the window is full: three bad records of the first five say nothing.
    """

    longest: int = 500
    """A run of the engine's own size: one batch of a broken sender passes, a stream of them does not."""
    share: float = 0.5
    window: int = 2_000

    def __post_init__(self) -> None:
        if self.longest < 1 or self.window < 1 or not 0 < self.share <= 1:
            raise ValueError("a limit of poison needs longest and window of 1 or more, and a share above 0, up to 1")


class TooMuchPoison(Exception):
    """The limit is passed. `index` is that of the record which passed it, among those that were given last."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.index = index


class PoisonTally:
    """The last records of one lane. Never changed: a run that is rolled back is counted again from the tally before it.

    Where it stops does not depend on how the records were cut into runs.
    """

    def __init__(self, limit: PoisonLimit) -> None:
        self._limit = limit
        self._recent: deque[str | None] = deque(maxlen=limit.window)
        self._bad = 0
        self._in_a_row = 0

    def after(self, reasons: Iterable[str | None]) -> PoisonTally:
        """The tally after a run: for each record, oldest first, why it could not be read, or None where it could.

        Raises TooMuchPoison at the first record that passes the limit.
        """
        then = self._copy()
        for index, reason in enumerate(reasons):
            then._count(reason)
            if reason is not None and (excess := then._excess()):
                raise TooMuchPoison(f"{excess} ({then._commonest()}): stopped before more is set aside", index)
        return then

    def _copy(self) -> PoisonTally:
        copied = PoisonTally(self._limit)
        copied._recent = self._recent.copy()
        copied._bad, copied._in_a_row = self._bad, self._in_a_row
        return copied

    def _count(self, reason: str | None) -> None:
        if len(self._recent) == self._limit.window and self._recent[0] is not None:
            self._bad -= 1
        self._recent.append(reason)
        self._bad += reason is not None
        self._in_a_row = 0 if reason is None else self._in_a_row + 1

    def _excess(self) -> str | None:
        limit = self._limit
        if self._in_a_row > limit.longest:
            return f"{self._in_a_row} records in a row could not be read, {limit.longest} are allowed"
        if len(self._recent) == limit.window and self._bad > limit.share * limit.window:
            return f"{self._bad} of the last {limit.window} records could not be read, {limit.share:.0%} are allowed"
        return None

    def _commonest(self) -> str:
        reasons = Counter(reason for reason in self._recent if reason is not None)
        return ", ".join(f"{reason} {count}" for reason, count in reasons.most_common(_REASONS_NAMED))
