"""The turns that may answer, with their places: of a whole scope, or the likeliest of a wide one and those around them.

Reads only. Both ways give the same candidates to the same ranking; the second with statistics from its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.ranking.asked import Asked
from api.ranking.bm25 import Corpus
from api.ranking.candidates import Cut, MessageKey, Turn
from api.ranking.neighbours import REACH
from api.ranking.scoring import at_most
from api.ranking.words import TIME_WORDS
from api.readers import known_statements, meaning_statements, placing, recall_statements, vectors
from api.readers.candidates import AS_KNOWN, CandidateSource, Likely, Scope
from api.readers.database import Rows
from api.readers.meaning import Sought
from api.readers.named import named

READ_WHOLE: Final = 1_000
"""A conversation of so many turns is read whole: up to there it takes as long as by blocks, above longer."""
WHOLE_TURNS: Final = 4_000
"""A scope of so many turns is read whole. At 11,000 turns that took 53-129 ms a question on a busy machine."""
MOST_CANDIDATES: Final = 150
"""Messages of a wide scope that are read with those around them and ranked, at the most: with all 150 the first ten
were those of the whole scope for all of 383 questions, with 60 for 96 %."""
MOST_BESIDE_MEANING: Final = 60
"""The same, where those that are near in meaning are to join them: recall@10 was as with 100 (1,529 questions of three
public sets: .750 instead of .752 about users, .697 either way about a tenant)."""
LEAST_SHARE: Final = 0.8
"""Of the score by words that the last message has which may be shown. Of what was shown to 400 questions each in a
tenant of a million and about its largest user, .998 and .997 had no less (.77: .999 and .9985); recall@10 of 1,529 real
questions was the same to .0001 even with .85."""
LEAST_SHARE_BESIDE_MEANING: Final = 0.9
"""The same, where those that are near in meaning join them: recall@10 was .754 about users and .697 about a tenant,
with .85 .753 and .695, and .750 and .697 where all 60 were ranked."""
SHOWN_LEAST: Final = 15
"""The last that may be shown is the fifteenth, where fewer are asked for: with an answer of ten and what is ranked to
spare the shares were measured."""
MOST_KNOWN: Final = 1_000
"""As many candidates of what had been learnt at a time: seldom asked, and read without those around them."""
LOOKED_AROUND: Final = 5
"""Messages that are near in meaning around which all turns are read, to be lent to."""

_TIME_WORDS: Final = vectors.or_query(TIME_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is searched for and where; `size` is the number of messages there, where they were counted and are few.

    `sought`: what near messages mean, where meaning is asked for; `also` are the nearest, to rank besides those that
    match.
    """

    scope: Scope
    asked: Asked
    size: int | None
    sought: Sought | None = None
    also: Sequence[MessageKey] = ()

    @property
    def is_whole(self) -> bool:
        """Whether its scope is known to be read whole."""
        return self.size is not None and self.size <= counted(self.scope)

    @property
    def parameters(self) -> dict[str, object]:
        """Those that every statement of turns takes."""
        matching = vectors.or_query(self.asked.lexemes)
        when = {"when": self.asked.when, "time_words": _TIME_WORDS}
        return {**self.scope.parameters, "matching": matching, "reach": REACH, **when}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The candidates in the order of conversation and place, and what they are drawn from."""

    corpus: Corpus
    turns: list[Turn]
    nearness: Mapping[MessageKey, float] = field(default_factory=dict)
    """Of those that were read with it."""
    missing: frozenset[MessageKey] = frozenset()
    """Those of them that have no vector so far."""


def counted(scope: Scope) -> int:
    """Up to how many messages it is counted how many there are: so many are read whole."""
    return WHOLE_TURNS if scope.known_at is not None else min(READ_WHOLE, WHOLE_TURNS)


async def likely(
    rows: Rows, question: Question, source: CandidateSource, *, shown: int, beside_meaning: bool
) -> Likely | None:
    """The likeliest messages by the words of the question, for an answer of so many, and whether those that are near in
    meaning are to join them; None where the scope is read whole."""
    if question.is_whole:
        return None
    if question.scope.known_at is not None:
        return await AS_KNOWN.likeliest(rows, question.scope, question.asked, Cut(most=MOST_KNOWN, shown=MOST_KNOWN))
    most, share = (
        (MOST_BESIDE_MEANING, LEAST_SHARE_BESIDE_MEANING) if beside_meaning else (MOST_CANDIDATES, LEAST_SHARE)
    )
    cut = Cut(most=most, shown=max(SHOWN_LEAST, shown), share=share / at_most(question.asked))
    return await source.likeliest(rows, question.scope, question.asked, cut)


async def read(rows: Rows, question: Question, likely: Likely | None) -> Read:
    """The candidates of a question, of which `likely` told."""
    if likely is None:
        return await _whole(rows, question, question.size or 0)
    dated = question.scope.known_at is None and question.asked.names_a_date
    if dated and likely.corpus.count <= WHOLE_TURNS:
        return await _whole(rows, question, likely.corpus.count)
    return await _in_place(rows, question, likely)


async def _whole(rows: Rows, question: Question, size: int) -> Read:
    now = question.scope.known_at is None
    also = {**named(question.also), "dated": question.asked.names_a_date}
    statement = recall_statements.SCOPE_TURNS if now else known_statements.TURNS
    found = await rows.packed(statement, {**question.parameters, **also})
    corpus = Corpus(count=size, average_length=found[0][-1] if found else 0.0)
    return Read(corpus=corpus, turns=placing.whole((row[:-1] for row in found), question.asked))


async def _in_place(rows: Rows, question: Question, likely: Likely) -> Read:
    """The first messages of `question.also` are read with all that stand around them."""
    now = question.scope.known_at is None
    unplaced = dict.fromkeys(
        [*question.also[:LOOKED_AROUND], *(key for key in likely.keys if key not in likely.places)]
    )
    keys = [*unplaced, *(key for key in (*likely.places, *question.also[LOOKED_AROUND:]) if key not in unplaced)]
    wanted = {**named(keys), "around": len(unplaced) if now else 0}
    parameters = {**question.parameters, **wanted}
    if question.sought is not None:
        return await _with_nearness(rows, question, question.sought, parameters, likely)
    statement = recall_statements.CANDIDATES_IN_PLACE if now else known_statements.SURROUNDINGS
    found = await rows.packed(statement, parameters)
    return Read(corpus=likely.corpus, turns=placing.around(found, question.asked, likely.places))


async def _with_nearness(
    rows: Rows, question: Question, sought: Sought, parameters: Mapping[str, object], likely: Likely
) -> Read:
    asked = {**parameters, "model": sought.model, "vector": sought.vector}
    found = await rows.packed(meaning_statements.CANDIDATES_IN_PLACE, asked)
    return Read(
        corpus=likely.corpus,
        turns=placing.around(found, question.asked, likely.places),
        nearness={row[:2]: row[-1] for row in found if row[-1] is not None},
        missing=frozenset(row[:2] for row in found if row[-2] and row[8]),
    )
