"""Meaning as a share of the best: neighbours lend it, and what has no vector yet does not fall behind for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from api.ranking.fusion import of_meaning
from api.ranking.neighbours import SHARES, Neighbours, Place

START = datetime(2026, 5, 4, tzinfo=UTC)
NUMBERS = (1, 2, 9)
KEYS = [("c", f"m-{number}") for number in NUMBERS]
NEIGHBOURS = Neighbours(
    [Place(conversation_id="c", number=n, occurred_at=START + timedelta(minutes=n)) for n in NUMBERS]
)


def meant(nearness: list[float | None], words: list[float]) -> list[float]:
    known = {key: near for key, near in zip(KEYS, nearness, strict=True) if near is not None}
    return [float(share) for share in of_meaning(KEYS, known, np.array(words), NEIGHBOURS)]


def test_the_nearest_has_all_of_it_and_lends_to_those_beside_it() -> None:
    assert meant([0.8, 0.0, 0.4], [0, 0, 0]) == pytest.approx([1, SHARES[0], 0.5])


def test_what_points_away_is_worth_nothing_and_takes_nothing() -> None:
    assert meant([0.8, -0.5, -0.1], [0, 0, 0]) == pytest.approx([1, SHARES[0], 0])


def test_without_a_vector_a_turn_means_what_its_words_are_worth() -> None:
    assert meant([None, 0.0, 0.4], [6, 3, 0]) == pytest.approx([1, 0, 1])
    assert meant([0.4, 0.0, None], [6, 0, 3]) == pytest.approx([1, SHARES[0], 0.5])


def test_no_vector_at_all_leaves_the_order_of_the_words() -> None:
    assert meant([None, None, None], [6, 3, 0]) == pytest.approx([1, 0.5, 0])
