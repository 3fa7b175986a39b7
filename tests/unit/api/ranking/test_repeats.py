"""Messages that say the same."""

from __future__ import annotations

import pytest

from api.ranking.repeats import Saying, fold

LONG = "Please water the plants on the balcony while I am away in Porto"


def said(name: str, text: str, who: str = "ana") -> Saying:
    return Saying(key=("c", name), beside=("c", who), text=text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Good morning!", "good morning", True),
        (LONG, LONG + ".", True),
        (LONG, LONG.replace("plants", "plantss"), True),
        (LONG, LONG.replace("plants", "herbs"), False),
        ("Meet me at the station at 5 pm today, please", "Meet me at the station at 6 pm today, please", False),
        ("!", "?", False),
        ("", "", False),
    ],
)
def test_the_same_said_again(one: str, other: str, same: bool) -> None:
    found = fold([said("m-1", one), said("m-2", other)])
    assert found == ({("c", "m-1"): [("c", "m-2")]} if same else {("c", "m-1"): [], ("c", "m-2"): []})


def test_the_first_stands_for_the_others_and_not_for_what_others_say() -> None:
    found = fold([said("m-1", LONG), said("m-2", LONG, who="rui"), said("m-3", LONG), said("m-4", LONG)])
    assert found == {("c", "m-1"): [("c", "m-3"), ("c", "m-4")], ("c", "m-2"): []}
