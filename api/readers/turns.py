"""The turns that may answer, with their places: of a whole scope, or the likeliest of a wide one and those around them.

Reads only. Both ways give the same candidates to the same ranking; the second with statistics from its source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.ranking.asked import Asked
from api.ranking.bm25 import Corpus
from api.ranking.candidates import MessageKey, Turn
from api.ranking.neighbours import REACH
from api.ranking.words import TIME_WORDS
from api.readers import known_statements, placing, recall_statements, vectors
from api.readers.candidates import AS_KNOWN, CandidateSource, Likely, Scope
from api.readers.database import Rows
from api.readers.named import named

READ_WHOLE: Final = 1_000
"""A conversation of so many turns is read whole: up to there it takes as long as by blocks, above longer."""
WHOLE_TURNS: Final = 4_000
"""A scope of so many turns is read whole. At 11,000 turns that took 53-129 ms a question on a busy machine."""
MOST_CANDIDATES: Final = 200
"""Messages of a wide scope that are read with those around them and ranked: with 150 the first ten were those of the
whole scope for all of 383 questions, with 60 for 96 %."""
MOST_KNOWN: Final = 1_000
"""The same, of what had been learnt at a time: seldom asked, and read without those around them."""
LOOKED_AROUND: Final = 30
"""Messages that are near in meaning around which all turns are read, to be lent to: as of the likeliest by words."""

_TIME_WORDS: Final = vectors.or_query(TIME_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is searched for and where; `size` is the number of messages there, where they were counted and are few.

    `also` are messages to rank besides those that match, such as those that are near in meaning.
    """

    scope: Scope
    asked: Asked
    size: int | None
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


def counted(scope: Scope) -> int:
    """Up to how many messages it is counted how many there are: so many are read whole."""
    return WHOLE_TURNS if scope.known_at is not None else min(READ_WHOLE, WHOLE_TURNS)


async def read(rows: Rows, question: Question, source: CandidateSource) -> Read:
    """The candidates of a question."""
    if question.size is not None and question.is_whole:
        return await _whole(rows, question, question.size)
    if question.scope.known_at is not None:
        likely = await AS_KNOWN.likeliest(rows, question.scope, question.asked, MOST_KNOWN)
        return await _in_place(rows, question, likely)
    likely = await source.likeliest(rows, question.scope, question.asked, MOST_CANDIDATES)
    if question.asked.names_a_date and likely.corpus.count <= WHOLE_TURNS:
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
    statement = recall_statements.CANDIDATES_IN_PLACE if now else known_statements.SURROUNDINGS
    found = await rows.packed(statement, {**question.parameters, **wanted})
    return Read(corpus=likely.corpus, turns=placing.around(found, question.asked, likely.places))
