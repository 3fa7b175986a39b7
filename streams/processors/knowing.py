"""What was known at a time: items from the assertions that stood then, in whatever order the stages worked them in.

Pure. The same fold as that of the stream (`timeline`, `items`), over evidence as it was learned and taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.ids import ItemId, TenantId
from schemas.records import Evidence, MemoryItem
from streams.extraction.slots import Catalogue
from streams.processors.commands import CORRECTION
from streams.processors.expiry import is_worn
from streams.processors.items import Cause, version
from streams.processors.timeline import CONFIRMED, CORRECTED, EXPIRED, FORGOTTEN, RETRACTED, standings
from topology.retention import RetentionPolicy

_ABOUT_AN_ITEM = frozenset({CONFIRMED, FORGOTTEN, EXPIRED, CORRECTED, CORRECTION})
"""Rules of evidence by commands that wait for the item they name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPolicy:
    """Whose memory it is, the slots it may have, and how long it is kept: what the fold depends on beside evidence."""

    tenant_id: TenantId
    catalogue: Catalogue
    retention: RetentionPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """One assertion as it stood at a time: since when, and what it said; None where it had been taken back."""

    item_id: ItemId
    recorded_at: datetime
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item as it was known, and what was said of it."""

    item: MemoryItem
    evidence: tuple[Evidence, ...]


def as_known(whose: TenantPolicy, learned: Iterable[Learned], named: Mapping[ItemId, MemoryItem]) -> list[KnownItem]:
    """Every item of which anything had been learned, by id.

    `learned` holds all that had been learned of users in one slot or several, nothing of which is left out: a command
    that corrects stays within its slot. `named` says of each item what it is at whatever time; an item that it does
    not name is left out. `recorded_at` is when anything that the item competes with was last learned or taken back;
    `cause` is that of `named`.
    """
    in_force = _in_force([each for each in learned if each.item_id in named])
    tracks: dict[tuple[str, ...], list[Learned]] = defaultdict(list)
    for each in in_force:
        tracks[_track(whose, named[each.item_id])].append(each)
    known = [item for track in tracks.values() for item in _of_track(whose, track, named)]
    return sorted(known, key=lambda one: one.item.item_id)


def _in_force(learned: Sequence[Learned]) -> list[Learned]:
    """Without what commands assert about items of which nothing else had been learned yet."""
    known = {each.item_id for each in learned if not _waits(each.evidence)}
    waiting: dict[tuple[str, ...], list[Learned]] = defaultdict(list)
    for each in learned:
        if each.evidence is not None and _waits(each.evidence):
            waiting[_command(each.evidence)].append(each)
    in_force = [each for each in learned if not _waits(each.evidence)]
    while obeyed := [command for command, asserted in waiting.items() if _subject(asserted) in known]:
        for command in obeyed:
            asserted = waiting.pop(command)
            in_force.extend(asserted)
            known.update(each.item_id for each in asserted)
    return in_force


def _waits(evidence: Evidence | None) -> bool:
    return evidence is not None and evidence.rule in _ABOUT_AN_ITEM


def _command(evidence: Evidence) -> tuple[str, ...]:
    return evidence.tenant_id, evidence.user_id, evidence.message_id


def _subject(asserted: Sequence[Learned]) -> ItemId:
    """The item that a command names: of a correction the wrong one, unless that is the right one too."""
    corrected = [each for each in asserted if each.evidence and each.evidence.rule == CORRECTED]
    return (corrected or asserted)[0].item_id


def _of_track(whose: TenantPolicy, track: Sequence[Learned], named: Mapping[ItemId, MemoryItem]) -> Iterable[KnownItem]:
    said = [each.evidence for each in track if each.evidence is not None]
    stand, recorded_at = standings(said), max(each.recorded_at for each in track)
    for item_id in {each.item_id for each in track}:
        basis = named[item_id]
        cause = Cause(position=basis.cause, recorded_at=recorded_at, lane=basis.cause.partition)
        yield KnownItem(
            item=version(stand.get(item_id, RETRACTED), basis, cause, whose.retention),
            evidence=tuple(each for each in said if each.item_id == item_id and not is_worn(each)),
        )


def _track(whose: TenantPolicy, item: MemoryItem) -> tuple[str, ...]:
    return item.tenant_id, item.user_id, whose.catalogue.track_of(item.kind, item.slot, item.qualifier, item.item_id)
