"""The score of each turn and each item, and what it is made of.

Pure. Words and pairs of words add up, neighbours lend, meaning is mixed in where there is any; then come multipliers:
the question names who speaks, asks for a time or names one, or is about the person who asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp

import numpy as np
from numpy.typing import NDArray

from api.ranking import bm25, fusion
from api.ranking.asked import Asked, Span
from api.ranking.bm25 import Array
from api.ranking.candidates import Candidates, Thing, Turn
from api.ranking.explanation import Factor, Part, PartKind, multiplied, scaled
from api.ranking.neighbours import Neighbours

NAMED_SPEAKER = 1.5
"""For what is said by somebody whose name the question holds: what one is asked about, one mostly said oneself."""
NAME_WORD = 0.5
"""What a speaker's name is worth as a word: it stands in every turn of the speaker's, and in greetings of others."""
FIRST_PERSON = 1.6
"""For what a person says, where the question says `I` or `my`: it is not about the assistant."""
ITEM_WEIGHT = 1.5
"""What an item's score is worth beside a message's."""
TELLS_TIME = 1.3
"""For a turn with a time word, where the question asks when."""
TIME = 0.6
"""What being said in the time that the question names adds, as a share of the score."""
AFTER = 0.7
FADES = timedelta(days=7)
"""Things are told soon after they happen: `last weekend` is said on Monday. So much of `TIME` is left right after the
time has ended, and a third of it after each week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier:
    """A factor for each document: 1 changes nothing. `about` is told with it, one a document or one for all."""

    kind: PartKind
    by: Array
    about: Sequence[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What of the turns decides the items too: the worth of each word, and who is named."""

    rarities: Array
    named: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Documents by number: what their scores add up from and are multiplied by."""

    asked: Asked
    words: Array
    together: Array
    neighbours: Array
    scale: float = 1.0
    meaning: Array | None = None
    multipliers: Sequence[Multiplier] = ()

    def by_words(self) -> Array:
        """The scores before anything is mixed in or multiplied."""
        return np.asarray(self.words.sum(axis=0) + self.together.sum(axis=0) + self.neighbours, dtype=float)

    def totals(self) -> Array:
        base = self.by_words() * self.scale
        total = base if self.meaning is None else base + self.meaning
        for multiplier in self.multipliers:
            total = total * multiplier.by
        return np.asarray(total, dtype=float)

    def parts(self, number: int) -> list[Part]:
        """What the score of a document is made of; the sum of the parts is the score."""
        parts = list(self._added(number))
        if self.scale != 1:
            parts = scaled(parts, self.scale)
        if self.meaning is not None and self.meaning[number]:
            parts.append(Part(kind="meaning", score=float(self.meaning[number])))
        factors = [Factor(kind=one.kind, by=float(one.by[number]), about=one.about[number]) for one in self.multipliers]
        return multiplied(parts, factors)

    def _added(self, number: int) -> Iterator[Part]:
        terms = self.asked.terms
        for term, worth in zip(terms, self.words[:, number].tolist(), strict=True):
            if worth:
                yield Part(kind="word", score=worth, about=term.name)
        for pair, worth in zip(self.asked.pairs, self.together[:, number].tolist(), strict=True):
            if worth:
                about = f"{terms[pair.first].name} {terms[pair.second].name}"
                yield Part(kind="words_together", score=worth, about=about)
        if worth := float(self.neighbours[number]):
            yield Part(kind="neighbours", score=worth)


def at_most(asked: Asked) -> float:
    """Times over, how much better the multipliers of one turn may be than those of another, whatever their speakers."""
    by = FIRST_PERSON if asked.first_person else 1.0
    by *= TELLS_TIME if asked.when else 1.0
    return by * (1 + TIME if asked.spans else 1.0)


def of_turns(candidates: Candidates) -> tuple[Scored, Weights]:
    asked, turns = candidates.asked, candidates.turns
    documents = [turn.document for turn in turns]
    found = bm25.frequencies(documents, len(asked.terms))
    names = _names(turns, len(asked.terms))
    worth = np.where(names.any(axis=1), NAME_WORD, 1.0)
    rarities = bm25.rarity(found, candidates.corpus, asked.terms) * worth
    lengths = np.array([document.length for document in documents], dtype=float)
    words = bm25.scores(found, lengths, rarities, candidates.corpus.average_length)
    together = bm25.together(documents, found, asked.pairs, rarities)
    neighbours = Neighbours([turn.place for turn in turns])
    scored = Scored(
        asked=asked,
        words=words,
        together=together,
        neighbours=neighbours.lent(words.sum(axis=0) + together.sum(axis=0)),
        multipliers=_of_turns(asked, turns, names),
    )
    named = frozenset(turns[int(n)].user_id or "" for n in np.flatnonzero(names.any(axis=0)))
    return _with_meaning(scored, candidates, neighbours), Weights(rarities=rarities, named=named - {""})


def of_things(candidates: Candidates, weights: Weights, scale: float) -> Scored:
    """Items are short and alike in length: the average is theirs, not that of the turns."""
    asked, things = candidates.asked, candidates.things
    documents = [thing.document for thing in things]
    found = bm25.frequencies(documents, len(asked.terms))
    lengths = np.array([document.length for document in documents], dtype=float)
    average = float(lengths.mean()) if things else 0.0
    return Scored(
        asked=asked,
        words=bm25.scores(found, lengths, weights.rarities, average),
        together=bm25.together(documents, found, asked.pairs, weights.rarities),
        neighbours=np.zeros(len(things)),
        scale=scale,
        multipliers=_of_things(asked, things, weights),
    )


def _with_meaning(scored: Scored, candidates: Candidates, neighbours: Neighbours) -> Scored:
    """Both as shares of the best of theirs, so that the weights compare."""
    if candidates.meaning is None:
        return scored
    words = scored.by_words()
    best = float(words.max(initial=0.0))
    scale = (1 - fusion.MEANING_WEIGHT) / best if best > 0 else 0.0
    meant = fusion.of_meaning([turn.key for turn in candidates.turns], candidates.meaning, words, neighbours)
    return replace(scored, scale=scale, meaning=fusion.MEANING_WEIGHT * meant)


def _names(turns: Sequence[Turn], terms: int) -> NDArray[np.bool_]:
    """Which terms are, in which turns, words of the speaker's name."""
    found = np.zeros((terms, len(turns)), dtype=bool)
    for number, turn in enumerate(turns):
        for term, places in turn.document.places.items():
            found[term, number] = places[0] <= turn.name_words
    return found


def _of_turns(asked: Asked, turns: Sequence[Turn], names: NDArray[np.bool_]) -> list[Multiplier]:
    hit = names.any(axis=0)
    called: list[str | None] = [None] * len(turns)
    for number in np.flatnonzero(hit):
        called[number] = asked.terms[int(names[:, number].argmax())].name
    several = [Multiplier(kind="name", by=np.where(hit, NAMED_SPEAKER, 1.0), about=called)]
    nothing = [None] * len(turns)
    if asked.when:
        tell = np.array([turn.tells_time for turn in turns], dtype=bool)
        several.append(Multiplier(kind="tells_time", by=_where(tell, TELLS_TIME), about=nothing))
    if asked.spans:
        several.append(_in_time(asked.spans, [turn.place.occurred_at for turn in turns]))
    if asked.first_person:
        persons = np.array([turn.is_person for turn in turns], dtype=bool)
        several.append(Multiplier(kind="first_person", by=_where(persons, FIRST_PERSON), about=nothing))
    return several


def _of_things(asked: Asked, things: Sequence[Thing], weights: Weights) -> list[Multiplier]:
    nothing = [None] * len(things)
    named = np.array([thing.user_id in weights.named for thing in things], dtype=bool)
    several = [
        Multiplier(kind="item", by=np.full(len(things), ITEM_WEIGHT), about=nothing),
        Multiplier(kind="name", by=_where(named, NAMED_SPEAKER), about=[thing.user_id for thing in things]),
    ]
    if asked.spans:
        several.append(_in_time(asked.spans, [thing.at for thing in things]))
    return several


def _in_time(spans: Sequence[Span], moments: Sequence[datetime | None]) -> Multiplier:
    best = [max((_nearness(span, at), span.expression) for span in spans) for at in moments]
    return Multiplier(
        kind="time", by=np.array([1 + TIME * near for near, _ in best]), about=[expression for _, expression in best]
    )


def _nearness(span: Span, at: datetime | None) -> float:
    """1 in the span, less and less after it, 0 before it."""
    if at is None or at < span.start:
        return 0.0
    return 1.0 if at < span.end else AFTER * exp(-((at - span.end) / FADES))


def _where(hits: NDArray[np.bool_], factor: float) -> Array:
    return np.where(hits, factor, 1.0)
