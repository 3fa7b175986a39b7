"""Where the candidates of a wide scope come from: a user's conversations, a tenant, a very long conversation.

A source gives the likeliest messages by their own words and the exact statistics of the scope; who asks it reads them
with those around them and ranks all by the one formula. The source here asks the text index of PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import LiteralString, Protocol

import numpy as np

from api.ranking import bm25
from api.ranking.asked import Asked
from api.ranking.bm25 import Corpus
from api.ranking.candidates import Cut, MessageKey
from api.readers import known_statements, recall_statements, vectors
from api.readers.database import Rows
from schemas.ids import TenantId

MOST_MATCHING = 2_000
"""Messages that are scored here; a scope with more of them has its likeliest by PostgreSQL's rank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which messages: of a conversation, of every conversation the user takes part in, of both, or of the tenant."""

    tenant_id: TenantId
    conversation_id: str | None = None
    user_id: str | None = None
    known_at: datetime | None = None

    @property
    def parameters(self) -> dict[str, object]:
        return {
            "tenant_id": self.tenant_id,
            "conversation_id": self.conversation_id,
            "user_id": self.user_id,
            "known_at": self.known_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """The likeliest messages, best first, and of the whole scope: how many messages, how long one is, how many hold
    each lexeme of the question (`corpus.having`)."""

    keys: Sequence[MessageKey]
    corpus: Corpus
    places: Mapping[MessageKey, int] = field(default_factory=dict)
    """Where messages stand of which that is known, with those that are to be read beside them: two of a conversation
    that are near are as far apart as their numbers. What stands around any other of the keys has to be looked for."""


class CandidateSource(Protocol):
    """What finds candidates in a wide scope, as it is now."""

    async def prepare(self, tenant_id: TenantId) -> None:
        """Make ready what questions about a tenant share, before one of them takes its connection."""
        ...

    async def likeliest(self, rows: Rows, scope: Scope, asked: Asked, cut: Cut) -> Likely:
        """The messages of the scope down to the cut that hold a lexeme of the question, by BM25 of their own words.

        A term is held where any of its lexemes is. Statistics are those of all messages in the scope that stand.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingMessages:
    """`CandidateSource` by the text index of PostgreSQL; `known` asks for what had been learnt at a time."""

    matching: LiteralString = recall_statements.MATCHING_MESSAGES
    scope: LiteralString = recall_statements.SCOPE
    having: LiteralString = recall_statements.HAVING

    async def prepare(self, tenant_id: TenantId) -> None:
        """Nothing is shared."""

    async def likeliest(self, rows: Rows, scope: Scope, asked: Asked, cut: Cut) -> Likely:
        where = scope.parameters
        found = await rows.all(
            self.matching, {**where, "matching": vectors.or_query(asked.lexemes), "most": MOST_MATCHING}
        )
        (size,) = await rows.all(self.scope, where)
        having = await self._having(rows, where, asked.lexemes)
        corpus = Corpus(count=size["messages"], average_length=size["average"], having=having)
        read = vectors.reader(asked.terms)
        documents = [bm25.Document(places=read(row["vector"]), length=row["length"]) for row in found]
        best = _best_first(documents, asked, corpus)[: cut.most]
        keys = [(found[n]["conversation_id"], found[n]["message_id"]) for n in best]
        return Likely(keys=keys, corpus=corpus)

    async def _having(self, rows: Rows, where: Mapping[str, object], lexemes: Sequence[str]) -> dict[str, int]:
        quoted = [vectors.or_query([lexeme]) for lexeme in lexemes]
        counted = await rows.all(self.having, {**where, "quoted": quoted})
        return {lexemes[row["number"]]: row["messages"] for row in counted}


AS_KNOWN = MatchingMessages(
    matching=known_statements.MATCHING_MESSAGES, scope=known_statements.SCOPE, having=known_statements.HAVING
)


def _best_first(documents: Sequence[bm25.Document], asked: Asked, corpus: Corpus) -> list[int]:
    found = bm25.frequencies(documents, len(asked.terms))
    lengths = np.array([document.length for document in documents], dtype=float)
    rarities = bm25.rarity(found, corpus, asked.terms)
    scores = bm25.scores(found, lengths, rarities, corpus.average_length).sum(axis=0)
    return [int(n) for n in np.argsort(-scores, kind="stable")]
