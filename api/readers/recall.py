"""Recall from PostgreSQL: candidates by an OR query of the question's words, ranked by api.ranking.

Reads only, in one transaction. A conversation is read whole; a scope too wide for that gives its likeliest thousand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api.models.recall import RecallRequest, RecallResult
from api.models.values import ItemSource
from api.ranking import bm25
from api.ranking.answer import Answer, Candidates, ItemCandidate, Place, TurnCandidate, rank
from api.ranking.bm25 import Corpus, Document
from api.ranking.merge import MessageKey, Ranked, cited
from api.ranking.neighbours import REACH
from api.readers import shapes, statements
from api.readers.database import Database, Rows
from api.readers.items import evidence_of
from schemas.ids import TenantId

WHOLE_TURNS = 20_000
"""A conversation up to so many turns is read whole (about 50 ms there); beyond, neighbours lend nothing."""
MOST_MESSAGES = 1_000
"""Candidates of a wide scope; how rare a word is, is then estimated from these."""
MOST_ITEMS = 200
EVIDENCE_LOOKED_AT = 20

_ITEM_KINDS = frozenset({"fact", "preference", "relation", "event", "task", "decision", "contact"})


class RecallReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def recall(self, tenant_id: TenantId, request: RecallRequest) -> list[RecallResult]:
        """What answers the query best; empty where it holds nothing but stop words."""
        async with self._database.read(tenant_id) as rows:
            question = await _question(rows, tenant_id, request)
            if not question["lexemes"]:
                return []
            turns, corpus = await _turns(rows, question)
            items = await _items(rows, question, request)
            candidates = Candidates(
                terms=len(question["lexemes"]), corpus=corpus, turns=turns, items=_item_candidates(items)
            )
            answer = rank(candidates, request.limit, with_messages=_wants_messages(request))
            return await _results(rows, question, answer, {str(row["item_id"]): row for row in items})


def _wants_messages(request: RecallRequest) -> bool:
    return request.kinds is None or "message" in request.kinds


def item_kinds(request: RecallRequest) -> list[str] | None:
    """Which kinds of items are asked for: None for all, an empty list for none."""
    if request.kinds is None or "item" in request.kinds:
        return None
    return sorted(_ITEM_KINDS.intersection(request.kinds))


async def _question(rows: Rows, tenant_id: TenantId, request: RecallRequest) -> dict[str, Any]:
    """The parameters that all statements share."""
    found = await rows.one(statements.QUERY_LEXEMES, {"query": request.query})
    lexemes = found["lexemes"][: bm25.MOST_LEXEMES] if found else []
    return {
        "tenant_id": tenant_id,
        "conversation_id": request.conversation_id,
        "user_id": request.user_id,
        "known_at": request.known_at,
        "valid_at": request.valid_at,
        "lexemes": lexemes,
        "matching": bm25.or_query(lexemes),
    }


async def _turns(rows: Rows, question: Mapping[str, Any]) -> tuple[list[TurnCandidate], Corpus]:
    size = await rows.one(statements.SCOPE_SIZE, {**question, "most": WHOLE_TURNS + 1})
    count = size["size"] if size else 0
    if question["conversation_id"] is not None and count <= WHOLE_TURNS:
        return _placed(question["conversation_id"], await _whole(rows, question))
    found = await rows.all(statements.MATCHING_MESSAGES, {**question, "most": MOST_MESSAGES})
    turns = [TurnCandidate(key=(row["conversation_id"], row["message_id"]), document=_document(row)) for row in found]
    average = sum(row["length"] for row in found) / len(found) if found else 0.0
    return turns, Corpus(count=count, average_length=average)


async def _whole(rows: Rows, question: Mapping[str, Any]) -> list[dict[str, Any]]:
    return await rows.all(statements.CONVERSATION_TURNS, {**question, "reach": REACH})


def _placed(conversation_id: str, found: Sequence[shapes.Row]) -> tuple[list[TurnCandidate], Corpus]:
    turns = [
        TurnCandidate(
            key=(conversation_id, row["message_id"]),
            document=_document(row),
            place=Place(number=row["place"], occurred_at=row["occurred_at"]),
        )
        for row in found
    ]
    count, average = (found[0]["turns"], found[0]["average"]) if found else (0, 0.0)
    return turns, Corpus(count=count, average_length=average)


async def _items(rows: Rows, question: Mapping[str, Any], request: RecallRequest) -> list[dict[str, Any]]:
    kinds = item_kinds(request)
    if kinds == []:
        return []
    as_known = request.known_at is not None
    statement = statements.MATCHING_ITEMS_AS_KNOWN if as_known else statements.MATCHING_ITEMS
    return await rows.all(statement, {**question, "kinds": kinds, "most": MOST_ITEMS})


def _item_candidates(items: Sequence[shapes.Row]) -> list[ItemCandidate]:
    return [ItemCandidate(item_id=str(row["item_id"]), document=_document(row)) for row in items]


def _document(row: shapes.Row) -> Document:
    return Document(frequencies=tuple(row["frequencies"]), length=row["length"])


async def _results(
    rows: Rows, question: Mapping[str, Any], answer: Answer, items: Mapping[str, shapes.Row]
) -> list[RecallResult]:
    messages = await _messages(rows, question, [r.message for r in answer.best if r.message])
    sources = await _sources(rows, question, [UUID(r.item_id) for r in answer.best if r.item_id])
    made = (_result(ranked, answer, messages, items, sources) for ranked in answer.best)
    return [result for result in made if result is not None]


def _result(
    ranked: Ranked,
    answer: Answer,
    messages: Mapping[MessageKey, shapes.Row],
    items: Mapping[str, shapes.Row],
    sources: Mapping[str, Sequence[ItemSource]],
) -> RecallResult | None:
    if ranked.item_id is not None:
        return _item_result(ranked.score, items[ranked.item_id], sources.get(ranked.item_id, ()), answer.turns)
    row = messages.get(ranked.message) if ranked.message else None
    return None if row is None else _message_result(ranked.score, row)


async def _messages(
    rows: Rows, question: Mapping[str, Any], keys: Sequence[MessageKey]
) -> dict[MessageKey, shapes.Row]:
    conversations, messages = [key[0] for key in keys], [key[1] for key in keys]
    parameters = {**question, "conversation_ids": conversations, "message_ids": messages}
    found = await rows.all(statements.RECALLED_MESSAGES, parameters) if keys else []
    return {(row["conversation_id"], row["message_id"]): row for row in found}


async def _sources(rows: Rows, question: Mapping[str, Any], item_ids: list[UUID]) -> dict[str, list[ItemSource]]:
    if not item_ids:
        return {}
    conversation_id, known_at = question["conversation_id"], question["known_at"]
    return await evidence_of(rows, question["tenant_id"], item_ids, known_at, conversation_id, limit=EVIDENCE_LOOKED_AT)


def _message_result(score: float, row: shapes.Row) -> RecallResult:
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


def _item_result(
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
