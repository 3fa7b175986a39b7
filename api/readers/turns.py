"""The turns that may answer, with their places: of a whole scope, or the likeliest of a wide one and those around them.

Reads only. Both ways give the same candidates to the same ranking; the second with statistics from its source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from api.ranking.asked import Asked
from api.ranking.bm25 import Corpus, Document
from api.ranking.candidates import MessageKey, Turn
from api.ranking.neighbours import REACH, Place
from api.ranking.words import TIME_WORDS
from api.readers import known_statements, recall_statements, vectors
from api.readers.candidates import AS_KNOWN, CandidateSource, Scope
from api.readers.database import Rows
from api.readers.shapes import Row

WHOLE_TURNS: Final = 4_000
"""A scope of so many turns is read whole. At 11,000 turns that took 53-129 ms a question on a busy machine."""
MOST_CANDIDATES: Final = 200
"""Messages of a wide scope that are read with those around them and ranked: with 150 the first ten were those of the
whole scope for all of 383 questions, with 60 for 96 %."""
MOST_KNOWN: Final = 1_000
"""The same, of what had been learnt at a time: seldom asked, and read without those around them."""

_TIME_WORDS: Final = vectors.or_query(TIME_WORDS)
_NEW_RUN: Final = REACH + 1
"""Places between two turns that do not follow each other: too far to lend."""

Found: TypeAlias = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is searched for and where; `size` is the number of messages there, where it was counted.

    `also` are messages to rank besides those that match, such as those that are near in meaning.
    """

    scope: Scope
    asked: Asked
    size: int | None
    also: Sequence[MessageKey] = ()

    @property
    def is_whole(self) -> bool:
        """Whether its scope is known to be read whole."""
        return self.size is not None and self.size <= WHOLE_TURNS

    @property
    def parameters(self) -> dict[str, object]:
        """Those that every statement of turns takes."""
        matching = vectors.or_query(self.asked.lexemes)
        when = {"when": self.asked.when, "time_words": _TIME_WORDS}
        return {**self.scope.parameters, "matching": matching, "reach": REACH, **when}


async def turns(rows: Rows, question: Question, source: CandidateSource) -> tuple[list[Turn], Corpus]:
    """The candidates in the order of conversation and place, and what they are drawn from."""
    if question.size is not None and question.is_whole:
        return await _whole(rows, question, question.size)
    if question.scope.known_at is not None:
        likely = await AS_KNOWN.likeliest(rows, question.scope, question.asked, MOST_KNOWN)
        return await _in_place(rows, question, likely.keys), likely.corpus
    likely = await source.likeliest(rows, question.scope, question.asked, MOST_CANDIDATES)
    if question.asked.names_a_date and likely.corpus.count <= WHOLE_TURNS:
        return await _whole(rows, question, likely.corpus.count)
    keys = list(dict.fromkeys((*likely.keys, *question.also)))
    return await _in_place(rows, question, keys), likely.corpus


async def _whole(rows: Rows, question: Question, size: int) -> tuple[list[Turn], Corpus]:
    now = question.scope.known_at is None
    also = {
        "also_conversations": [key[0] for key in question.also],
        "also_messages": [key[1] for key in question.also],
        "dated": question.asked.names_a_date,
    }
    statement = recall_statements.SCOPE_TURNS if now else known_statements.TURNS
    found = await rows.all(statement, {**question.parameters, **also})
    numbers = [row["place"] for row in found]
    average = found[0]["average"] if found else 0.0
    return _read(found, numbers, question.asked), Corpus(count=size, average_length=average)


async def _in_place(rows: Rows, question: Question, keys: Sequence[MessageKey]) -> list[Turn]:
    now = question.scope.known_at is None
    wanted = {"conversation_ids": [key[0] for key in keys], "message_ids": [key[1] for key in keys]}
    statement = recall_statements.CANDIDATES_IN_PLACE if now else known_statements.SURROUNDINGS
    found = await rows.all(statement, {**question.parameters, **wanted, "reach": REACH if now else 0})
    return _read(found, _numbers(found), question.asked)


def _numbers(found: Found) -> list[int]:
    """Places that keep the distances between turns which follow each other, and part those which do not."""
    numbers, last = [], 0
    for row in found:
        last += 1 if row["joined"] else _NEW_RUN
        numbers.append(last)
    return numbers


def _read(found: Found, numbers: Sequence[int], asked: Asked) -> list[Turn]:
    read = vectors.reader(asked.terms)
    return [_turn(row, number, read) for row, number in zip(found, numbers, strict=True)]


def _turn(row: Row, number: int, read: vectors.Reader) -> Turn:
    conversation_id = row["conversation_id"]
    return Turn(
        key=(conversation_id, row["message_id"]),
        document=Document(places=read(row["vector"]), length=row["length"]),
        place=Place(conversation_id=conversation_id, number=number, occurred_at=row["occurred_at"]),
        user_id=row["user_id"],
        name_words=len(row["speaker_name"].split()),
        is_person=row["role"] == "USER",
        tells_time=row["tells_time"],
    )
