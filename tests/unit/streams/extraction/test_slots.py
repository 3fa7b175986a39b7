"""The catalogue holds what the public contract names, and tracks keep competing values together."""

from __future__ import annotations

import pytest

from schemas.enums import Kind
from schemas.ids import ItemId
from streams.extraction.slots import CATALOGUE, PROFILE_ORDER, UnknownSlot, slot_of, track_of

ITEM = ItemId("0b6c7f6e-0000-5000-8000-000000000001")
OTHER = ItemId("0b6c7f6e-0000-5000-8000-000000000002")


def test_every_kind_but_unknown_has_slots() -> None:
    assert {slot.kind for slot in CATALOGUE} == set(Kind) - {Kind.UNKNOWN}


def test_a_slot_is_named_once() -> None:
    assert len({(slot.kind, slot.name) for slot in CATALOGUE}) == len(CATALOGUE) == 49


@pytest.mark.parametrize(
    ("kind", "slot", "single_valued", "qualified"),
    [
        (Kind.FACT, "home_city", True, False),
        (Kind.FACT, "quantity", True, True),
        (Kind.FACT, "hobby", False, False),
        (Kind.PREFERENCE, "favourite", True, True),
        (Kind.RELATION, "partner", True, False),
        (Kind.RELATION, "pet", False, False),
        (Kind.CONTACT, "phone", True, False),
        (Kind.CONTACT, "url", False, False),
    ],
)
def test_slots_hold_as_many_values_as_the_contract_says(
    kind: Kind, slot: str, single_valued: bool, qualified: bool
) -> None:
    found = slot_of(kind, slot)
    assert (found.single_valued, found.qualified) == (single_valued, qualified)


def test_an_unknown_slot_is_refused() -> None:
    with pytest.raises(UnknownSlot, match="shoe_size"):
        slot_of("fact", "shoe_size")
    with pytest.raises(UnknownSlot):
        slot_of(Kind.CONTACT, "home_city")


def test_values_of_a_single_valued_slot_share_a_track() -> None:
    assert track_of(Kind.FACT, "home_city", None, ITEM) == track_of("fact", "home_city", None, OTHER)
    assert track_of(Kind.FACT, "hobby", None, ITEM) != track_of(Kind.FACT, "hobby", None, OTHER)


def test_a_qualified_slot_has_a_track_a_thing() -> None:
    colour = track_of(Kind.PREFERENCE, "favourite", "colour", ITEM)
    assert colour == track_of(Kind.PREFERENCE, "favourite", "colour", OTHER)
    assert colour != track_of(Kind.PREFERENCE, "favourite", "film", ITEM)


def test_profiles_list_the_single_valued_slots() -> None:
    assert PROFILE_ORDER[0] == (Kind.FACT, "name")
    assert (Kind.FACT, "hobby") not in PROFILE_ORDER
    assert len(PROFILE_ORDER) == 21
