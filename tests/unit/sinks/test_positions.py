"""From where a partition is read, given what is known and what is there."""

from __future__ import annotations

import logging

import pytest

from sinks.ports import Partition
from sinks.positions import first_offset
from topology.errors import Misconfigured
from topology.topics import TopicName

HERE = Partition(topic=TopicName.ITEMS, number=2)


@pytest.mark.parametrize(
    ("known", "first", "end", "expected"),
    [
        (None, 0, 0, 0),
        (None, 5, 9, 5),
        (0, 0, 9, 0),
        (0, 5, 9, 5),
        (7, 5, 9, 7),
        (9, 5, 9, 9),
        (3, 5, 9, 5),
    ],
)
def test_the_known_offset_where_the_log_holds_it(known: int | None, first: int, end: int, expected: int) -> None:
    assert first_offset(HERE, known, first, end) == expected


def test_a_log_that_ends_before_the_known_offset_is_another_log() -> None:
    with pytest.raises(Misconfigured, match=r"memory\.items\.v1/2 was landed up to offset 10, but its log ends at 9"):
        first_offset(HERE, 10, 0, 9)


def test_records_that_left_the_log_unseen_are_worth_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        first_offset(HERE, 3, 5, 9)
        first_offset(HERE, 0, 5, 9)
        first_offset(HERE, None, 5, 9)
    assert len(caplog.records) == 1
    assert "begins at 5, after 3" in caplog.text
