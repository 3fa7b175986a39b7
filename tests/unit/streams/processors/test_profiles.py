"""Profiles kept up change by change, where more is known than is shown."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime

from schemas.enums import ItemStatus, Kind, Tense
from schemas.records import MemoryItem, Position, Profile
from streams.extraction.slots import BUILT_IN
from streams.processors.assertions import Owner
from streams.processors.items import Cause, version
from streams.processors.profiles import DATED_SHOWN, SLOTS_SHOWN, TOP_SHOWN, ItemChange, anew, changed, is_empty
from streams.processors.timeline import standings
from support.assertions import asserted, day
from support.speech import ANNA, TENANT
from topology.retention import RetentionPolicy

OWNER = Owner(tenant_id=TENANT, user_id=ANNA, catalogue=BUILT_IN, retention=RetentionPolicy())
CAUSE = Cause(position=Position(topic="t", partition=0, offset=0), recorded_at=day(0), lane=0)


def taste(number: int, count: int = 1, status: ItemStatus = ItemStatus.ACTIVE) -> MemoryItem:
    said = asserted(f"v{number}", 1, kind=Kind.PREFERENCE, slot="likes")
    item = version(standings([said])[said.item_id], said, CAUSE, OWNER.retention)
    return replace(item, evidence_count=count, status=status, last_occurred_at=day(number + 1))


def choice(number: int, status: ItemStatus = ItemStatus.ACTIVE) -> MemoryItem:
    said = asserted(f"t{number}: v", 1, kind=Kind.PREFERENCE, slot="favourite", qualifier=f"t{number:03}")
    return replace(version(standings([said])[said.item_id], said, CAUSE, OWNER.retention), status=status)


def task(number: int, status: ItemStatus = ItemStatus.ACTIVE, due: datetime | None = None) -> MemoryItem:
    said = asserted(f"do{number}", number, kind=Kind.TASK, slot="task", tense=Tense.PLANNED, due_to=due)
    return replace(version(standings([said])[said.item_id], said, CAUSE, OWNER.retention), status=status)


def event(number: int) -> MemoryItem:
    """An event of day `number`, told on the first."""
    said = asserted(f"e{number}", 1, kind=Kind.EVENT, slot="event", known_from=day(number), known_to=day(number + 1))
    return version(standings([said])[said.item_id], said, CAUSE, OWNER.retention)


class Known:
    """Items of a user with a profile that follows them, and how often all of them were read."""

    def __init__(self) -> None:
        self.items: dict[str, MemoryItem] = {}
        self.profile: Profile | None = None
        self.readings = 0

    def learn(self, item: MemoryItem) -> None:
        before, self.items[item.item_id] = self.items.get(item.item_id), item
        self.profile = changed(OWNER, self.profile, [ItemChange(before=before, after=item)], self._all)
        expected = anew(OWNER, self.items.values(), self.profile.recorded_at if self.profile else day(0))
        assert expected == self.profile or (self.profile is None and is_empty(expected))

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
    known.learn(taste(0))
    for _ in range(600):
        status = chance.choice([ItemStatus.ACTIVE, ItemStatus.ACTIVE, ItemStatus.ENDED, ItemStatus.EXPIRED])
        number = chance.randrange(80)
        what = (choice(number), taste(number, chance.randrange(1, 5)), task(number), event(number))
        known.learn(replace(chance.choice(what), status=status))

    assert known.readings > 0


def test_open_tasks_are_kept_by_when_they_are_over_and_leave_when_they_are_done() -> None:
    known = Known()
    for number in range(DATED_SHOWN + 3):
        known.learn(task(number, due=day(500) if number == 0 else None))
    assert known.profile is not None
    assert [entry.value for entry in known.profile.tasks][:2] == ["do0", f"do{DATED_SHOWN + 2}"]
    assert len(known.profile.tasks) == DATED_SHOWN

    known.learn(task(0, ItemStatus.DONE))
    assert "do0" not in [entry.value for entry in known.profile.tasks]
    assert "do3" in [entry.value for entry in known.profile.tasks]


def test_of_the_events_those_that_end_last_are_kept_and_those_without_a_date_are_not() -> None:
    known = Known()
    for number in range(DATED_SHOWN + 3):
        known.learn(event(number))
    undated = asserted("party", 1, kind=Kind.EVENT, slot="event")
    known.learn(version(standings([undated])[undated.item_id], undated, CAUSE, OWNER.retention))

    assert known.profile is not None
    last = [f"e{number}" for number in range(DATED_SHOWN + 2, 2, -1)]
    assert [entry.value for entry in known.profile.events] == last
    assert (known.profile.events[0].since, known.profile.events[0].valid_to) == (
        day(DATED_SHOWN + 2),
        day(DATED_SHOWN + 3),
    )


def test_preferences_have_a_list_that_other_things_do_not_crowd() -> None:
    known = Known()
    known.learn(taste(1))
    for number in range(TOP_SHOWN + 1):
        said = asserted(f"h{number}", 1, slot="hobby")
        item = version(standings([said])[said.item_id], said, CAUSE, OWNER.retention)
        known.learn(replace(item, evidence_count=5))

    assert known.profile is not None
    assert "v1" not in [entry.value for entry in known.profile.top]
    assert [(entry.value, entry.evidence_count) for entry in known.profile.preferences] == [("v1", 1)]


def test_a_profile_without_anything_to_show_is_none() -> None:
    known = Known()
    known.learn(taste(1))
    assert known.profile is not None

    known.learn(taste(1, status=ItemStatus.ENDED))
    assert known.profile is None


def test_a_change_that_does_not_show_leaves_the_profile_as_it_was() -> None:
    known = Known()
    known.learn(taste(1))
    profile, ended = known.profile, taste(2, status=ItemStatus.ENDED)

    assert changed(OWNER, profile, [ItemChange(before=None, after=ended)], list) is profile
    assert changed(OWNER, None, [ItemChange(before=None, after=ended)], list) is None
