"""When so much of a topic cannot be read that the fault is not the records': a sender gone wrong, a schema, ourselves.

Pure. Counts and says stop; who asks must stop before the run that went too far is acknowledged, and must keep
`readability` with the position, or a supervisor that starts the process again would drain the topic limit by limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from schemas.records import Position
from topology.errors import Misconfigured

_REASONS_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonLimit:
    """How much poison is taken for a sender's mistake: `longest` in a row, `share` of the last `window` records.

    A `longest` of 0 or a `share` of 1 is no limit. The share is asked once the window is full: three bad records of
    the first five say nothing.
    """

    longest: int
    share: float
    window: int

    def __post_init__(self) -> None:
        if self.longest >= self.window:
            raise Misconfigured(
                f"POISON_WINDOW_RECORDS={self.window} must be larger than POISON_LONGEST_RUN={self.longest}: "
                "what is remembered over a restart is the window"
            )

    @property
    def off(self) -> bool:
        return not self.longest and self.share >= 1


NO_LIMIT: Final = PoisonLimit(longest=0, share=1.0, window=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A record that could not be read: which one of its run, where it stands, and why."""

    index: int
    position: Position
    reason: str


class TooMuchPoison(Exception):
    """The limit is passed, at the record `at`."""

    def __init__(self, message: str, at: Position) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class PoisonTally:
    """The last records of one lane. Never changed: a run that is rolled back is counted again from the tally before it.

    `readability` holds lengths of stretches that could be read, could not, could, and so on, oldest first; it is all
    that a restart needs. `seen` are rejections that this process has counted, for the message only. Where it stops
    does not depend on how the records were cut into runs.
    """

    limit: PoisonLimit
    readability: tuple[int, ...] = ()
    seen: tuple[Rejection, ...] = field(default=(), compare=False)

    def after(self, records: int, rejections: Sequence[Rejection]) -> PoisonTally:
        """The tally after a run of `records`. Raises TooMuchPoison at the first record that passes the limit."""
        if self.limit.off:
            return self
        stretches, counted = _Stretches(self.readability, self.limit.window), 0
        for number, rejection in enumerate(rejections):
            stretches.add(rejection.index - counted, readable=True)
            stretches.add(1, readable=False)
            counted = rejection.index + 1
            if excess := self._excess(stretches):
                raise TooMuchPoison(_told(excess, (*self.seen, *rejections[: number + 1])), rejection.position)
        stretches.add(records - counted, readable=True)
        seen = (*self.seen, *rejections)[-self.limit.window :]
        return replace(self, readability=tuple(stretches), seen=seen if any(stretches.bad) else ())

    def _excess(self, stretches: _Stretches) -> str | None:
        limit, bad = self.limit, sum(stretches.bad)
        if limit.longest and stretches.last > limit.longest:
            return f"{stretches.last} records in a row could not be read, {limit.longest} are allowed"
        if limit.share < 1 and stretches.total == limit.window and bad > limit.share * limit.window:
            return f"{bad} of the last {limit.window} records could not be read, {limit.share:.0%} are allowed"
        return None


class _Stretches:
    """Stretches of readable and unreadable records, alternating, trimmed to the window from the oldest on."""

    def __init__(self, lengths: Iterable[int], window: int) -> None:
        self._lengths = list(lengths) or [0]
        self._window = window
        self._trim()

    def add(self, count: int, *, readable: bool) -> None:
        if not count:
            return
        if bool(len(self._lengths) % 2) == readable:
            self._lengths[-1] += count
        else:
            self._lengths.append(count)
        self._trim()

    def _trim(self) -> None:
        """The first stretch is of readable records, and may come to nothing; the window is never passed."""
        excess = self.total - self._window
        for index, length in enumerate(self._lengths):
            if excess <= 0:
                break
            self._lengths[index] = max(0, length - excess)
            excess -= length
        while len(self._lengths) > 2 and self._lengths[0] == self._lengths[1] == 0:
            del self._lengths[:2]

    def __iter__(self) -> Iterator[int]:
        return iter(self._lengths)

    @property
    def total(self) -> int:
        return sum(self._lengths)

    @property
    def bad(self) -> Sequence[int]:
        return self._lengths[1::2]

    @property
    def last(self) -> int:
        """Length of the stretch of unreadable records that the window ends with."""
        return 0 if len(self._lengths) % 2 else self._lengths[-1]


def _told(excess: str, seen: Sequence[Rejection]) -> str:
    first, last = seen[0].position, seen[-1].position
    reasons = Counter(rejection.reason for rejection in seen).most_common(_REASONS_NAMED)
    named = ", ".join(f"{reason} {count}" for reason, count in reasons)
    return (
        f"{last.topic}-{last.partition}: {excess}; counted by this process from offset {first.offset} to "
        f"{last.offset}: {named}. The run with the last of them is not "
        "acknowledged: mend the sender, or set POISON_LONGEST_RUN=0 and POISON_LARGEST_SHARE=1 to set it all aside"
    )
