"""From candidates to an answer: BM25 over the turns, neighbours, items by the same rarities, one list.

Pure. What the candidates are is the readers' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.ranking import bm25
from api.ranking.bm25 import Corpus, Document
from api.ranking.merge import MessageKey, Ranked, merge
from api.ranking.neighbours import PlacedTurn, lend


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a turn stands in its conversation, counting all turns by event time."""

    number: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCandidate:
    """A message that matches, or stands near one that does. `place` is None where neighbours are not looked at."""

    key: MessageKey
    document: Document
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCandidate:
    item_id: str
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Everything that may answer a query of `terms` lexemes; turns with places are in the order of those."""

    terms: int
    corpus: Corpus
    turns: Sequence[TurnCandidate]
    items: Sequence[ItemCandidate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The best, and the score of every turn, by which an item's evidence is chosen."""

    best: Sequence[Ranked]
    turns: Mapping[MessageKey, float]


def rank(candidates: Candidates, limit: int, *, with_messages: bool = True) -> Answer:
    """The `limit` best; without messages they still decide how rare a word is."""
    documents = [turn.document for turn in candidates.turns]
    rarities = bm25.rarity(documents, candidates.corpus, candidates.terms)
    own = [bm25.score(document, rarities, candidates.corpus.average_length) for document in documents]
    turns = dict(zip((turn.key for turn in candidates.turns), _with_neighbours(candidates.turns, own), strict=True))
    best = merge(turns if with_messages else {}, _items(candidates.items, rarities), limit)
    return Answer(best=best, turns=turns)


def _with_neighbours(turns: Sequence[TurnCandidate], own: Sequence[float]) -> Sequence[float]:
    placed = [
        PlacedTurn(place=turn.place.number, occurred_at=turn.place.occurred_at, score=score)
        for turn, score in zip(turns, own, strict=True)
        if turn.place
    ]
    return lend(placed) if len(placed) == len(turns) else own


def _items(items: Sequence[ItemCandidate], rarities: Sequence[float]) -> dict[str, float]:
    """Items are short and alike in length: the average is theirs, not that of the turns."""
    average = sum(item.document.length for item in items) / len(items) if items else 0.0
    return {item.item_id: bm25.score(item.document, rarities, average) for item in items}
