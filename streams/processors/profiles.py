"""The profile of a user: what is current in each single-valued slot, and the best supported of the other lasting items.

Pure. Kept up from one change at a time; all items are read again only where a full list loses or lowers an entry,
since only then may one that was left out take its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from schemas.enums import ItemStatus
from schemas.records import MemoryItem, Profile, ProfileEntry
from streams.processors.assertions import Owner
from streams.processors.items import is_current

SLOTS_SHOWN = 64
TOP_SHOWN = 20

Rank: TypeAlias = tuple[int | float, int | float | str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """An item before (None: it is new) and after."""

    before: MemoryItem | None
    after: MemoryItem


def changed(
    owner: Owner, profile: Profile | None, changes: Sequence[ItemChange], every_item: Callable[[], Iterable[MemoryItem]]
) -> Profile | None:
    """The profile after the changes of one record; the same object where they do not show in it.

    `every_item` gives all items of the user as they are after the changes; it is called only when that is needed.
    """
    known = profile or _empty(owner, changes[0].after.recorded_at)
    active = known.active_items + sum(_activity(change) for change in changes)
    slots = _relisted(owner, known.slots, SLOTS_SHOWN, changes, single_valued=True)
    top = _relisted(owner, known.top, TOP_SHOWN, changes, single_valued=False)
    if slots is None or top is None:
        slots, top = _listed(owner, every_item())
    if (slots, top, active) == (known.slots, known.top, known.active_items):
        return profile
    return replace(known, slots=slots, top=top, active_items=active, recorded_at=changes[-1].after.recorded_at)


def anew(owner: Owner, items: Iterable[MemoryItem], recorded_at: datetime) -> Profile:
    """The profile of a user with these items."""
    all_items = list(items)
    slots, top = _listed(owner, all_items)
    active = sum(item.status is ItemStatus.ACTIVE for item in all_items)
    return replace(_empty(owner, recorded_at), slots=slots, top=top, active_items=active)


def _empty(owner: Owner, recorded_at: datetime) -> Profile:
    return Profile(
        tenant_id=owner.tenant_id, user_id=owner.user_id, slots=(), top=(), active_items=0, recorded_at=recorded_at
    )


def _activity(change: ItemChange) -> int:
    was = change.before is not None and change.before.status is ItemStatus.ACTIVE
    return (change.after.status is ItemStatus.ACTIVE) - was


def _listed(owner: Owner, items: Iterable[MemoryItem]) -> tuple[tuple[ProfileEntry, ...], tuple[ProfileEntry, ...]]:
    shown = [_entry(item) for item in items if is_current(item)]
    slots = [entry for entry in shown if _is_single(owner, entry)]
    top = [entry for entry in shown if not _is_single(owner, entry)]
    return _first(owner, slots, SLOTS_SHOWN), _first(owner, top, TOP_SHOWN)


def _relisted(
    owner: Owner,
    entries: tuple[ProfileEntry, ...],
    most: int,
    changes: Sequence[ItemChange],
    *,
    single_valued: bool,
) -> tuple[ProfileEntry, ...] | None:
    """The list after the changes; None where an entry that was left out of it might now belong to it."""
    concerned = [each for each in changes if _is_single(owner, each.after) is single_valued]
    if not concerned:
        return entries
    listed, rank = {entry.item_id: entry for entry in entries}, partial(_rank, owner)
    for change in concerned:
        was = listed.pop(change.after.item_id, None)
        entry = _entry(change.after) if is_current(change.after) else None
        if was and len(entries) == most and (entry is None or rank(entry) > rank(was)):
            return None
        if entry:
            listed[entry.item_id] = entry
    return _first(owner, listed.values(), most)


def _first(owner: Owner, entries: Iterable[ProfileEntry], most: int) -> tuple[ProfileEntry, ...]:
    return tuple(sorted(entries, key=partial(_rank, owner))[:most])


def _rank(owner: Owner, entry: ProfileEntry) -> Rank:
    """Single-valued slots in the order of the catalogue; the others by evidence, then the latest."""
    if _is_single(owner, entry):
        return owner.catalogue.place_of(entry.kind, entry.slot), entry.qualifier or "", entry.item_id
    last = entry.last_occurred_at or datetime.min.replace(tzinfo=UTC)
    return -entry.evidence_count, -last.timestamp(), entry.item_id


def _is_single(owner: Owner, of: MemoryItem | ProfileEntry) -> bool:
    return owner.slot_of(of.kind, of.slot).single_valued


def _entry(item: MemoryItem) -> ProfileEntry:
    return ProfileEntry(
        item_id=item.item_id,
        kind=item.kind,
        slot=item.slot,
        qualifier=item.qualifier,
        value=item.value,
        since=item.validity[-1].valid_from,
        evidence_count=item.evidence_count,
        last_occurred_at=item.last_occurred_at,
    )
