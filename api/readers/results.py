"""The results of a recall: what was ranked, with its text and the words it rests on.

Reads only what is shown: the texts of the best messages, the evidence of the best items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.models.recall import RecallRequest, RecallResult
from api.models.values import ItemSource
from api.ranking.answer import Answer
from api.ranking.merge import MessageKey, cited
from api.readers import known_statements, shapes, statements
from api.readers.database import Rows
from api.readers.folds import Fold
from api.readers.items import evidence_of
from schemas.ids import TenantId

EVIDENCE_LOOKED_AT = 20
"""Of an item, the latest; the best of these is shown."""


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


async def of(
    rows: Rows, answer: Answer, items: Items, request: RecallRequest, tenant_id: TenantId
) -> list[RecallResult]:
    """The answer's best, in its order."""
    messages = await _messages(rows, tenant_id, [r.message for r in answer.best if r.message], request.known_at)
    chosen = [items.folds[ranked.item_id] for ranked in answer.best if ranked.item_id]
    names = [name for each in chosen for name in each.item_ids]
    asked = await _sources(rows, tenant_id, [UUID(name) for name in names if name not in items.sources], request)
    sources = {name: _there(items.sources[name], request) for name in names if name in items.sources} | asked
    found: list[RecallResult] = []
    for ranked in answer.best:
        if ranked.item_id is not None:
            item = items.folds[ranked.item_id]
            said = [source for name in item.item_ids for source in sources.get(name, [])]
            shown = _item(ranked.score, item.row, said, answer.turns)
            weighed = {"salience": shapes.salience_of(item.row, items.at), "stands_for": list(item.stands_for)}
            found.append(shown.model_copy(update=weighed))
        elif ranked.message in messages:
            found.append(_message(ranked.score, messages[ranked.message]))
    return found


async def _messages(
    rows: Rows, tenant_id: TenantId, keys: Sequence[MessageKey], known_at: datetime | None
) -> dict[MessageKey, shapes.Row]:
    conversations, messages = [key[0] for key in keys], [key[1] for key in keys]
    wanted: dict[str, object] = {"conversation_ids": conversations, "message_ids": messages}
    statement = statements.RECALLED_MESSAGES if known_at is None else known_statements.RECALLED_MESSAGES
    found = await rows.all(statement, wanted | {"tenant_id": tenant_id, "known_at": known_at}) if keys else []
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


def _message(score: float, row: shapes.Row) -> RecallResult:
    return RecallResult(
        kind="message",
        id=row["message_id"],
        score=score,
        text=row["text"],
        message_ids=[row["message_id"]],
        user_id=row["user_id"],
        occurred_at=row["occurred_at"],
        conversation_id=row["conversation_id"],
        speaker_name=row["speaker_name"],
        role=row["role"].lower(),
        position=shapes.position(row, "source"),
    )


def _item(
    score: float, row: shapes.Row, sources: Sequence[ItemSource], turns: Mapping[MessageKey, float]
) -> RecallResult:
    said = {(s.conversation_id, s.message_id): s for s in sources if s.conversation_id is not None}
    chosen = [said[key] for key in cited(list(said), turns)]
    return RecallResult(
        kind="item",
        id=str(row["item_id"]),
        score=score,
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
        evidence=chosen,
    )
