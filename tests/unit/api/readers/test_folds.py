"""Rows of near duplicates as one row, in the order of the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.readers.folds import folded

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def row(name: str, value: str, **fields: Any) -> dict[str, Any]:
    known = {"item_id": name, "user_id": "ana", "kind": "preference", "slot": "likes", "qualifier": None}
    dates = dict.fromkeys(("valid_from", "valid_to", "due_from", "due_to"))
    counts = {"status": "active", "evidence_count": 1, "last_occurred_at": NOON}
    return known | dates | counts | {"value": value} | fields


PLAY, PLAYING = row("i1", "play guitar"), row("i2", "playing guitar", evidence_count=2)


def test_the_row_that_is_shown_stays_where_it_was() -> None:
    found = folded([PLAY, row("i3", "chess"), PLAYING])

    assert [(each.row["value"], each.item_ids) for each in found] == [
        ("chess", ("i3",)),
        ("playing guitar", ("i2", "i1")),
    ]


def test_nothing_is_folded_where_that_is_not_wanted() -> None:
    assert [each.item_ids for each in folded([PLAY, PLAYING], wanted=False)] == [("i1",), ("i2",)]


@pytest.mark.parametrize(
    "other", [{"user_id": "rui"}, {"status": "ended"}, {"slot": "dislikes"}, {"qualifier": "music"}, {"kind": "fact"}]
)
def test_rows_that_are_not_of_one_kind_stay_apart(other: dict[str, str]) -> None:
    assert len(folded([PLAY, PLAYING | other])) == 2


@pytest.mark.parametrize("kind", ["event", "task", "decision"])
def test_what_happens_on_other_days_stays_apart(kind: str) -> None:
    today = {"kind": kind, "slot": kind, "valid_from": NOON}
    tomorrow = today | {"valid_from": NOON + timedelta(days=1)}

    assert len(folded([PLAY | today, PLAYING | today])) == 1
    assert len(folded([PLAY | today, PLAYING | tomorrow])) == 2


def test_a_lasting_value_is_one_whenever_it_began() -> None:
    assert len(folded([PLAY, PLAYING | {"valid_from": NOON}])) == 1
