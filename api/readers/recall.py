"""Recall from PostgreSQL: candidates by an OR query of the question's words, ranked by api.ranking.

Reads only, in one transaction.
"""

from __future__ import annotations

from asyncio import Semaphore, Task
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from api.models.recall import RecallAnswer, RecallRequest, RecallResult
from api.ranking.answer import rank
from api.ranking.asked import Asked, Lexeme, analyse
from api.ranking.bm25 import Document
from api.ranking.candidates import Candidates, Thing
from api.readers import known, known_statements, recall_statements, results, statements, turns, vectors
from api.readers.candidates import CandidateSource, MatchingMessages, Scope
from api.readers.database import Database, Rows
from api.readers.folds import Fold, folded
from api.readers.landed import Mark, Marked, marked_by
from api.readers.lifetimes import over
from api.readers.meaning import Asker, Nearness, Sought, told
from api.readers.results import ItemFound, Items
from api.readers.turns import Question
from schemas.ids import TenantId
from streams.extraction.slots import ALL_BUILT_IN, Catalogues
from streams.processors.knowing import TenantPolicy
from topology.retention import RetentionPolicies

MOST_ITEMS = 200
AT_ONCE: Final = 2
"""Questions that a process works on at once: one, and another while it waits for PostgreSQL. More would share the one
processor and all be late; asked twenty times a second, the p95 is a tenth to a sixth lower for it."""

ITEM_KINDS = frozenset({"fact", "preference", "relation", "event", "task", "decision", "contact"})


