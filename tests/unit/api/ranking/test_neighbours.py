"""What turns lend each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.ranking.neighbours import SESSION_GAP, PlacedTurn, lend

START = datetime(2024, 5, 17, 9, tzinfo=UTC)


def turns(*placed: tuple[int, float], gap: timedelta = timedelta(minutes=1)) -> list[PlacedTurn]:
    return [PlacedTurn(place=place, occurred_at=START + place * gap, score=score) for place, score in placed]


def test_half_goes_to_the_next_turn_and_a_quarter_to_the_one_after() -> None:
    assert lend(turns((1, 0), (2, 0), (3, 4.0), (4, 0), (5, 0), (6, 0))) == [1.0, 2.0, 4.0, 2.0, 1.0, 0.0]


def test_two_matches_lend_each_other() -> None:
    assert lend(turns((1, 4.0), (2, 2.0))) == [5.0, 4.0]


def test_a_turn_left_out_between_two_counts_as_distance() -> None:
    assert lend(turns((1, 4.0), (3, 0.0), (9, 0.0))) == [4.0, 1.0, 0.0]


def test_nothing_is_lent_across_a_long_silence() -> None:
    assert lend(turns((1, 4.0), (2, 0.0), gap=SESSION_GAP + timedelta(seconds=1))) == [4.0, 0.0]
    assert lend(turns((1, 4.0), (2, 0.0), gap=SESSION_GAP)) == [4.0, 2.0]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_lend(count: int) -> None:
    assert lend(turns(*[(1, 2.0)] * count)) == [2.0] * count
