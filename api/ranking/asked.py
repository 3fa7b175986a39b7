"""A question taken apart: its words with their weights, which stand side by side, whom and which time it is about.

Pure. The stemming is PostgreSQL's, so the lexemes are given; `now` is the asker's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, NamedTuple

from api.ranking.words import EMPTY, MONTHS, OTHER_FORMS
from streams.extraction.dates import Clock, Lean, find_dates, may_hold_dates

MOST_LEXEMES: Final = 64
"""Of a query: a pasted page would otherwise match everything."""
EMPTY_WEIGHT: Final = 0.6
"""Of a word that questions are made of: from 1 to .6 recall@10 rises by .3 to .7 points on each dev set."""
PAIR_REACH: Final = 2
"""Places between two words of a question that still stand side by side: stop words take a place."""

_FIRST_PERSON = re.compile(r"\b(?:i|my|me|mine|myself|we|our)\b", re.IGNORECASE)
_WHEN = re.compile(
    r"\s*(?:when|what (?:day|date|month|year|time)|how long|how many (?:days|weeks|months|years))\b", re.IGNORECASE
)


class Lexeme(NamedTuple):
    """A word of the question as the text search has it, and its first place, from 1."""

    text: str
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word of the question. `lexemes` are its forms, that of the question first; any of them is the word."""

    lexemes: tuple[str, ...]
    weight: float = 1.0

    @property
    def name(self) -> str:
        return self.lexemes[0]


class Pair(NamedTuple):
    """Two terms, by their number, that stand side by side in the question, `gap` places apart."""

    first: int
    second: int
    gap: int


class Span(NamedTuple):
    """A time that the question names in the words `expression`: half-open, aware, UTC."""

    start: datetime
    end: datetime
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked for."""

    terms: tuple[Term, ...]
    pairs: tuple[Pair, ...] = ()
    spans: tuple[Span, ...] = ()
    first_person: bool = False
    """It is about who asks: a person, and not an assistant."""
    when: bool = False
    """It asks for a time."""

    @property
    def lexemes(self) -> tuple[str, ...]:
        """Every lexeme that matches, each once."""
        return tuple(dict.fromkeys(lexeme for term in self.terms for lexeme in term.lexemes))

    @property
    def names_a_date(self) -> bool:
        """Whether a month or a number that may be a day or a year is among its words."""
        return any(_may_be_of_a_date(term.name) for term in self.terms)


def analyse(query: str, lexemes: Sequence[Lexeme], now: datetime) -> Asked:
    """The question as it is ranked by. `lexemes` in the order of their places; time words count from `now`."""
    kept = lexemes[:MOST_LEXEMES]
    own = {lexeme.text for lexeme in kept}
    return Asked(
        terms=tuple(_term(lexeme.text, own) for lexeme in kept),
        pairs=tuple(_pairs(kept)),
        spans=_spans(query, now),
        first_person=_FIRST_PERSON.search(query) is not None,
        when=_WHEN.match(query) is not None,
    )


def _term(lexeme: str, own: set[str]) -> Term:
    """Forms that the question holds as words of their own are not forms of another."""
    others = tuple(form for form in OTHER_FORMS.get(lexeme, ()) if form not in own)
    return Term(lexemes=(lexeme, *others), weight=EMPTY_WEIGHT if lexeme in EMPTY else 1.0)


def _pairs(lexemes: Sequence[Lexeme]) -> list[Pair]:
    apart = [after.place - before.place for before, after in pairwise(lexemes)]
    return [Pair(n, n + 1, gap) for n, gap in enumerate(apart) if 0 < gap <= PAIR_REACH]


def _spans(query: str, now: datetime) -> tuple[Span, ...]:
    if not may_hold_dates(query):
        return ()
    found = find_dates(query, Clock(at=now, zone=UTC), Lean.PAST)
    return tuple(Span(one.valid_from, one.valid_to, query[one.start : one.end]) for one in found)


def _may_be_of_a_date(lexeme: str) -> bool:
    return lexeme in MONTHS or (lexeme.isdigit() and len(lexeme) in (1, 2, 4))