class RecallReader:
    """`source` gives the candidates of scopes that are too wide to be read whole; without `meaning`, words decide."""

    def __init__(
        self,
        database: Database,
        retention: RetentionPolicies,
        catalogues: Catalogues = ALL_BUILT_IN,
        source: CandidateSource | None = None,
        meaning: Asker | None = None,
    ) -> None:
        self._database, self._retention, self._catalogues = database, retention, catalogues
        self._source = source or MatchingMessages()
        self._meaning, self._nearness = meaning, Nearness()
        self._at_once = Semaphore(AT_ONCE)

    async def recall(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> list[RecallResult]:
        """The results of `ask`."""
        return (await self.ask(tenant_id, request, now)).results

    async def semantic_pending(self) -> int | None:
        """As the port says."""
        return None if self._meaning is None else await self._meaning.behind()

    async def ask(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> RecallAnswer:
        """What answers the query best; empty where it holds nothing but stop words.

        Items are weighed at `known_at` or `asked_at` where they are given, else at `now`; time words count from
        `asked_at`, else from `now`.
        """
        return (await self.marked(tenant_id, request, now)).answer

    async def marked(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> Marked:
        """The answer of `ask`, and what it rests on.

        Whoever asks what was known waits for nobody, nor anybody for that: it may take seconds.
        """
        if request.known_at is not None:
            return await self._with_meaning(tenant_id, request, now)
        if request.conversation_id is None:
            await self._source.prepare(tenant_id)
        async with self._at_once:
            return await self._with_meaning(tenant_id, request, now)

    async def _with_meaning(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> Marked:
        if self._meaning is None:
            return await self._marked(tenant_id, request, now, None)
        async with self._meaning.asking(request) as coming:
            return await self._marked(tenant_id, request, now, coming)

    async def _marked(
        self, tenant_id: TenantId, request: RecallRequest, now: datetime, coming: Task[Sought] | None
    ) -> Marked:
        """What has to do with meaning is done last, while the question's vector is made."""
        at = request.known_at or request.asked_at or now
        async with self._database.read(tenant_id, settled=request.known_at is None) as rows:
            question, mark = await _question(rows, tenant_id, request, now)
            if not question.asked.terms:
                sought = await coming if coming else None
                return Marked(answer=RecallAnswer(results=[], semantic=told(sought, missing=0)), mark=mark)
            likely = await turns.likely(
                rows,
                question,
                self._source,
                shown=results.with_spare(request.limit) if wants_messages(request) else turns.MOST_CANDIDATES,
                beside_meaning=_may_mean(coming),
            )
            found = await self._items(rows, question, request, at)
            sought = await coming if coming else None
            meant = await self._nearness.in_scope(
                rows, question.scope, sought, whole=question.is_whole, shown=request.limit
            )
            question = replace(question, sought=meant.used, also=meant.nearest(request.limit))
            read = await turns.read(rows, question, likely)
            meant = meant.beside(read.nearness, read.missing)
            matching = [turn.key for turn in read.turns if turn.document.places]
            meant = await self._nearness.completed(rows, question.scope, meant, matching)
            items = {each.item_ids[0]: each for each in folded([one.row for one in found])}
            sources = {str(one.row["item_id"]): one.sources for one in found if one.sources is not None}
            things = _things(items, question.asked)
            candidates = Candidates(
                asked=question.asked, corpus=read.corpus, turns=read.turns, things=things, meaning=meant.known
            )
            answer = rank(candidates, results.with_spare(request.limit), with_messages=wants_messages(request))
            shown = await results.of(rows, answer, Items(folds=items, sources=sources, at=at), request, tenant_id)
            semantic = told(sought, missing=len(meant.missing.intersection(turn.key for turn in read.turns)))
            return Marked(answer=RecallAnswer(results=shown, semantic=semantic), mark=mark)

    async def _items(self, rows: Rows, question: Question, request: RecallRequest, at: datetime) -> Sequence[ItemFound]:
        kinds, tenant_id = item_kinds(request), question.scope.tenant_id
        if kinds == []:
            return []
        scope = {
            **question.scope.parameters,
            "valid_at": request.valid_at,
            "matching": vectors.or_query(question.asked.lexemes),
            "kinds": kinds,
            "most": MOST_ITEMS,
        }
        if request.known_at is None:
            found = await rows.all(statements.MATCHING_ITEMS, {**scope, **over(self._retention.of(tenant_id), at)})
            return [ItemFound(row=row) for row in found]
        shown = await known.matching(rows, self._policy(tenant_id), request, request.known_at, scope)
        return [ItemFound(row=one.row, sources=one.sources) for one in shown]

    def _policy(self, tenant_id: TenantId) -> TenantPolicy:
        catalogue, retention = self._catalogues.of(tenant_id), self._retention.of(tenant_id)
        return TenantPolicy(tenant_id=tenant_id, catalogue=catalogue, retention=retention)


def _may_mean(coming: Task[Sought] | None) -> bool:
    """Whether there may be a vector to come."""
    return coming is not None and not (coming.done() and coming.result().reason)


def wants_messages(request: RecallRequest) -> bool:
    return request.kinds is None or "message" in request.kinds


def item_kinds(request: RecallRequest) -> list[str] | None:
    """Which kinds of items are asked for: None for all, an empty list for none."""
    if request.kinds is None or "item" in request.kinds:
        return None
    return sorted(ITEM_KINDS.intersection(request.kinds))


async def _question(rows: Rows, tenant_id: TenantId, request: RecallRequest, now: datetime) -> tuple[Question, Mark]:
    scope = Scope(
        tenant_id=tenant_id,
        conversation_id=request.conversation_id,
        user_id=request.user_id,
        known_at=request.known_at,
    )
    counted = request.conversation_id is not None or request.known_at is not None
    parameters = {"query": request.query, "counted": counted, "most": turns.counted(scope) + 1}
    statement = recall_statements.QUESTION if request.known_at is None else known_statements.QUESTION
    (found,) = await rows.all(statement, {**scope.parameters, **parameters})
    lexemes = [Lexeme(*each) for each in zip(found["lexemes"], found["places"], strict=True)]
    asked = analyse(request.query, lexemes, request.asked_at or now)
    return Question(scope=scope, asked=asked, size=found["size"]), marked_by(found)


def _things(items: Mapping[str, Fold], asked: Asked) -> list[Thing]:
    read = vectors.reader(asked.terms)
    return [
        Thing(
            item_id=name,
            document=Document(places=read(each.row["vector"]), length=each.row["length"]),
            user_id=each.row["user_id"],
            at=each.row["valid_from"] or each.row["last_occurred_at"],
        )
        for name, each in items.items()
    ]
