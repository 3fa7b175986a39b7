"""Sets of intervals: one form for each set."""

from __future__ import annotations

from datetime import datetime

import pytest

from schemas.records import Interval
from streams.processors.intervals import holds_at, interval, union
from support.assertions import day, stretch


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], []),
        ([(1, 2), (5, 6)], [(1, 2), (5, 6)]),
        ([(5, 6), (1, 2)], [(1, 2), (5, 6)]),
        ([(1, 3), (2, 6)], [(1, 6)]),
        ([(1, 3), (3, 6)], [(1, 6)]),
        ([(1, 9), (2, 3)], [(1, 9)]),
        ([(1, None), (2, 3)], [(1, None)]),
        ([(None, 3), (2, None)], [(None, None)]),
        ([(None, 3), (None, 2)], [(None, 3)]),
    ],
)
def test_a_union_is_disjoint_and_in_order(
    parts: list[tuple[int | None, int | None]], whole: list[tuple[int | None, int | None]]
) -> None:
    assert union(stretch(*part) for part in parts) == tuple(stretch(*part) for part in whole)


@pytest.mark.parametrize(("start", "stop"), [(day(2), day(2)), (day(3), day(2)), (None, None)])
def test_nothing_lies_in_an_interval_that_does_not_begin_before_it_ends(
    start: datetime | None, stop: datetime | None
) -> None:
    assert interval(start, stop) == ()


@pytest.mark.parametrize(("at", "holds"), [(0, False), (1, True), (1.9, True), (2, False), (5, True), (99, True)])
def test_an_interval_holds_from_its_start_until_before_its_end(at: float, holds: bool) -> None:
    validity: tuple[Interval, ...] = (stretch(1, 2), stretch(5, None))

    assert holds_at(validity, day(at)) is holds
