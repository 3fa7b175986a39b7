"""What English date expressions mean: functions of the words, of today's local date and of how the sentence leans.

Free of I/O and of state. Which words are expressions at all is the table of `date_grammar`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeAlias

from schemas.enums import Granularity
from streams.extraction.calendar_spans import (
    DaySpan,
    Lean,
    calendar_day,
    checked,
    day_span,
    easter,
    leaning,
    month_span,
    moved,
    nth_weekday,
    season_span,
    week_span,
    weekend_span,
    year_span,
)

Words: TypeAlias = Mapping[str, str]
"""The named groups of a pattern, in lower case; a group that took no part is the empty string."""
Meaning: TypeAlias = Callable[[Words, date, Lean], "DaySpan | None"]
"""Raises OutOfRange where the words name a day that does not exist."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_FROM_FOUR = ("four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBERS = {
    **dict.fromkeys(("a", "an", "one"), 1),
    **dict.fromkeys(("two", "couple", "a couple", "couple of", "a couple of"), 2),
    **dict.fromkeys(("three", "few", "a few", "several"), 3),
    **{word: at for at, word in enumerate(_FROM_FOUR, start=4)},
}
_VAGUE = frozenset({"few", "a few", "several"})
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}
_STEPS = {"last": -1, "this past": -1, "past": -1, "this": 0, "this coming": 0, "coming": 0, "next": 1, "": 0}


def _number(words: str) -> int:
    return int(words) if words.isdigit() else _NUMBERS[words]


def _month(words: str) -> int:
    return next(at for at, name in enumerate(_MONTHS, start=1) if name.startswith(words[:3]))


def _weekday(words: str) -> int:
    return next(at for at, name in enumerate(_WEEKDAYS) if name.startswith(words[:3]))


def fixed(days: int) -> Meaning:
    return lambda _words, today, _lean: day_span(moved(today, days))


def bare_weekday(words: Words, today: date, lean: Lean) -> DaySpan:
    ahead = (_weekday(words["weekday"]) - today.weekday() - 1) % 7 + 1
    return day_span(moved(today, (ahead - 7 or -7) if lean is Lean.PAST else ahead))


def stepped_weekday(words: Words, today: date, lean: Lean) -> DaySpan:
    step, ahead = words["step"], _weekday(words["weekday"]) - today.weekday()
    if _STEPS[step] < 0 or step.endswith("coming"):
        return bare_weekday(words, today, Lean.PAST if _STEPS[step] < 0 else Lean.FUTURE)
    if step == "next":
        return day_span(moved(today, 7 + ahead))
    return day_span(moved(today, ahead % -7 if lean is Lean.PAST else ahead % 7))


def weekday_of_week(words: Words, today: date, _lean: Lean) -> DaySpan:
    return day_span(moved(today, 7 * _STEPS[words["step"]] + _weekday(words["weekday"]) - today.weekday()))


def weekday_shift(words: Words, today: date, _lean: Lean) -> DaySpan:
    return day_span(moved(bare_weekday(words, today, Lean.FUTURE).first, 7))


def weekdays_ago(words: Words, today: date, _lean: Lean) -> DaySpan:
    weeks = _number(words["n"]) if words["n"] else 2
    return day_span(moved(bare_weekday(words, today, Lean.PAST).first, -7 * (weeks - 1)))


def weekend(words: Words, today: date, lean: Lean) -> DaySpan:
    weekend = weekend_span(today)
    if words["step"] in ("last", "past", "this past"):
        return weekend if weekend.end <= today else weekend_span(moved(today, -7))
    if words["step"] == "next":
        return weekend_span(moved(today, 7))
    if not words["step"] and lean is Lean.PAST and weekend.first > today:
        return weekend_span(moved(today, -7))
    return weekend


def week(words: Words, today: date, _lean: Lean) -> DaySpan:
    return week_span(moved(today, 7 * _STEPS[words["step"]]))


def calendar_month(words: Words, today: date, _lean: Lean) -> DaySpan:
    return month_span(today.year, today.month + _STEPS[words["step"]])


def calendar_year(words: Words, today: date, _lean: Lean) -> DaySpan:
    return year_span(today.year + _STEPS[words["step"]])


def _shifted(unit: str, count: int, today: date) -> DaySpan:
    """The unit that lies `count` of it away from today."""
    if unit.startswith(("day", "night")):
        return day_span(moved(today, count))
    if unit.startswith("weekend"):
        return weekend_span(moved(today, 7 * count))
    if unit.startswith("week"):
        return week_span(moved(today, 7 * count))
    return month_span(today.year, today.month + count) if unit.startswith("month") else year_span(today.year + count)


def _away(words: Words, today: date, sign: int) -> DaySpan | None:
    if words["unit"].startswith(("min", "hour", "hr")):
        return None
    count = sign * _number(words["n"])
    if words["n"] in _VAGUE and words["unit"].startswith(("day", "night")):
        first = moved(today, count - 2 if sign < 0 else count - 1)
        return DaySpan(first=first, end=moved(first, 4), granularity=Granularity.WEEK)
    return _shifted(words["unit"], count, today)


