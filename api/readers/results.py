"""The results of a recall: what was ranked, with its text and the words it rests on.

Reads only what is shown: the texts of the best messages, the evidence of the best items.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.models.recall import ContextTurn, ExplanationPart, RecallRequest, RecallResult
from api.models.values import ItemSource
from api.ranking import repeats
from api.ranking.answer import Answer
from api.ranking.candidates import MessageKey
from api.ranking.merge import Ranked, cited
from api.ranking.repeats import Saying
from api.readers import known_statements, recall_statements, shapes
from api.readers.database import Rows
from api.readers.folds import Fold
from api.readers.items import evidence_of
from api.readers.named import named
from schemas.ids import TenantId

EVIDENCE_LOOKED_AT = 20
"""Of an item, the latest; the best of these is shown."""
SPARE_LEAST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFound:
    """An item that may answer, and its evidence, the latest first; None: to be asked for."""

    row: shapes.Row
    sources: list[ItemSource] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """Every item that may be among the results, by the id that is shown, and the moment they are weighed at."""

    folds: Mapping[str, Fold]
    sources: Mapping[str, list[ItemSource]]
    """Evidence that is known already, by item id: of items as they were known at a time."""
    at: datetime


def with_spare(limit: int) -> int:
    """How many are ranked for an answer of `limit`: repeats that are folded leave room for those after them."""
    return limit + max(SPARE_LEAST, limit // 4)


async def of(
    rows: Rows, answer: Answer, items: Items, request: RecallRequest, tenant_id: TenantId
) -> list[RecallResult]:
    """The answer's best, in its order, without repeats, at most the `limit` of the request."""
    messages = await _messages(rows, tenant_id, [r.message for r in answer.best if r.message], request.known_at)
    shown = _repeats(answer, messages)
    best = [r for r in answer.best if r.item_id is not None or r.message in shown][: request.limit]
    context = await _context(rows, tenant_id, [r.message for r in best if r.message], request)
    sources = await _sources_of(rows, tenant_id, [items.folds[r.item_id] for r in best if r.item_id], items, request)
    found: list[RecallResult] = []
    for ranked in best:
        why = [ExplanationPart(kind=one.kind, score=one.score, about=one.about) for one in answer.parts(ranked)]
        if ranked.message is None:
            found.append(_item(ranked, items, sources, answer.turns, why))
        else:
            row, same = messages[ranked.message], [key[1] for key in shown[ranked.message]]
            found.append(_message(ranked.score, row, same, context.get(ranked.message, []), why))
    return found


def _repeats(answer: Answer, messages: Mapping[MessageKey, shapes.Row]) -> dict[MessageKey, list[MessageKey]]:
    """By message that is shown, those of the answer that it stands for."""
    there = [ranked.message for ranked in answer.best if ranked.message in messages]
    return repeats.fold(
        [
            Saying(key=key, beside=(key[0], messages[key]["user_id"]), text=messages[key]["text"] or "")
            for key in there
            if key
        ]
    )


async def _context(
    rows: Rows, tenant_id: TenantId, keys: Sequence[MessageKey], request: RecallRequest
) -> dict[MessageKey, list[ContextTurn]]:
    """By message, the turns around it that were asked for."""
    if not request.neighbours or not keys:
        return {}
    asked = {"tenant_id": tenant_id, "known_at": request.known_at, "reach": request.neighbours}
    statement = recall_statements.CONTEXT if request.known_at is None else known_statements.CONTEXT
    found: defaultdict[MessageKey, list[ContextTurn]] = defaultdict(list)
    for row in await rows.all(statement, named(keys) | asked):
        fields = {name: value for name, value in row.items() if name not in ("number", "conversation_id")}
        found[keys[row["number"] - 1]].append(ContextTurn(**fields | {"role": row["role"].lower()}))
    return found


async def _sources_of(
    rows: Rows, tenant_id: TenantId, chosen: Sequence[Fold], items: Items, request: RecallRequest
) -> dict[str, list[ItemSource]]:
    """By item id, its evidence: what is known of it already, else what is asked for."""
    names = [name for each in chosen for name in each.item_ids]
    asked = await _sources(rows, tenant_id, [UUID(name) for name in names if name not in items.sources], request)
    return {name: _there(items.sources[name], request) for name in names if name in items.sources} | asked


async def _messages(
    rows: Rows, tenant_id: TenantId, keys: Sequence[MessageKey], known_at: datetime | None
) -> dict[MessageKey, shapes.Row]:
    statement = recall_statements.RECALLED_MESSAGES if known_at is None else known_statements.RECALLED_MESSAGES
    found = await rows.all(statement, named(keys) | {"tenant_id": tenant_id, "known_at": known_at}) if keys else []
    return {(row["conversation_id"], row["message_id"]): row for row in found}


async def _sources(
    rows: Rows, tenant_id: TenantId, item_ids: list[UUID], request: RecallRequest
) -> dict[str, list[ItemSource]]:
    if not item_ids:
        return {}
    return await evidence_of(rows, tenant_id, item_ids, request.conversation_id, limit=EVIDENCE_LOOKED_AT)


def _there(sources: Sequence[ItemSource], request: RecallRequest) -> list[ItemSource]:
    where = request.conversation_id
    return [one for one in sources if where in (None, one.conversation_id)][:EVIDENCE_LOOKED_AT]


def _message(
    score: float,
    row: shapes.Row,
    same: Sequence[str],
    context: Sequence[ContextTurn],
    why: Sequence[ExplanationPart],
) -> RecallResult:
    return RecallResult(
        kind="message",
        id=row["message_id"],
        score=score,
        explanation=list(why),
        text=row["text"],
        message_ids=[row["message_id"], *same],
        user_id=row["user_id"],
        occurred_at=row["occurred_at"],
        conversation_id=row["conversation_id"],
        speaker_name=row["speaker_name"],
        role=row["role"].lower(),
        position=shapes.position(row, "source"),
        stands_for=list(same),
        context=list(context),
    )


def _item(
    ranked: Ranked,
    items: Items,
    sources: Mapping[str, Sequence[ItemSource]],
    turns: Mapping[MessageKey, float],
    why: Sequence[ExplanationPart],
) -> RecallResult:
    fold = items.folds[ranked.item_id or ""]
    row = fold.row
    all_said = [source for name in fold.item_ids for source in sources.get(name, [])]
    said = {(s.conversation_id, s.message_id): s for s in all_said if s.conversation_id is not None}
    chosen = [said[key] for key in cited(list(said), turns)]
    return RecallResult(
        kind="item",
        id=str(row["item_id"]),
        score=ranked.score,
        explanation=list(why),
        text=f"{row['slot'].replace('_', ' ')}: {row['value']}",
        message_ids=[source.message_id for source in chosen],
        user_id=row["user_id"],
        occurred_at=row["last_occurred_at"],
        item_kind=row["kind"],
        slot=row["slot"],
        value=row["value"],
        status=row["status"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        salience=shapes.salience_of(row, items.at),
        stands_for=list(fold.stands_for),
        evidence=chosen,
    )
