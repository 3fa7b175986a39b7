"""What a language is to the date parser: its forms of words, how its words are read, and where no date is meant.

Free of I/O. Knows no language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from streams.extraction.dates.meanings import Meaning

Reading: TypeAlias = Callable[[str], str]
"""From a word, in lower case, to the name by which `meanings` knows it."""


class Part(StrEnum):
    """What part of something the date is."""

    WHEN = "when"
    SINCE = "since"
    UNTIL = "until"
    BY = "by"
    """A deadline: at the end of the span at the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """One form of words for a date. In `pattern` a space is any white space and `{name}` one of the macros."""

    name: str
    pattern: str
    meaning: Meaning


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """A language as a table. All patterns ignore case."""

    expressions: tuple[Expression, ...]
    """Every form, in the order of trial: a longer one stands before its parts."""
    macros: Mapping[str, str]
    readings: Mapping[str, Reading]
    """By group of a pattern; of a group that is not here, the words themselves are the name."""
    anchors: str
    """Words without which no expression is complete: where none of them stands, the table need not be tried."""
    anchor_words: frozenset[str] | None
    """In ASCII, every run of letters and digits in which an anchor of an expression can stand: they soon put most texts
    aside. None where words grow together, and no such list is complete."""
    anchor_letters: str
    """What anchors begin with, as a class of characters."""
    reach: int
    """How many characters an expression can extend from its anchor."""
    parts: Mapping[str, Part]
    """By preposition, which stands at the beginning of an expression or right before it."""
    begun: frozenset[str]
    """Prepositions behind which the time lies in the past, whatever the verb: `I'm free since Monday`."""
    articles: str
    """What may stand between the preposition and the expression."""
    own_parts: Mapping[str, Part]
    """By name, expressions whose part no preposition decides: `for three years`, or a form that begins with one."""
    needs_before: Mapping[str, str]
    """By name, what must stand somewhere before an expression in its sentence for it to be a date."""
    refused_before: Mapping[str, str]
    """By name, what must not stand there."""
    no_date_after: str
    """What right before an expression makes it no date: a habit, a greeting, a name."""
    no_date_behind: str
    """What must not follow right behind an expression."""


def table(*rows: tuple[str, str, Meaning]) -> tuple[Expression, ...]:
    return tuple(Expression(name=name, pattern=pattern, meaning=meaning) for name, pattern, meaning in rows)


def by_beginning(names: Iterable[str], **others: str) -> Reading:
    """Words are told by their first three letters; `others` are those of another name."""
    known = {name[:3]: name for name in names} | others
    return lambda words: known[words[:3]]


def by_word(names: Mapping[str, Iterable[str]]) -> Reading:
    """By name, the words for it; a word that is not there is its own name."""
    known = {word: name for name, words in names.items() for word in words}
    return lambda words: known.get(words, words)
