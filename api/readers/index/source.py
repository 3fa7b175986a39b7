"""The sealed blocks and the tail as the source of candidates that recall asks for wide scopes.

Only translates between the two.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.ranking.asked import Asked
from api.ranking.bm25 import Corpus
from api.ranking.candidates import Cut
from api.readers.candidates import Likely, Scope
from api.readers.database import Database, Rows
from api.readers.index.scoring import Words
from api.readers.index.wide import WideIndex, WideScope
from schemas.ids import TenantId
from topology.metrics import API_UNSEALED, Meters


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMessages:
    """A `CandidateSource`: exact statistics, and candidates whose neighbours have lent already what they will lend."""

    database: Database
    index: WideIndex
    meters: Meters

    async def prepare(self, tenant_id: TenantId) -> None:
        await self.index.prepare(self.database.read, tenant_id)

    async def likeliest(self, rows: Rows, scope: Scope, asked: Asked, cut: Cut) -> Likely:
        where = WideScope(tenant_id=scope.tenant_id, conversation_id=scope.conversation_id, user_id=scope.user_id)
        words = words_of(asked)
        found = await self.index.candidates(rows, where, words, cut)
        self.meters.observe(API_UNSEALED, found.unsealed)
        told = found.statistics
        having = dict(zip(words.lexemes, told.having, strict=True))
        corpus = Corpus(count=told.count, average_length=told.average_length, having=having)
        return Likely(keys=found.keys, corpus=corpus, places=found.places)


def words_of(asked: Asked) -> Words:
    """The lexemes of the question, each of the first word that it is a form of."""
    word: dict[str, int] = {}
    for number, term in enumerate(asked.terms):
        for lexeme in term.lexemes:
            word.setdefault(lexeme, number)
    weights = [term.weight for term in asked.terms]
    return Words(lexemes=list(word), word=list(word.values()), weights=weights)
