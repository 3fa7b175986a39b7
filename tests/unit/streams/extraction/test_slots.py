"""The catalogue holds what the public contract names, and tracks keep competing values together."""

from __future__ import annotations

import pytest

from schemas.enums import Kind
from schemas.ids import ItemId, TenantId
from streams.extraction.slots import BUILT_IN, SLOTS, Catalogue, Catalogues, Slot, UnknownSlot

ITEM = ItemId("0b6c7f6e-0000-5000-8000-000000000001")
OTHER = ItemId("0b6c7f6e-0000-5000-8000-000000000002")


def test_every_kind_but_unknown_has_slots() -> None:
    assert {slot.kind for slot in SLOTS} == set(Kind) - {Kind.UNKNOWN}


def test_a_slot_is_named_once() -> None:
    assert len({(slot.kind, slot.name) for slot in SLOTS}) == len(SLOTS) == 49


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
    found = BUILT_IN.slot_of(kind, slot)
    assert (found.single_valued, found.qualified) == (single_valued, qualified)


def test_an_unknown_slot_is_refused() -> None:
    with pytest.raises(UnknownSlot, match="shoe_size"):
        BUILT_IN.slot_of("fact", "shoe_size")
    with pytest.raises(UnknownSlot):
        BUILT_IN.slot_of(Kind.CONTACT, "home_city")


def test_values_of_a_single_valued_slot_share_a_track() -> None:
    assert BUILT_IN.track_of(Kind.FACT, "home_city", None, ITEM) == BUILT_IN.track_of("fact", "home_city", None, OTHER)
    assert BUILT_IN.track_of(Kind.FACT, "hobby", None, ITEM) != BUILT_IN.track_of(Kind.FACT, "hobby", None, OTHER)


def test_a_qualified_slot_has_a_track_a_thing() -> None:
    colour = BUILT_IN.track_of(Kind.PREFERENCE, "favourite", "colour", ITEM)
    assert colour == BUILT_IN.track_of(Kind.PREFERENCE, "favourite", "colour", OTHER)
    assert colour != BUILT_IN.track_of(Kind.PREFERENCE, "favourite", "film", ITEM)


def test_profiles_show_slots_in_the_order_of_the_catalogue() -> None:
    places = [BUILT_IN.place_of(slot.kind, slot.name) for slot in SLOTS]
    assert places == sorted(places)
    assert (SLOTS[0].kind, SLOTS[0].name, len([slot for slot in SLOTS if slot.single_valued])) == (
        Kind.FACT,
        "name",
        21,
    )


def test_a_tenant_has_its_own_slots_behind_the_built_in_ones_and_no_other_tenant_has_them() -> None:
    shoes = Slot(kind=Kind.FACT, name="shoe_size", single_valued=True)
    catalogues = Catalogues({TenantId("acme"): Catalogue((*SLOTS, shoes))})

    assert catalogues.of(TenantId("acme")).slot_of("fact", "shoe_size") is shoes
    assert catalogues.of(TenantId("acme")).place_of("fact", "shoe_size") == len(SLOTS)
    assert catalogues.of(TenantId("acme")).track_of("fact", "shoe_size", None, ITEM) == "fact.shoe_size"
    with pytest.raises(UnknownSlot, match="shoe_size"):
        catalogues.of(TenantId("other")).slot_of("fact", "shoe_size")
