"""Profiles kept up change by change, where more is known than is shown."""

from __future__ import annotations

import random
from dataclasses import replace

from schemas.enums import ItemStatus, Kind
from schemas.records import MemoryItem, Position, Profile
from streams.extraction.slots import BUILT_IN
from streams.processors.assertions import Owner
from streams.processors.items import Cause, version
from streams.processors.profiles import SLOTS_SHOWN, TOP_SHOWN, ItemChange, anew, changed
from streams.processors.timeline import standings
from support.assertions import asserted, day
from support.speech import ANNA, TENANT

OWNER = Owner(tenant_id=TENANT, user_id=ANNA, catalogue=BUILT_IN)
CAUSE = Cause(position=Position(topic="t", partition=0, offset=0), recorded_at=day(0), lane=0)


def taste(number: int, count: int = 1, status: ItemStatus = ItemStatus.ACTIVE) -> MemoryItem:
    said = asserted(f"v{number}", 1, kind=Kind.PREFERENCE, slot="likes")
    item = version(standings([said])[said.item_id], said, CAUSE)
    return replace(item, evidence_count=count, status=status, last_occurred_at=day(number + 1))


def choice(number: int, status: ItemStatus = ItemStatus.ACTIVE) -> MemoryItem:
    said = asserted(f"t{number}: v", 1, kind=Kind.PREFERENCE, slot="favourite", qualifier=f"t{number:03}")
    return replace(version(standings([said])[said.item_id], said, CAUSE), status=status)


class Known:
    """Items of a user with a profile that follows them, and how often all of them were read."""

    def __init__(self) -> None:
        self.items: dict[str, MemoryItem] = {}
        self.profile: Profile | None = None
        self.readings = 0

    def learn(self, item: MemoryItem) -> None:
        before, self.items[item.item_id] = self.items.get(item.item_id), item
        self.profile = changed(OWNER, self.profile, [ItemChange(before=before, after=item)], self._all)
        assert self.profile is not None
        assert self.profile == anew(OWNER, self.items.values(), self.profile.recorded_at)

    def _all(self) -> list[MemoryItem]:
        self.readings += 1
        return list(self.items.values())


def test_more_support_never_needs_all_items_to_be_read() -> None:
    known = Known()
    for number in range(3 * TOP_SHOWN):
        known.learn(taste(number))
        known.learn(taste(number % 7, count=number))

    assert known.readings == 0
    assert known.profile is not None
    assert (len(known.profile.top), known.profile.active_items) == (TOP_SHOWN, 3 * TOP_SHOWN)


def test_an_entry_that_leaves_a_full_list_makes_room_for_one_that_was_left_out() -> None:
    known = Known()
    for number in range(TOP_SHOWN + 1):
        known.learn(taste(number))
    assert known.profile is not None
    assert "v0" not in [entry.value for entry in known.profile.top]

    known.learn(taste(5, status=ItemStatus.ENDED))

    assert known.readings == 1
    assert "v0" in [entry.value for entry in known.profile.top]


def test_slots_are_shown_in_the_order_of_the_catalogue_up_to_a_bound() -> None:
    known = Known()
    numbers = list(range(SLOTS_SHOWN + 5))
    random.Random(1).shuffle(numbers)
    for number in numbers:
        known.learn(choice(number))
    known.learn(choice(3, status=ItemStatus.SUPERSEDED))

    assert known.profile is not None
    expected = [f"t{number:03}" for number in range(SLOTS_SHOWN + 1) if number != 3]
    assert [entry.qualifier for entry in known.profile.slots] == expected


def test_whatever_changes_the_profile_is_that_of_all_items() -> None:
    known, chance = Known(), random.Random(7)
    for _ in range(600):
        status = chance.choice([ItemStatus.ACTIVE, ItemStatus.ACTIVE, ItemStatus.ENDED])
        number = chance.randrange(80)
        known.learn(choice(number, status) if chance.random() < 0.4 else taste(number, chance.randrange(1, 5), status))

    assert known.readings > 0


def test_a_change_that_does_not_show_leaves_the_profile_as_it_was() -> None:
    known = Known()
    known.learn(taste(1))
    profile, ended = known.profile, taste(2, status=ItemStatus.ENDED)

    assert changed(OWNER, profile, [ItemChange(before=None, after=ended)], list) is profile
    assert changed(OWNER, None, [ItemChange(before=None, after=ended)], list) is None
