"""The record that a database refuses is found by halving, and is one that it does refuse."""

from __future__ import annotations

import math

import pytest

from sinks.postgres.refusals import first_refused


class Database:
    """Refuses a stretch that holds one of the bad records, unless a newer one of its key has replaced it by then."""

    def __init__(self, *bad: int, replaced: dict[int, int] | None = None) -> None:
        self.bad = bad
        self.replaced = replaced or {}
        self.trials = 0

    def trial(self, count: int) -> str | None:
        self.trials += 1
        sent = [one for one in self.bad if one < count and self.replaced.get(one, count) >= count]
        return f"refuses {sent[0]}" if sent else None


@pytest.mark.parametrize("bad", [0, 1, 499, 998, 999])
def test_one_among_a_thousand_takes_eleven_trials(bad: int) -> None:
    database = Database(bad)
    assert first_refused(1_000, database.trial) == (bad, f"refuses {bad}")
    assert database.trials <= 1 + math.ceil(math.log2(1_000))


def test_of_several_it_is_the_first() -> None:
    assert first_refused(100, Database(30, 60, 90).trial) == (30, "refuses 30")


def test_one_that_a_newer_record_replaces_is_not_taken_for_the_fault_of_another() -> None:
    found = first_refused(100, Database(30, 60, replaced={30: 40}).trial)
    assert found in {(30, "refuses 30"), (60, "refuses 60")}


def test_a_batch_that_is_taken_the_second_time_has_no_refused_record() -> None:
    assert first_refused(10, Database().trial) is None


def test_the_only_record_is_found_at_once() -> None:
    database = Database(0)
    assert first_refused(1, database.trial) == (0, "refuses 0")
    assert database.trials == 1
