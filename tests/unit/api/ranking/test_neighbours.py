"""What turns lend each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from api.ranking.neighbours import SESSION_GAP, SHARES, Neighbours, Place

START = datetime(2024, 5, 17, 9, tzinfo=UTC)
NEXT, AFTER_NEXT = SHARES


def got(*placed: tuple[int, float], gap: timedelta = timedelta(minutes=1)) -> list[float]:
    places = [Place(conversation_id="c", number=number, occurred_at=START + number * gap) for number, _ in placed]
    return list(Neighbours(places).lent(np.array([score for _, score in placed], dtype=float)))


def test_shares_go_to_the_next_turns_on_both_sides() -> None:
    assert got((1, 0), (2, 0), (3, 4.0), (4, 0), (5, 0), (6, 0)) == [
        4 * AFTER_NEXT,
        4 * NEXT,
        0,
        4 * NEXT,
        4 * AFTER_NEXT,
        0,
    ]


def test_two_matches_lend_each_other() -> None:
    assert got((1, 4.0), (2, 2.0)) == [2 * NEXT, 4 * NEXT]


def test_a_turn_left_out_between_two_counts_as_distance() -> None:
    assert got((1, 4.0), (3, 0.0), (9, 0.0)) == [0, 4 * AFTER_NEXT, 0]


def test_nothing_is_lent_across_a_long_silence_or_to_another_conversation() -> None:
    assert got((1, 4.0), (2, 0.0), gap=SESSION_GAP + timedelta(seconds=1)) == [0, 0]
    assert got((1, 4.0), (2, 0.0), gap=SESSION_GAP) == [0, 4 * NEXT]
    apart = [Place(conversation_id=name, number=n, occurred_at=START) for n, name in enumerate("ab")]
    assert list(Neighbours(apart).lent(np.array([4.0, 0.0]))) == [0, 0]


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_to_lend(count: int) -> None:
    assert got(*[(1, 2.0)] * count) == [0.0] * count
