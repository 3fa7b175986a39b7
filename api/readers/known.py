"""Items as they were known at a time: the evidence that stood then, through the fold of the stream.

Reads only, whole slots at a time, since in a slot one item's words decide what another is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias
from uuid import UUID

from api.models.items import ItemFilter
from api.models.recall import RecallRequest
from api.models.values import ItemSource
from api.readers import known_statements, shapes
from api.readers.database import Rows
from schemas.enums import Granularity, ItemStatus, Kind, RetentionLevel, Tense
from schemas.ids import ItemId
from schemas.records import Evidence, Interval, MemoryItem
from sinks.postgres.rows import said
from sinks.postgres.tables import MEMORY_ITEMS
from streams.processors.intervals import holds_at
from streams.processors.knowing import KnownItem, Learned, TenantPolicy, as_known
from topology.retention import RetentionPolicy, counted_from

MOST_CANDIDATES = 1_000
"""Items whose words at any time match a question; which of them match by what they were known as, is seen after."""

_GONE = frozenset({ItemStatus.RETRACTED, ItemStatus.EXPIRED})
"""Statuses of what is not recalled, whenever it held."""

Found: TypeAlias = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An item as the statements about what is known now give it, and its evidence, the latest first."""

    row: dict[str, Any]
    sources: list[ItemSource]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which of a user's items are wanted, as they were known when: `most` of those after (kind, slot, item id)."""

    whose: TenantPolicy
    user_id: str
    wanted: ItemFilter
    known_at: datetime
    after: tuple[str, ...] | None
    most: int


async def of_user(rows: Rows, listing: Listing) -> list[Shown]:
    """The first items of the listing, in order. No more slots are read than it takes to find them."""
    wanted, after = listing.wanted, listing.after
    kind, slot = after[:2] if after else (None, None)
    scope = {"user_id": listing.user_id, "kind": wanted.kind, "slot": wanted.slot}
    place = {"after_kind": kind, "after_slot": slot}
    named = await rows.all(known_statements.NAMED_OF_USER, {"tenant_id": listing.whose.tenant_id, **scope, **place})
    found: list[Shown] = []
    for some in _slots_at_once(named, listing.most):
        known = sorted(await _known(rows, listing.whose, some, listing.known_at), key=_place)
        found.extend(_shown(one) for one in known if _fits(one.item, wanted) and (after is None or _place(one) > after))
        if len(found) >= listing.most:
            break
    return found[: listing.most]


def _slots_at_once(named: Found, least: int) -> Iterator[Found]:
    """Whole slots, in order, as many as hold so many items."""
    some: list[dict[str, Any]] = []
    for _, slot in groupby(sorted(named, key=_slot), key=_slot):
        some.extend(slot)
        if len(some) >= least:
            yield some
            some = []
    if some:
        yield some


