"""Finds the dates a text speaks of, as intervals of time with their granularity.

Free of I/O. Reads English, by the table of `date_grammar`; what is ambiguous (03/04/2024) or vague (`soon`) is no date.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.enums import Granularity
from streams.extraction.calendar_spans import DaySpan, Lean, OutOfRange
from streams.extraction.date_grammar import ANCHORS, EXPRESSIONS, MACROS, REACH, Expression


class Part(StrEnum):
    """What part of something the date is."""

    WHEN = "when"
    SINCE = "since"
    UNTIL = "until"
    BY = "by"
    """A deadline: at the end of the span at the latest."""


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


def may_hold_dates(text: str) -> bool:
    """Whether it is worth looking for dates: one search for the words that every expression needs one of."""
    return _ANCHOR.search(text) is not None


def find_dates(
    text: str, clock: Clock, lean: Lean = Lean.NONE, start: int = 0, end: int | None = None
) -> tuple[DateMention, ...]:
    """Dates within `text[start:end]`, in order and without overlap; spans count from the beginning of `text`."""
    stop = len(text) if end is None else end
    found = (
        _mention(text, match, clock, lean)
        for window_start, window_end in _windows(text, start, stop)
        for match in _ANY.finditer(text, window_start, window_end)
    )
    return tuple(mention for mention in found if mention is not None)


def _windows(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Where the table is worth trying: around each anchor, joined where they touch."""
    windows: list[tuple[int, int]] = []
    for anchor in _ANCHOR.finditer(text, start, stop):
        first, last = max(start, anchor.start() - REACH), min(stop, anchor.end() + REACH)
        if windows and first <= windows[-1][1]:
            windows[-1] = (windows[-1][0], last)
        else:
            windows.append((first, last))
    return windows


def _mention(text: str, match: re.Match[str], clock: Clock, lean: Lean) -> DateMention | None:
    expression = _BY_NAME[match.lastgroup or ""]
    before = text[max(0, match.start() - _LOOK_BEHIND) : match.start()]
    part = _part(expression.name, before, match.group())
    leaning = _LEANS.get(part, lean)
    span = None if _NO_DATE_AFTER.search(before) else _read(expression, match.group(), clock, leaning)
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


def _read(expression: Expression, said: str, clock: Clock, lean: Lean) -> DaySpan | None:
    match = _PATTERNS[expression.name].match(said)
    if match is None:
        return None
    words = defaultdict(str, ((name, _SPACE.sub(" ", said or "").lower()) for name, said in match.groupdict().items()))
    try:
        return expression.meaning(words, clock.today, lean)
    except OutOfRange:
        return None


def _part(expression: str, before: str, said: str) -> Part:
    if expression == "lasting":
        return Part.SINCE
    preposition = _PREPOSITION.match(said) or _PREPOSITION_BEFORE.search(before)
    return _PARTS[preposition.group(1).lower()] if preposition else Part.WHEN


_LOOK_BEHIND = 24
_SPACE = re.compile(r"\s+")
_PARTS = {
    "since": Part.SINCE,
    "from": Part.SINCE,
    "starting": Part.SINCE,
    "until": Part.UNTIL,
    "till": Part.UNTIL,
    "by": Part.BY,
    "before": Part.BY,
}
_LEANS = {Part.SINCE: Lean.PAST}
"""`I'm free since Monday`: what has begun lies behind, whatever the verb."""
_PREPOSITION = re.compile(rf"({'|'.join(_PARTS)})\s", re.IGNORECASE)
_PREPOSITION_BEFORE = re.compile(rf"\b({'|'.join(_PARTS)})\s+(?:the\s+)?$", re.IGNORECASE)
_NO_DATE_AFTER = re.compile(
    r"\b(?:every|each|any|most|other|happy|merry|black|good|casual|taco|one|some|an?)\s+$|[$€£#@]$", re.IGNORECASE
)
"""`every Friday` is a habit, `happy Friday` a greeting, `Black Friday` a name, `one day` no day in particular."""


def _expanded(pattern: str) -> str:
    for name, macro in MACROS.items():
        pattern = pattern.replace(f"{{{name}}}", macro)
    return pattern.replace(" ", r"\s{1,4}")


def _anonymous(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


_PATTERNS = {each.name: re.compile(_expanded(each.pattern), re.IGNORECASE) for each in EXPRESSIONS}
_ANCHOR = re.compile(rf"(?<![a-zA-Z])(?=[adefhjmnostwyADEFHJMNOSTWYbcvBCV\d])(?:{ANCHORS})", re.IGNORECASE)
_BY_NAME = {each.name: each for each in EXPRESSIONS}
_ANY = re.compile(
    r"(?<![\w./:-])(?:"
    + "|".join(f"(?P<{each.name}>{_anonymous(_expanded(each.pattern))})" for each in EXPRESSIONS)
    + r")(?!\w|'s\s+(?:eve|day)|-\w)",
    re.IGNORECASE,
)