def ago(words: Words, today: date, _lean: Lean) -> DaySpan | None:
    return _away(words, today, -1)


def ahead(words: Words, today: date, lean: Lean) -> DaySpan | None:
    return None if lean is Lean.PAST else _away(words, today, 1)


def lasting(words: Words, today: date, _lean: Lean) -> DaySpan | None:
    """Since when something has lasted: the stretch in which it began."""
    return _away(words, today, -1)


def before_last(words: Words, today: date, _lean: Lean) -> DaySpan:
    return _shifted(words["unit"], -2, today)


def after_next(words: Words, today: date, _lean: Lean) -> DaySpan:
    return _shifted(words["unit"], 2, today)


def month_day(words: Words, today: date, lean: Lean) -> DaySpan:
    month, day = _month(words["month"]), int(words["day"])
    if words["year"]:
        return calendar_day(int(words["year"]), month, day)
    if (month, day) == (2, 29):
        return leaning(lambda year: calendar_day(year - year % 4, month, day), today, lean, (-4, 0, 4))
    return leaning(lambda year: calendar_day(year, month, day), today, lean)


def dotted(words: Words, _today: date, _lean: Lean) -> DaySpan:
    return calendar_day(int(words["year"]), int(words["right"]), int(words["left"]))


def slashed(words: Words, _today: date, _lean: Lean) -> DaySpan | None:
    """Nothing where either number could be the month: countries differ, and a wrong date is worse than none."""
    left, right = int(words["left"]), int(words["right"])
    if left <= 12 and right <= 12 and left != right:
        return None
    day, month = (left, right) if left > 12 else (right, left)
    return calendar_day(int(words["year"]), month, day)


def iso(words: Words, _today: date, _lean: Lean) -> DaySpan:
    return calendar_day(int(words["year"]), int(words["mm"]), int(words["dd"]))


def day_of_month(words: Words, today: date, lean: Lean) -> DaySpan:
    step = 0
    if lean is Lean.PAST and int(words["day"]) > today.day:
        step = -1
    if lean is not Lean.PAST and int(words["day"]) < today.day:
        step = 1
    month = month_span(today.year, today.month + step).first
    return calendar_day(month.year, month.month, int(words["day"]))


def named_month(words: Words, today: date, lean: Lean) -> DaySpan:
    month = _month(words["month"])
    if words["year"]:
        return month_span(int(words["year"]), month)
    if words["step"]:
        return _stepped(lambda year: month_span(year, month), words["step"], today)
    return leaning(lambda year: month_span(year, month), today, lean)


def _stepped(spans: Callable[[int], DaySpan], step: str, today: date) -> DaySpan:
    """`last`: wholly behind today; `next`: wholly ahead; `this`: of this year."""
    around = [spans(today.year + offset) for offset in (-2, -1, 0, 1, 2)]
    if _STEPS[step] < 0:
        return max((span for span in around if span.end <= today), key=lambda span: span.first)
    if step == "next":
        return min((span for span in around if span.first > today), key=lambda span: span.first)
    return spans(today.year)


def season(words: Words, today: date, lean: Lean) -> DaySpan:
    def spans(year: int) -> DaySpan:
        return season_span(words["season"], year)

    if words["year"]:
        return spans(int(words["year"]))
    if words["step"] == "this":
        return spans(today.year - 1) if spans(today.year - 1).end > today else spans(today.year)
    return _stepped(spans, words["step"], today) if words["step"] else leaning(spans, today, lean)


def plain_year(words: Words, _today: date, _lean: Lean) -> DaySpan:
    return year_span(checked(int(words["year"])))


def nth_of_month(words: Words, today: date, lean: Lean) -> DaySpan:
    month = _month(words["month"])
    nth = _ORDINALS[words["nth"]]

    def spans(year: int) -> DaySpan:
        if words["day_name"] == "weekend":
            return weekend_span(nth_weekday(year, month, 5, nth))
        return day_span(nth_weekday(year, month, _weekday(words["day_name"]), nth))

    return spans(int(words["year"])) if words["year"] else leaning(spans, today, lean)


_FEASTS: Mapping[str, Callable[[int], date]] = {
    "christmas eve": lambda year: date(year, 12, 24),
    "christmas": lambda year: date(year, 12, 25),
    "boxing": lambda year: date(year, 12, 26),
    "new year": lambda year: date(year, 1, 1),
    "halloween": lambda year: date(year, 10, 31),
    "valentine": lambda year: date(year, 2, 14),
    "thanksgiving": lambda year: nth_weekday(year, 11, 3, 4),
    "easter": easter,
}


def feast(words: Words, today: date, lean: Lean) -> DaySpan:
    said = words["feast"]
    if said.startswith("new year") and said.endswith("eve"):
        return leaning(lambda year: calendar_day(year, 12, 31), today, lean)
    day_of = next(day_of for name, day_of in _FEASTS.items() if said.startswith(name))
    if words["step"] and words["step"] != "this":
        return _stepped(lambda year: day_span(day_of(year)), words["step"], today)
    return leaning(lambda year: day_span(day_of(year)), today, lean)
