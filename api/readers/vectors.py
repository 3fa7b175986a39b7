"""PostgreSQL's text vectors as they are written out: how often each lexeme of a query occurs in one.

Pure. Counting here costs microseconds a row; PostgreSQL needs tens of them to unnest a vector.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

_MONTHS = frozenset(
    ("januari", "februari", "march", "april", "may", "june", "juli", "august", "septemb", "octob", "novemb", "decemb")
)
"""As PostgreSQL's English stemmer leaves them."""

Counter: TypeAlias = Callable[[str], tuple[int, ...]]


def escaped(lexeme: str) -> str:
    """A lexeme as it stands between quotes in a tsvector or a tsquery."""
    return lexeme.replace("\\", "\\\\").replace("'", "''")


def or_query(lexemes: Sequence[str]) -> str:
    """A tsquery that matches any of the lexemes, as PostgreSQL reads it; every one is quoted."""
    return " | ".join(f"'{escaped(lexeme)}'" for lexeme in lexemes)


def name_a_date(lexemes: Sequence[str]) -> bool:
    """Whether a month or a number that may be a day or a year is among the lexemes."""
    return any(lexeme in _MONTHS or (lexeme.isdigit() and len(lexeme) in (1, 2, 4)) for lexeme in lexemes)


def counter(lexemes: Sequence[str]) -> Counter:
    """A function from a written tsvector, such as `'cat':3 'dog':1,7A`, to the frequencies of `lexemes` in it."""
    places = {escaped(lexeme): place for place, lexeme in enumerate(lexemes)}
    alternatives = "|".join(map(re.escape, sorted(places, key=len, reverse=True)))
    entry = re.compile(rf"(?:^| )'({alternatives})':([0-9A-D,]+)")

    def count(vector: str) -> tuple[int, ...]:
        frequencies = [0] * len(lexemes)
        for lexeme, positions in entry.findall(vector):
            frequencies[places[lexeme]] = positions.count(",") + 1
        return tuple(frequencies)

    return count
