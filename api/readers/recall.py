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
from api.readers.folds import folded
from api.readers.lifetimes import over
from api.readers.results import ItemFound, Items
from api.readers.shapes import Row
from schemas.ids import TenantId
from streams.extraction.slots import ALL_BUILT_IN, Catalogues
from streams.processors.knowing import TenantPolicy
from topology.retention import RetentionPolicies

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
    lifetimes: Mapping[str, datetime | None]
    """What is over at the time of the question."""
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

    def document(self, row: Row) -> Document:
        return Document(frequencies=self.count(row["vector"]), length=row["length"])


class RecallReader:
    def __init__(self, database: Database, retention: RetentionPolicies, catalogues: Catalogues = ALL_BUILT_IN) -> None:
        self._database, self._retention, self._catalogues = database, retention, catalogues

    async def recall(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> list[RecallResult]:
        """What answers the query best; empty where it holds nothing but stop words.

        Items are weighed at `known_at` or `asked_at` where they are given, else at `now`.
        """
        at = request.known_at or request.asked_at or now
        async with self._database.read(tenant_id) as rows:
            question = await _question(rows, tenant_id, request, over(self._retention.of(tenant_id), at))
            if not question.lexemes:
                return []
            turns, corpus = await _turns(rows, question)
            found = await _items(rows, question, request, self._policy(tenant_id))
            items = {each.item_ids[0]: each for each in folded([one.row for one in found])}
            sources = {str(one.row["item_id"]): one.sources for one in found if one.sources is not None}
            things = [ItemCandidate(item_id=name, document=question.document(each.row)) for name, each in items.items()]
            candidates = Candidates(terms=len(question.lexemes), corpus=corpus, turns=turns, items=things)
            answer = rank(candidates, request.limit, with_messages=wants_messages(request))
            return await results.of(rows, answer, Items(folds=items, sources=sources, at=at), request, tenant_id)

    def _policy(self, tenant_id: TenantId) -> TenantPolicy:
        catalogue, retention = self._catalogues.of(tenant_id), self._retention.of(tenant_id)
        return TenantPolicy(tenant_id=tenant_id, catalogue=catalogue, retention=retention)


def wants_messages(request: RecallRequest) -> bool:
    return request.kinds is None or "message" in request.kinds


def item_kinds(request: RecallRequest) -> list[str] | None:
    """Which kinds of items are asked for: None for all, an empty list for none."""
    if request.kinds is None or "item" in request.kinds:
        return None
    return sorted(ITEM_KINDS.intersection(request.kinds))


async def _question(
    rows: Rows, tenant_id: TenantId, request: RecallRequest, lifetimes: Mapping[str, datetime | None]
) -> Question:
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
        lifetimes=lifetimes,
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


async def _items(rows: Rows, question: Question, request: RecallRequest, whose: TenantPolicy) -> list[ItemFound]:
    kinds = item_kinds(request)
    if kinds == []:
        return []
    scope = {**question.scope, "kinds": kinds, "most": MOST_ITEMS}
    if request.known_at is None:
        found = await rows.all(statements.MATCHING_ITEMS, {**scope, **question.lifetimes})
        return [ItemFound(row=row) for row in found]
    shown = await known.matching(rows, whose, request, request.known_at, scope)
    return [ItemFound(row=one.row, sources=one.sources) for one in shown]