def _slot(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["kind"], row["slot"]


async def one(rows: Rows, whose: TenantPolicy, item_id: UUID, known_at: datetime) -> Shown | None:
    """The item, in whatever status; None where nothing was known of it."""
    slots = await rows.all(known_statements.SLOT_OF_ITEM, {"tenant_id": whose.tenant_id, "item_id": item_id})
    known = await _in_slots(rows, whose, slots, known_at)
    return next((_shown(one) for one in known if one.item.item_id == str(item_id)), None)


async def matching(
    rows: Rows, whose: TenantPolicy, request: RecallRequest, known_at: datetime, scope: Mapping[str, object]
) -> list[Shown]:
    """Items that match the question of `scope` by what they were and held then, the likeliest first, with vectors."""
    slots = await rows.all(known_statements.MATCHING_SLOTS, {**scope, "most": MOST_CANDIDATES})
    likely = {str(item_id) for slot in slots for item_id in slot["item_ids"]}
    found = await _in_slots(rows, whose, slots, known_at)
    held = [one for one in found if one.item.item_id in likely and _may_be_recalled(one, request)]
    texts = [f"{one.item.kind} {one.item.slot.replace('_', ' ')} {one.item.value}" for one in held]
    parameters = {**scope, "texts": texts, "item_ids": [one.item.item_id for one in held]}
    vectors = await rows.all(known_statements.VECTORS, parameters)
    return [_shown(held[vector["number"]], vector) for vector in vectors]


async def _in_slots(rows: Rows, whose: TenantPolicy, slots: Found, known_at: datetime) -> list[KnownItem]:
    wanted = {f"{name}s": [slot[name] for slot in slots] for name in ("user_id", "kind", "slot")}
    named = await rows.all(known_statements.NAMED_IN_SLOTS, {"tenant_id": whose.tenant_id, **wanted})
    return await _known(rows, whose, named, known_at)


async def _known(rows: Rows, whose: TenantPolicy, named: Found, known_at: datetime) -> list[KnownItem]:
    item_ids = [row["item_id"] for row in named]
    parameters = {"tenant_id": whose.tenant_id, "item_ids": item_ids, "known_at": known_at}
    learned = map(_learned, await rows.all(known_statements.LEARNED, parameters))
    items = map(_item, named)
    found = as_known(whose, learned, {item.item_id: item for item in items})
    return [replace(one, item=_at(one.item, whose.retention, known_at)) for one in found]


def _at(item: MemoryItem, retention: RetentionPolicy, known_at: datetime) -> MemoryItem:
    """The item, expired where its lifetime was over by then: as `statements.STATUS` has it."""
    held = item.validity[-1] if item.validity else Interval(valid_from=None, valid_to=None)
    since = counted_from(item.last_occurred_at, item.due_from, item.due_to, held.valid_from, held.valid_to)
    over = item.status is not ItemStatus.RETRACTED and retention.is_over(item.retention_level, since, known_at)
    return replace(item, status=ItemStatus.EXPIRED) if over else item


def _place(known: KnownItem) -> tuple[str, ...]:
    return known.item.kind.value, known.item.slot, known.item.item_id


def _fits(item: MemoryItem, wanted: ItemFilter) -> bool:
    if wanted.status is not None and item.status.value != wanted.status:
        return False
    return wanted.valid_at is None or holds_at(item.validity, wanted.valid_at)


def _may_be_recalled(known: KnownItem, request: RecallRequest) -> bool:
    item, where = known.item, request.conversation_id
    if where is not None and all(said.conversation_id != where for said in known.evidence):
        return False
    if request.valid_at is None:
        return item.status is ItemStatus.ACTIVE
    return item.status not in _GONE and holds_at(item.validity, request.valid_at)


def _shown(known: KnownItem, more: Mapping[str, object] | None = None) -> Shown:
    row = dict(zip(MEMORY_ITEMS.types, said(MEMORY_ITEMS, known.item, 0, 0), strict=True))
    latest_first = sorted(sorted(known.evidence, key=_said_where), key=lambda each: each.occurred_at, reverse=True)
    return Shown(row=row | dict(more or {}), sources=[_source(each) for each in latest_first])


def _said_where(evidence: Evidence) -> tuple[bool, str, str]:
    """As PostgreSQL orders conversation and message: a command, which has no conversation, after all others."""
    return evidence.conversation_id is None, evidence.conversation_id or "", evidence.message_id


def _source(evidence: Evidence) -> ItemSource:
    return ItemSource(
        message_id=evidence.message_id,
        conversation_id=evidence.conversation_id,
        topic=evidence.source.topic,
        partition=evidence.source.partition,
        offset=evidence.source.offset,
        start=evidence.start,
        end=evidence.end,
        quote=evidence.quote,
        tense=evidence.tense.value,
        rule=evidence.rule,
        occurred_at=evidence.occurred_at,
    )


_SAME = (
    "tenant_id", "user_id", "slot", "qualifier", "value", "canonical", "confidence", "due_from", "due_to",
    "extractor", "recorded_at",
)  # fmt: skip
"""Columns that evidence and items hold as they are."""
_OF_ITEM = (*_SAME, "evidence_count", "first_occurred_at", "last_occurred_at", "expired_to")
_OF_EVIDENCE = (
    *_SAME, "message_id", "start", "end", "quote", "rule", "occurred_at", "known_from", "known_to", "revision"
)  # fmt: skip


def _item(row: Mapping[str, Any]) -> MemoryItem:
    return MemoryItem(
        **{name: row[name] for name in _OF_ITEM},
        item_id=_text(row["item_id"]),
        kind=Kind(row["kind"]),
        status=ItemStatus(row["status"]),
        validity=tuple(Interval(valid_from=one.lower, valid_to=one.upper) for one in row["validity"]),
        granularity=_granularity(row),
        superseded_by=_text(row["superseded_by"]) if row["superseded_by"] else None,
        retention_level=RetentionLevel(row["retention_level"]),
        cause=shapes.record_position(row, "cause"),
        explicit=bool(row["explicit"]),
    )


def _learned(row: Mapping[str, Any]) -> Learned:
    item_id, at = _text(row["item_id"]), row["recorded_at"]
    return Learned(item_id=item_id, recorded_at=at, evidence=None if row["removed"] else _evidence(row))


def _evidence(row: Mapping[str, Any]) -> Evidence:
    return Evidence(
        **{name: row[name] for name in _OF_EVIDENCE},
        item_id=_text(row["item_id"]),
        kind=Kind(row["kind"]),
        tense=Tense(row["tense"]),
        conversation_id=row["conversation_id"] or None,
        granularity=_granularity(row),
        source=shapes.record_position(row, "source"),
    )


def _granularity(row: Mapping[str, Any]) -> Granularity | None:
    return Granularity(row["granularity"]) if row["granularity"] else None


def _text(value: object) -> ItemId:
    return ItemId(str(value))
