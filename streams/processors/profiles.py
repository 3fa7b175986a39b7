"""The profile of a user, in bounded lists: current slots, what is best supported, open tasks, dated events.

Pure. Kept up from one change at a time; all items are read again only where a full list loses or lowers an entry,
since only then may one that was left out take its place. A profile has no clock: what expires last, or happens last,
is kept, and its readers leave out what is over for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from schemas.enums import ItemStatus, Kind
from schemas.ids import ItemId
from schemas.records import MemoryItem, Profile, ProfileEntry
from streams.processors.assertions import Owner
from streams.processors.items import is_current
from streams.processors.timeline import DATED_KINDS
from topology.retention import counted_from

SLOTS_SHOWN = 64
TOP_SHOWN = 20
DATED_SHOWN = 32
"""Open tasks, and dated events: more than are shown, since some are over for whoever reads; a profile with all its
lists full is some 40 kB."""

Rank: TypeAlias = tuple[int | float, int | float | str, str]
Entries: TypeAlias = tuple[ProfileEntry, ...]

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """An item before (None: it is new) and after."""

    before: MemoryItem | None
    after: MemoryItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One list of a profile: in which order its entries stand, and how many are kept."""

    most: int
    rank: Callable[[Owner, ProfileEntry], Rank]


def changed(
    owner: Owner, profile: Profile | None, changes: Sequence[ItemChange], every_item: Callable[[], Iterable[MemoryItem]]
) -> Profile | None:
    """The profile after the changes of one record; the same object where they do not show in it, None for an empty one.

    `every_item` gives all items of the user as they are after the changes; it is called only when that is needed.
    """
    known = profile or _empty(owner, changes[0].after.recorded_at)
    active = known.active_items + sum(_activity(change) for change in changes)
    lists = _relisted(owner, known, changes) or _listed(owner, every_item())
    if active == known.active_items and all(entries == getattr(known, name) for name, entries in lists.items()):
        return profile
    after = _with(known, active, lists, changes[-1].after.recorded_at)
    return None if is_empty(after) else after


def anew(owner: Owner, items: Iterable[MemoryItem], recorded_at: datetime) -> Profile:
    """The profile of a user with these items."""
    all_items = list(items)
    active = sum(item.status is ItemStatus.ACTIVE for item in all_items)
    return _with(_empty(owner, recorded_at), active, _listed(owner, all_items), recorded_at)


def is_empty(profile: Profile) -> bool:
    """Whether there is nothing to show: such a profile is not kept, whatever it once held."""
    return not profile.active_items and not any(getattr(profile, name) for name in LISTINGS)


def _empty(owner: Owner, recorded_at: datetime) -> Profile:
    return Profile(
        tenant_id=owner.tenant_id, user_id=owner.user_id, slots=(), top=(), active_items=0, recorded_at=recorded_at
    )


def _with(profile: Profile, active_items: int, lists: Mapping[str, Entries], recorded_at: datetime) -> Profile:
    return replace(
        profile,
        active_items=active_items,
        recorded_at=recorded_at,
        slots=lists["slots"],
        top=lists["top"],
        preferences=lists["preferences"],
        tasks=lists["tasks"],
        events=lists["events"],
    )


def _activity(change: ItemChange) -> int:
    was = change.before is not None and change.before.status is ItemStatus.ACTIVE
    return (change.after.status is ItemStatus.ACTIVE) - was


def _listed(owner: Owner, items: Iterable[MemoryItem]) -> dict[str, Entries]:
    entries: dict[str, list[ProfileEntry]] = {name: [] for name in LISTINGS}
    for item in items:
        for name in places(owner, item):
            entries[name].append(_entry(item))
    return {name: _first(owner, found, LISTINGS[name]) for name, found in entries.items()}


def _relisted(owner: Owner, known: Profile, changes: Sequence[ItemChange]) -> dict[str, Entries] | None:
    """The lists after the changes; None where an entry that was left out of one might now belong to it."""
    lists: dict[str, Entries] = {name: getattr(known, name) for name in LISTINGS}
    for change in changes:
        now, before = places(owner, change.after), places(owner, change.before) if change.before else ()
        entry = _entry(change.after) if now else None
        for name in {*now, *before}:
            shown = entry if name in now else None
            entries = _of_list(owner, lists[name], LISTINGS[name], change.after.item_id, shown)
            if entries is None:
                return None
            lists[name] = entries
    return lists


def _of_list(
    owner: Owner, entries: Entries, listing: Listing, item: ItemId, entry: ProfileEntry | None
) -> Entries | None:
    """The list with `entry` in the place of what it held of the item."""
    was = next((each for each in entries if each.item_id == item), None)
    if (
        was
        and len(entries) == listing.most
        and (entry is None or listing.rank(owner, entry) > listing.rank(owner, was))
    ):
        return None
    rest = [each for each in entries if each is not was]
    return _first(owner, [*rest, entry] if entry else rest, listing)


def _first(owner: Owner, entries: Iterable[ProfileEntry], listing: Listing) -> Entries:
    return tuple(sorted(entries, key=partial(listing.rank, owner))[: listing.most])


def places(owner: Owner, item: MemoryItem) -> tuple[str, ...]:
    """The lists that the item belongs to: the fields of a profile."""
    if item.status is not ItemStatus.ACTIVE:
        return ()
    if item.kind in DATED_KINDS:
        return _DATED_PLACES.get((item.kind, bool(item.validity)), ())
    if not is_current(item):
        return ()
    if owner.slot_of(item.kind, item.slot).single_valued:
        return ("slots",)
    return ("top", "preferences") if item.kind is Kind.PREFERENCE else ("top",)


_DATED_PLACES = MappingProxyType(
    {(Kind.TASK, True): ("tasks",), (Kind.TASK, False): ("tasks",), (Kind.EVENT, True): ("events",)}
)
"""By kind and whether there is a date: a task needs none."""


def _by_slot(owner: Owner, entry: ProfileEntry) -> Rank:
    return owner.place_of(entry.kind, entry.slot), entry.qualifier or "", entry.item_id


def _by_support(_owner: Owner, entry: ProfileEntry) -> Rank:
    """By evidence, then the latest."""
    last = entry.last_occurred_at or _NEVER
    return -entry.evidence_count, -last.timestamp(), entry.item_id


def _by_end(_owner: Owner, entry: ProfileEntry) -> Rank:
    """What is over last comes first, by the moment from which its lifetime counts."""
    end = counted_from(entry.last_occurred_at, entry.due_from, entry.due_to) or _NEVER
    return -end.timestamp(), 0, entry.item_id


def _by_date(_owner: Owner, entry: ProfileEntry) -> Rank:
    return -(entry.valid_to or entry.since or _NEVER).timestamp(), 0, entry.item_id


LISTINGS = MappingProxyType(
    {
        "slots": Listing(most=SLOTS_SHOWN, rank=_by_slot),
        "top": Listing(most=TOP_SHOWN, rank=_by_support),
        "preferences": Listing(most=TOP_SHOWN, rank=_by_support),
        "tasks": Listing(most=DATED_SHOWN, rank=_by_end),
        "events": Listing(most=DATED_SHOWN, rank=_by_date),
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
