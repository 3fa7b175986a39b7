"""Near duplicates: the table that the threshold rests on, and that no order of arrival changes what is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ranking.folding import APART, APART_SLOTS, Foldable, fold, is_near

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

SAME = [
    ("playing the guitar", "playing guitar"),
    ("playing guitar", "play guitar"),
    ("photography", "photograpy"),
    ("chocolate cake", "choclate cake"),
    ("favourite songs", "favorite song"),
    ("sci-fi movies", "scifi movies"),
    ("video games", "videogames"),
    ("Spanish food", "spanish foods"),
    ("old jazz records", "jazz records, old"),
    ("call my dentist", "call the dentist"),
    ("learn Portuguese", "learning Portuguese"),
]
DIFFERENT = [
    ("tea", "sea"),
    ("green tea", "tea"),
    ("green tea", "black tea"),
    ("2 dogs", "3 dogs"),
    ("runs 10 km", "runs 100 km"),
    ("peanuts", "nuts"),
    ("deserts", "desserts"),
    ("baseball", "basketball"),
    ("football", "foosball"),
    ("surfing", "smurfing"),
    ("singing", "swinging"),
    ("splashing", "slashing"),
    ("running indoors", "running outdoors"),
    ("unsweetened tea", "sweetened tea"),
    ("northern Italy", "southern Italy"),
    ("horror movies", "horror novels"),
    ("meeting with Maria", "meeting with Mario"),
    ("email Ana", "email Anna"),
    ("call my mother", "call my brother"),
    ("Australia", "Austria"),
    ("string", "str"),
    ("", ""),
    ("the", "a"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_these_are_one(one: str, other: str) -> None:
    assert is_near(one, other)
    assert is_near(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_these_are_two(one: str, other: str) -> None:
    assert not is_near(one, other)
    assert not is_near(other, one)


def thing(value: str, name: str = "i1", count: int = 1, **fields: Any) -> Foldable:
    made = Foldable(
        item_id=name,
        kind="preference",
        slot="likes",
        beside=("ana", "active"),
        value=value,
        evidence_count=count,
        last_occurred_at=NOON,
    )
    return replace(made, **fields)


def test_the_best_supported_stands_for_the_others() -> None:
    things = [thing("play guitar", "i1"), thing("playing guitar", "i2", 3), thing("piano", "i3")]

    assert fold(things) == {"i2": ("i1",), "i3": ()}


def test_only_values_of_one_slot_and_user_and_status_are_folded() -> None:
    others = [
        thing("play guitar", "i2", slot="dislikes"),
        thing("play guitar", "i3", beside=("rui", "active")),
        thing("play guitar", "i4", beside=("ana", "ended")),
    ]

    assert set(fold([thing("playing guitar", "i1"), *others])) == {"i1", "i2", "i3", "i4"}


@pytest.mark.parametrize(
    "where", [{"kind": kind} for kind in sorted(APART)] + [{"slot": s} for s in sorted(APART_SLOTS)]
)
def test_names_addresses_and_medicines_are_never_folded(where: dict[str, Any]) -> None:
    one, other = thing("photography", "i1", **where), thing("photograpy", "i2", **where)

    assert set(fold([one, other])) == {"i1", "i2"}


values = st.sampled_from([value for pair in (*SAME, *DIFFERENT) for value in pair])
several = st.lists(st.tuples(values, st.integers(1, 3), st.integers(0, 3)), max_size=12).map(
    lambda drawn: [
        Foldable(
            item_id=f"i{number}",
            kind="preference",
            slot="likes",
            beside=(),
            value=value,
            evidence_count=count,
            last_occurred_at=NOON + timedelta(days=days),
        )
        for number, (value, count, days) in enumerate(drawn)
    ]
)


@given(st.data())
def test_order_cannot_matter_and_everything_is_shown_once(data: st.DataObject) -> None:
    things = data.draw(several)
    folded = fold(things)

    assert fold(data.draw(st.permutations(things))) == folded
    told = [item_id for shown, others in folded.items() for item_id in (shown, *others)]
    assert sorted(told) == sorted(each.item_id for each in things)
