"""Sets of half-open stretches of event time: what an item's validity is made of.

Pure. An open end is None; a set is kept in one form only (disjoint, not touching, in order), so equal sets are equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from schemas.records import Interval

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


def interval(valid_from: datetime | None, valid_to: datetime | None) -> tuple[Interval, ...]:
    """The set of one interval; empty where it would end before it began, or where both ends are open."""
    if valid_from is None and valid_to is None:
        return ()
    if valid_from is not None and valid_to is not None and valid_from >= valid_to:
        return ()
    return (Interval(valid_from=valid_from, valid_to=valid_to),)


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The set of everything that lies in one of the intervals."""
    joined: list[Interval] = []
    for each in sorted(intervals, key=_start):
        if joined and _start(each) <= _stop(joined[-1]):
            latest = max(joined[-1], each, key=_stop)
            joined[-1] = Interval(valid_from=joined[-1].valid_from, valid_to=latest.valid_to)
        else:
            joined.append(each)
    return tuple(joined)


def holds_at(intervals: Iterable[Interval], at: datetime) -> bool:
    """Whether `at` lies in the set."""
    return any(_start(each) <= at < _stop(each) for each in intervals)


def _start(of: Interval) -> datetime:
    return _BEGINNING if of.valid_from is None else of.valid_from


def _stop(of: Interval) -> datetime:
    return _END if of.valid_to is None else of.valid_to
