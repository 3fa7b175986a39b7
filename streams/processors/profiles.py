"""The profile of a user, in bounded lists: current slots, what is best supported, open tasks, dated events.

Pure. Kept up from one change at a time; all items are read again only where a full list loses or lowers an entry,
since only then may one that was left out take its place. A profile has no clock: what expires last, or happens last,
is kept, and its readers leave out what is over for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeAlias

from schemas.enums import ItemStatus, Kind
from schemas.records import MemoryItem, Profile, ProfileEntry
from streams.extraction.slots import PROFILE_ORDER, slot_of
from streams.processors.assertions import Owner
from streams.processors.items import is_current
from topology.retention import counted_from

SLOTS_SHOWN = 64
TOP_SHOWN = 20
DATED_SHOWN = 32
"""Open tasks, and dated events: more than are shown, since some are over for whoever reads; a profile with all its
lists full is some 40 kB."""

Rank: TypeAlias = tuple[int | float, int | float | str, str]
Entries: TypeAlias = tuple[ProfileEntry, ...]

_PLACE = MappingProxyType({slot: place for place, slot in enumerate(PROFILE_ORDER)})
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """An item before (None: it is new) and after."""

    before: MemoryItem | None
    after: MemoryItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list of a profile: what belongs to it, in which order, and how much of that is kept."""

    most: int
    belongs: Callable[[MemoryItem], bool]
    rank: Callable[[ProfileEntry], Rank]


def changed(
    owner: Owner, profile: Profile | None, changes: Sequence[ItemChange], every_item: Callable[[], Iterable[MemoryItem]]
) -> Profile | None:
    """The profile after the changes of one record; the same object where they do not show in it, None for an empty one.

    `every_item` gives all items of the user as they are after the changes; it is called only when that is needed.
    """
    known = profile or _empty(owner, changes[0].after.recorded_at)
    active = known.active_items + sum(_activity(change) for change in changes)
    after = _with(known, active, _relisted(known, changes) or _listed(every_item()))
    if after == known:
        return profile
    return None if is_empty(after) else replace(after, recorded_at=changes[-1].after.recorded_at)


def anew(owner: Owner, items: Iterable[MemoryItem], recorded_at: datetime) -> Profile:
    """The profile of a user with these items."""
    all_items = list(items)
    active = sum(item.status is ItemStatus.ACTIVE for item in all_items)
    return _with(_empty(owner, recorded_at), active, _listed(all_items))


def is_empty(profile: Profile) -> bool:
    """Whether there is nothing to show: such a profile is not kept, whatever it once held."""
    return not profile.active_items and not any(getattr(profile, name) for name in LISTINGS)


def _empty(owner: Owner, recorded_at: datetime) -> Profile:
    return Profile(
        tenant_id=owner.tenant_id, user_id=owner.user_id, slots=(), top=(), active_items=0, recorded_at=recorded_at
    )


def _with(profile: Profile, active_items: int, lists: Mapping[str, Entries]) -> Profile:
    return replace(
        profile,
        active_items=active_items,
        slots=lists["slots"],
        top=lists["top"],
        preferences=lists["preferences"],
        tasks=lists["tasks"],
        events=lists["events"],
    )


def _activity(change: ItemChange) -> int:
    was = change.before is not None and change.before.status is ItemStatus.ACTIVE
    return (change.after.status is ItemStatus.ACTIVE) - was


def _listed(items: Iterable[MemoryItem]) -> dict[str, Entries]:
    all_items = list(items)
    return {
        name: _first((_entry(item) for item in all_items if listing.belongs(item)), listing)
        for name, listing in LISTINGS.items()
    }


def _relisted(known: Profile, changes: Sequence[ItemChange]) -> dict[str, Entries] | None:
    """The lists after the changes; None where an entry that was left out of one might now belong to it."""
    lists = {}
    for name, listing in LISTINGS.items():
        entries = _of_list(getattr(known, name), listing, changes)
        if entries is None:
            return None
        lists[name] = entries
    return lists


def _of_list(entries: Entries, listing: Listing, changes: Sequence[ItemChange]) -> Entries | None:
    concerned = [each for each in changes if _concerns(each, listing)]
    if not concerned:
        return entries
    listed = {entry.item_id: entry for entry in entries}
    for change in concerned:
        was = listed.pop(change.after.item_id, None)
        entry = _entry(change.after) if listing.belongs(change.after) else None
        if was and len(entries) == listing.most and (entry is None or listing.rank(entry) > listing.rank(was)):
            return None
        if entry:
            listed[entry.item_id] = entry
    return _first(listed.values(), listing)


def _concerns(change: ItemChange, listing: Listing) -> bool:
    return listing.belongs(change.after) or (change.before is not None and listing.belongs(change.before))


def _first(entries: Iterable[ProfileEntry], listing: Listing) -> Entries:
    return tuple(sorted(entries, key=listing.rank)[: listing.most])


def _holds_a_slot(item: MemoryItem) -> bool:
    return is_current(item) and slot_of(item.kind, item.slot).single_valued


def _stands_beside_others(item: MemoryItem) -> bool:
    return is_current(item) and not slot_of(item.kind, item.slot).single_valued


def _is_preferred(item: MemoryItem) -> bool:
    return item.kind is Kind.PREFERENCE and _stands_beside_others(item)


def _is_open(item: MemoryItem) -> bool:
    return item.kind is Kind.TASK and item.status is ItemStatus.ACTIVE


def _is_dated(item: MemoryItem) -> bool:
    return item.kind is Kind.EVENT and item.status is ItemStatus.ACTIVE and bool(item.validity)


def _by_slot(entry: ProfileEntry) -> Rank:
    return _PLACE[entry.kind, entry.slot], entry.qualifier or "", entry.item_id


def _by_support(entry: ProfileEntry) -> Rank:
    """By evidence, then the latest."""
    last = entry.last_occurred_at or _NEVER
    return -entry.evidence_count, -last.timestamp(), entry.item_id


def _by_end(entry: ProfileEntry) -> Rank:
    """What is over last comes first, by the moment from which its lifetime counts."""
    end = counted_from(entry.last_occurred_at, entry.due_from, entry.due_to) or _NEVER
    return -end.timestamp(), 0, entry.item_id


def _by_date(entry: ProfileEntry) -> Rank:
    return -(entry.valid_to or entry.since or _NEVER).timestamp(), 0, entry.item_id


LISTINGS = MappingProxyType(
    {
        "slots": Listing(most=SLOTS_SHOWN, belongs=_holds_a_slot, rank=_by_slot),
        "top": Listing(most=TOP_SHOWN, belongs=_stands_beside_others, rank=_by_support),
        "preferences": Listing(most=TOP_SHOWN, belongs=_is_preferred, rank=_by_support),
        "tasks": Listing(most=DATED_SHOWN, belongs=_is_open, rank=_by_end),
        "events": Listing(most=DATED_SHOWN, belongs=_is_dated, rank=_by_date),
    }
)
"""By the field of the profile that holds it."""


def _entry(item: MemoryItem) -> ProfileEntry:
    last = item.validity[-1] if item.validity else None
    return ProfileEntry(
        item_id=item.item_id,
        kind=item.kind,
        slot=item.slot,
        qualifier=item.qualifier,
        value=item.value,
        since=last.valid_from if last else None,
        evidence_count=item.evidence_count,
        last_occurred_at=item.last_occurred_at,
        valid_to=last.valid_to if last else None,
        granularity=item.granularity,
        due_from=item.due_from,
        due_to=item.due_to,
        confidence=item.confidence,
        explicit=item.explicit,
        retention_level=item.retention_level,
    )
