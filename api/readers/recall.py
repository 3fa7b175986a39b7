"""Recall from PostgreSQL: candidates by an OR query of the question's words, ranked by api.ranking.

Reads only, in one transaction. A conversation is read whole; a scope too wide for that gives its likeliest thousand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from api.models.recall import RecallRequest, RecallResult
from api.ranking import bm25
from api.ranking.answer import Candidates, ItemCandidate, Place, TurnCandidate, rank
from api.ranking.bm25 import Corpus, Document
from api.ranking.neighbours import REACH
from api.readers import known, known_statements, results, statements, vectors
from api.readers.database import Database, Rows
from api.readers.results import ItemFound
from schemas.ids import TenantId

WHOLE_TURNS = 4_000
"""A conversation up to so many turns is read whole; beyond, neighbours lend nothing. At 11,000 turns reading it whole
took 53-129 ms a question on a busy machine, and the likeliest thousand 4-23 ms."""
MOST_MESSAGES = 1_000
"""Candidates of a wide scope; how rare a word is, is then estimated from these."""
MOST_ITEMS = 200

ITEM_KINDS = frozenset({"fact", "preference", "relation", "event", "task", "decision", "contact"})

Found: TypeAlias = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is searched for and where; `size` is the number of messages there, at most WHOLE_TURNS + 1."""

    tenant_id: TenantId
    conversation_id: str | None
    user_id: str | None
    known_at: datetime | None
    valid_at: datetime | None
    lexemes: Sequence[str]
    count: vectors.Counter
    size: int

    @property
    def scope(self) -> dict[str, object]:
        """The parameters that every statement takes."""
        return {
            "tenant_id": self.tenant_id,
            "conversation_id": self.conversation_id,
            "user_id": self.user_id,
            "known_at": self.known_at,
            "valid_at": self.valid_at,
            "matching": vectors.or_query(self.lexemes),
        }

    def document(self, row: Mapping[str, Any]) -> Document:
        return Document(frequencies=self.count(row["vector"]), length=row["length"])


class RecallReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def recall(self, tenant_id: TenantId, request: RecallRequest) -> list[RecallResult]:
        """What answers the query best; empty where it holds nothing but stop words."""
        async with self._database.read(tenant_id) as rows:
            question = await _question(rows, tenant_id, request)
            if not question.lexemes:
                return []
            turns, corpus = await _turns(rows, question)
            items = {str(found.row["item_id"]): found for found in await _items(rows, question, request)}
            things = [ItemCandidate(item_id=name, document=question.document(one.row)) for name, one in items.items()]
            candidates = Candidates(terms=len(question.lexemes), corpus=corpus, turns=turns, items=things)
            answer = rank(candidates, request.limit, with_messages=wants_messages(request))
            return await results.of(rows, answer, items, request, tenant_id)


def wants_messages(request: RecallRequest) -> bool:
    return request.kinds is None or "message" in request.kinds


def item_kinds(request: RecallRequest) -> list[str] | None:
    """Which kinds of items are asked for: None for all, an empty list for none."""
    if request.kinds is None or "item" in request.kinds:
        return None
    return sorted(ITEM_KINDS.intersection(request.kinds))


async def _question(rows: Rows, tenant_id: TenantId, request: RecallRequest) -> Question:
    parameters = {
        "tenant_id": tenant_id,
        "conversation_id": request.conversation_id,
        "known_at": request.known_at,
        "query": request.query,
        "most": WHOLE_TURNS + 1,
    }
    statement = statements.QUESTION if request.known_at is None else known_statements.QUESTION
    (found,) = await rows.all(statement, parameters)
    lexemes = found["lexemes"][: bm25.MOST_LEXEMES]
    return Question(
        tenant_id=tenant_id,
        conversation_id=request.conversation_id,
        user_id=request.user_id,
        known_at=request.known_at,
        valid_at=request.valid_at,
        lexemes=lexemes,
        count=vectors.counter(lexemes),
        size=found["size"],
    )


async def _turns(rows: Rows, question: Question) -> tuple[list[TurnCandidate], Corpus]:
    now = question.known_at is None
    if question.conversation_id is not None and question.size <= WHOLE_TURNS:
        dated = vectors.name_a_date(question.lexemes)
        in_place = statements.CONVERSATION_TURNS if now else known_statements.CONVERSATION_TURNS
        found = await rows.all(in_place, {**question.scope, "reach": REACH, "dated": dated})
        return _placed(found, question, question.conversation_id)
    matching = statements.MATCHING_MESSAGES if now else known_statements.MATCHING_MESSAGES
    found = await rows.all(matching, {**question.scope, "most": MOST_MESSAGES})
    turns = [
        TurnCandidate(key=(row["conversation_id"], row["message_id"]), document=question.document(row)) for row in found
    ]
    average = sum(row["length"] for row in found) / len(found) if found else 0.0
    return turns, Corpus(count=question.size, average_length=average)


def _placed(found: Found, question: Question, conversation_id: str) -> tuple[list[TurnCandidate], Corpus]:
    turns = [
        TurnCandidate(
            key=(conversation_id, row["message_id"]),
            document=question.document(row),
            place=Place(number=row["place"], occurred_at=row["occurred_at"]),
        )
        for row in found
    ]
    count, average = (found[0]["turns"], found[0]["average"]) if found else (0, 0.0)
    return turns, Corpus(count=count, average_length=average)


async def _items(rows: Rows, question: Question, request: RecallRequest) -> list[ItemFound]:
    kinds = item_kinds(request)
    if kinds == []:
        return []
    scope = {**question.scope, "kinds": kinds, "most": MOST_ITEMS}
    if request.known_at is None:
        return [ItemFound(row=row) for row in await rows.all(statements.MATCHING_ITEMS, scope)]
    shown = await known.matching(rows, question.tenant_id, request, request.known_at, scope)
    return [ItemFound(row=one.row, sources=one.sources) for one in shown]
