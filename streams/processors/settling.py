"""What a message or a command now asserts, put in the place of what it asserted before: rows, items, profile.

Free of I/O; reads and writes the typed stores it is given. Settling the same assertions again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas.records import Evidence, MemoryItem
from schemas.state import EvidenceRef
from streams.ports import Output, Stores
from streams.processors import profiles
from streams.processors.assertions import Origin, Owner, output, row_key, says_the_same, tombstone
from streams.processors.expiry import is_worn, told_worn, worn
from streams.processors.items import Cause
from streams.processors.profiles import ItemChange
from streams.processors.tracks import TrackChange, retell
from topology.stages import EVIDENCE_ROWS, ITEM_SUMMARIES, PROFILE_ROWS
from topology.tombstones import TakenBack
from topology.topics import TopicName


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One row of evidence before and after; None where there is none."""

    ref: EvidenceRef
    before: Evidence | None
    after: Evidence | None


def settle(
    owner: Owner,
    origin: Origin,
    former: Sequence[EvidenceRef],
    said: Mapping[EvidenceRef, Evidence],
    cause: Cause,
    stores: Stores,
) -> Iterator[Output]:
    """Evidence that changed, then the versions of items that follow from it; the profile is kept, and sent later."""
    rows = list(_rows_changed(owner, origin, former, said, stores))
    for row in rows:
        yield from _told(owner, origin, row, cause)
    changes = [each for track in _by_track(rows) for each in retell(owner, track, stores, cause)]
    yield from (_item(owner, change.after) for change in changes)
    if changes:
        _keep_profile(owner, changes, stores)


def _rows_changed(
    owner: Owner,
    origin: Origin,
    former: Sequence[EvidenceRef],
    said: Mapping[EvidenceRef, Evidence],
    stores: Stores,
) -> Iterator[RowChange]:
    """The rows that differ, written as they are found."""
    for ref in (*(ref for ref in former if ref not in said), *said):
        key, after = row_key(owner, ref, origin), _as_kept(owner, said.get(ref), stores)
        before = stores.get(EVIDENCE_ROWS, key)
        if (before is None and after is None) or (before and after and says_the_same(before, after)):
            continue
        if after is None:
            stores.delete(EVIDENCE_ROWS, key)
        else:
            stores.put(EVIDENCE_ROWS, key, after)
        yield RowChange(ref=ref, before=before, after=after)


def _as_kept(owner: Owner, said: Evidence | None, stores: Stores) -> Evidence | None:
    known = stores.get(ITEM_SUMMARIES, owner.key(said.item_id)) if said else None
    return worn(said, known.expired_to) if said and known else said


def _told(owner: Owner, origin: Origin, row: RowChange, cause: Cause) -> Iterator[Output]:
    """What others see of a row that changed."""
    if row.after is None:
        gone = TakenBack(recorded_at=cause.recorded_at, words=cause.words)
        yield tombstone(owner, row.ref.item_id, origin, gone)
    elif is_worn(row.after):
        yield from told_worn(owner, origin, row.after, cause.recorded_at)
    else:
        yield output(owner, row.after)


def _by_track(rows: Iterable[RowChange]) -> Iterator[TrackChange]:
    tracks: dict[str, list[RowChange]] = {}
    for row in rows:
        tracks.setdefault(row.ref.track, []).append(row)
    for track, of_track in sorted(tracks.items()):
        yield TrackChange(
            track=track,
            added=tuple(row.after for row in of_track if row.before is None and row.after is not None),
            only_added=all(row.before is None for row in of_track),
            items=frozenset(row.ref.item_id for row in of_track),
        )


def _item(owner: Owner, version: MemoryItem) -> Output:
    return Output(topic=TopicName.ITEMS, key=owner.key(version.item_id), value=version, routing=owner.routing)


def _keep_profile(owner: Owner, changes: Sequence[ItemChange], stores: Stores) -> None:
    known = stores.get(PROFILE_ROWS, owner.key())
    profile = profiles.changed(
        owner, known, changes, lambda: (item for _, item in stores.scan(ITEM_SUMMARIES, owner.key("")))
    )
    if profile is known:
        return
    if profile is None:
        stores.delete(PROFILE_ROWS, owner.key())
    else:
        stores.put(PROFILE_ROWS, owner.key(), profile)
