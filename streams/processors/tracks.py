"""What changes in a track's rows does to its items: the versions that follow, read from no more rows than needed.

Free of I/O; reads and writes the typed stores it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.ids import ItemId
from schemas.records import Evidence, MemoryItem
from streams.ports import Stores
from streams.processors.assertions import Owner, track_prefix
from streams.processors.items import Cause, said_again, shows_the_same, version
from streams.processors.profiles import ItemChange
from streams.processors.timeline import RETRACTED, standings
from topology.stages import EVIDENCE_ROWS, ITEM_SUMMARIES


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackChange:
    """What one record did to the rows of one track."""

    track: str
    added: tuple[Evidence, ...]
    only_added: bool
    """Whether no row was replaced or taken away."""
    items: frozenset[ItemId]


def retell(owner: Owner, change: TrackChange, stores: Stores, cause: Cause) -> Iterator[ItemChange]:
    """The new versions of the track's items, kept as their summaries; items that show the same are left out."""
    for after in _versions(owner, change, stores, cause):
        key = owner.key(after.item_id)
        before = stores.get(ITEM_SUMMARIES, key)
        if before is None or not shows_the_same(before, after):
            stores.put(ITEM_SUMMARIES, key, after)
            yield ItemChange(before=before, after=after)


def _versions(owner: Owner, change: TrackChange, stores: Stores, cause: Cause) -> Iterable[MemoryItem]:
    quick = _quick(owner, change, stores, cause)
    return (quick,) if quick else _from_all_rows(owner, change, stores, cause)


def _quick(owner: Owner, change: TrackChange, stores: Stores, cause: Cause) -> MemoryItem | None:
    """The version that one more assertion gives where the summary tells enough, at whatever length of the track."""
    if not change.only_added or len(change.added) != 1:
        return None
    said = change.added[0]
    known = stores.get(ITEM_SUMMARIES, owner.key(said.item_id))
    if known is not None:
        return said_again(known, said, cause, owner.retention)
    if change.track != said.item_id:
        return None
    return version(standings([said])[said.item_id], said, cause, owner.retention)


def _from_all_rows(owner: Owner, change: TrackChange, stores: Stores, cause: Cause) -> Iterator[MemoryItem]:
    rows = [row for _, row in stores.scan(EVIDENCE_ROWS, track_prefix(owner, change.track))]
    stand = standings(rows)
    named = _any_of_each(rows)
    for item in sorted(stand.keys() | change.items):
        basis = stores.get(ITEM_SUMMARIES, owner.key(item)) or named.get(item)
        if basis is not None:
            yield version(stand.get(item, RETRACTED), basis, cause, owner.retention)


def _any_of_each(rows: Sequence[Evidence]) -> dict[ItemId, Evidence]:
    return {row.item_id: row for row in rows}
