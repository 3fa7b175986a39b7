"""Finds the dates a text speaks of, as intervals of time with their granularity.

Free of I/O. Reads a language by its table; what is ambiguous (03/04/2024) or vague (`soon`) is no date.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from schemas.construction import quickly_made
from schemas.enums import Granularity
from streams.extraction.dates.english import ENGLISH
from streams.extraction.dates.language import Expression, Language, Part
from streams.extraction.dates.spans import DaySpan, Lean, OutOfRange
from streams.extraction.sentences import LETTER_VARIANTS, ascii_words


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The time a text was said, and where."""

    at: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        return self.at.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """When `day` begins in the zone, in UTC."""
        return datetime.combine(day, time(), self.zone).astimezone(ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DateMention:
    """Words `text[start:end]` that mean the time from `valid_from` up to, not including, `valid_to` (aware, UTC)."""

    start: int
    end: int
    expression: str
    part: Part
    valid_from: datetime
    valid_to: datetime
    granularity: Granularity


@lru_cache(maxsize=512)
def zone_of(name: str | None) -> ZoneInfo:
    """The zone of an IANA name; UTC where there is none or it is unknown."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def may_hold_dates(text: str, language: Language = ENGLISH) -> bool:
    """Whether it is worth looking for dates: one search for the words that every expression needs one of."""
    grammar = _grammar(language)
    return not grammar.lacks_anchors(text) and grammar.anchor.search(text) is not None


def find_dates(
    text: str,
    clock: Clock,
    lean: Lean = Lean.NONE,
    start: int = 0,
    end: int | None = None,
    language: Language = ENGLISH,
) -> tuple[DateMention, ...]:
    """Dates within `text[start:end]`, in order and without overlap; spans count from the beginning of `text`."""
    grammar, stop = _grammar(language), len(text) if end is None else end
    found = (
        _mention(grammar, text, match, clock, lean)
        for window_start, window_end in _windows(grammar, text, start, stop)
        for match in grammar.any.finditer(text, window_start, window_end)
    )
    return tuple(mention for mention in found if mention is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grammar:
    """A language, its patterns compiled."""

    language: Language
    patterns: Mapping[str, re.Pattern[str]]
    expressions: Mapping[str, Expression]
    anchor: re.Pattern[str]
    any: re.Pattern[str]
    preposition: re.Pattern[str]
    preposition_before: re.Pattern[str]
    no_date_after: re.Pattern[str]
    needs_before: Mapping[str, re.Pattern[str]]
    refused_before: Mapping[str, re.Pattern[str]]

    def lacks_anchors(self, text: str) -> bool:
        """Whether a look at its words suffices to see that a text has none."""
        anchors = self.language.anchor_words
        if anchors is None:
            return False
        words = ascii_words(text)
        return words is not None and anchors.isdisjoint(words)


@cache
def _grammar(language: Language) -> _Grammar:
    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern, re.IGNORECASE)

    expanded = {each.name: _expanded(each.pattern, language.macros) for each in language.expressions}
    any_of = "|".join(f"(?P<{name}>{_anonymous(pattern)})" for name, pattern in expanded.items())
    prepositions = f"({'|'.join(language.parts)})"
    return _Grammar(
        language=language,
        patterns={name: compiled(pattern) for name, pattern in expanded.items()},
        expressions={each.name: each for each in language.expressions},
        anchor=compiled(rf"(?<![^\W\d_])(?=[{language.anchor_letters}\d])(?:{language.anchors})"),
        any=compiled(rf"(?<![\w./:-])(?:{any_of})(?!{language.no_date_behind})"),
        preposition=compiled(rf"{prepositions}\s"),
        preposition_before=compiled(rf"\b{prepositions}\s+(?:(?:{language.articles})\s+)?$"),
        no_date_after=compiled(language.no_date_after),
        needs_before={name: compiled(pattern) for name, pattern in language.needs_before.items()},
        refused_before={name: compiled(pattern) for name, pattern in language.refused_before.items()},
    )


def _expanded(pattern: str, macros: Mapping[str, str]) -> str:
    for name, macro in macros.items():
        pattern = pattern.replace(f"{{{name}}}", macro)
    return pattern.replace(" ", r"\s{1,4}")


def _anonymous(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


def _windows(grammar: _Grammar, text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Where the table is worth trying: around each anchor, joined where they touch."""
    windows: list[tuple[int, int]] = []
    if start == 0 and grammar.lacks_anchors(text):
        return windows
    reach = grammar.language.reach
    for anchor in grammar.anchor.finditer(text, start, stop):
        first, last = max(start, anchor.start() - reach), min(stop, anchor.end() + reach)
        if windows and first <= windows[-1][1]:
            windows[-1] = (windows[-1][0], last)
        else:
            windows.append((first, last))
    return windows


def _mention(grammar: _Grammar, text: str, match: re.Match[str], clock: Clock, lean: Lean) -> DateMention | None:
    expression = grammar.expressions[match.lastgroup or ""]
    before = text[max(0, match.start() - _LOOK_BEHIND) : match.start()]
    preposition = _preposition(grammar, before, match.group())
    part = _part(grammar, expression.name, preposition)
    leaning = Lean.PAST if preposition in grammar.language.begun else lean
    if grammar.no_date_after.search(before) or not _is_meant(grammar, expression.name, text, match):
        return None
    span = _read(grammar, expression, match.group(), clock, leaning)
    if span is None:
        return None
    return DateMention(
        start=match.start(),
        end=match.end(),
        expression=expression.name,
        part=part,
        valid_from=clock.midnight(span.first),
        valid_to=clock.midnight(span.end),
        granularity=span.granularity,
    )


def _is_meant(grammar: _Grammar, expression: str, text: str, match: re.Match[str]) -> bool:
    needed, refused = grammar.needs_before.get(expression), grammar.refused_before.get(expression)
    if needed is None and refused is None:
        return True
    before = _SENTENCE_END.split(text[max(0, match.start() - _SENTENCE) : match.start()])[-1]
    return (needed is None or needed.search(before) is not None) and (refused is None or not refused.search(before))


def _read(grammar: _Grammar, expression: Expression, said: str, clock: Clock, lean: Lean) -> DaySpan | None:
    match = grammar.patterns[expression.name].fullmatch(said)
    if match is None:
        return None
    words = defaultdict(
        str, {name: _named(grammar.language, name, words) for name, words in match.groupdict().items() if words}
    )
    try:
        return expression.meaning(words, clock.today, lean)
    except OutOfRange:
        return None


def _named(language: Language, group: str, said: str) -> str:
    words = _folded(said)
    reading = language.readings.get(group)
    return words if reading is None else reading(words)


def _preposition(grammar: _Grammar, before: str, said: str) -> str | None:
    found = grammar.preposition.match(said) or grammar.preposition_before.search(before)
    return _folded(found.group(1)) if found else None


def _part(grammar: _Grammar, expression: str, preposition: str | None) -> Part:
    if (own := grammar.language.own_parts.get(expression)) is not None:
        return own
    return Part.WHEN if preposition is None else grammar.language.parts[preposition]


def _folded(said: str) -> str:
    """As the tables have it. A pattern that ignores case takes these letters for s, i and k, and `lower` does not."""
    return _SPACE.sub(" ", said).translate(LETTER_VARIANTS).lower()


_LOOK_BEHIND = 24
_SENTENCE = 160
"""Characters before an expression among which its verb stands."""
_SENTENCE_END = re.compile(r"[.!?\n]\s")
_SPACE = re.compile(r"\s+")
