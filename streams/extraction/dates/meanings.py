"""What date expressions mean: functions of the words, of today's local date and of how the sentence leans.

Free of I/O and of state. Words are the names below, whatever the language; which words of it they are is its table's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TypeAlias

from schemas.enums import Granularity
from streams.extraction.dates.spans import (
    DaySpan,
    Lean,
    OutOfRange,
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
"""The named groups of a pattern, read by its language; a group that took no part is the empty string."""
Meaning: TypeAlias = Callable[[Words, date, Lean], "DaySpan | None"]
"""Raises OutOfRange where the words name a day that does not exist."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
STEPS = {"last": -1, "this": 0, "coming": 0, "next": 1, "": 0}
FEW = "few"
"""A number that is none: about three."""


def _number(words: str) -> int:
    return 3 if words == FEW else int(words)


def _month(words: str) -> int:
    return MONTHS.index(words) + 1


def _weekday(words: str) -> int:
    return WEEKDAYS.index(words)


def fixed(days: int) -> Meaning:
    return lambda _words, today, _lean: day_span(moved(today, days))


def bare_weekday(words: Words, today: date, lean: Lean) -> DaySpan:
    ahead = (_weekday(words["weekday"]) - today.weekday() - 1) % 7 + 1
    return day_span(moved(today, (ahead - 7 or -7) if lean is Lean.PAST else ahead))


def coming_weekday(words: Words, today: date, _lean: Lean) -> DaySpan:
    return bare_weekday(words, today, Lean.FUTURE)


def stepped_weekday(words: Words, today: date, lean: Lean) -> DaySpan:
    step, ahead = words["step"], _weekday(words["weekday"]) - today.weekday()
    if step in ("last", "coming"):
        return bare_weekday(words, today, Lean.PAST if step == "last" else Lean.FUTURE)
    if step == "next":
        return day_span(moved(today, 7 + ahead))
    return day_span(moved(today, ahead % -7 if lean is Lean.PAST else ahead % 7))


def weekday_of_week(words: Words, today: date, _lean: Lean) -> DaySpan:
    return day_span(moved(today, 7 * STEPS[words["step"]] + _weekday(words["weekday"]) - today.weekday()))


def weekday_shift(words: Words, today: date, _lean: Lean) -> DaySpan:
    return day_span(moved(bare_weekday(words, today, Lean.FUTURE).first, 7))


def weeks_from_weekday(words: Words, today: date, _lean: Lean) -> DaySpan:
    """`Two weeks from Friday`: so many behind the next one."""
    return day_span(moved(bare_weekday(words, today, Lean.FUTURE).first, 7 * _number(words["n"])))


def day_from_today(sign: int) -> Meaning:
    """`Today in two weeks`: the very day. A month that has no such day ends it."""

    def meaning(words: Words, today: date, _lean: Lean) -> DaySpan | None:
        count = sign * _number(words["n"])
        match words["unit"]:
            case "day":
                return day_span(moved(today, count))
            case "week":
                return day_span(moved(today, 7 * count))
            case "month" | "year":
                month = month_span(today.year, today.month + count * (12 if words["unit"] == "year" else 1))
                return day_span(min(moved(month.first, today.day - 1), moved(month.end, -1)))
        return None

    return meaning


def month_of_year(words: Words, today: date, _lean: Lean) -> DaySpan:
    return month_span(today.year + _ahead(words["step"]), _month(words["month"]))


def weekdays_ago(words: Words, today: date, _lean: Lean) -> DaySpan:
    weeks = _number(words["n"]) if words["n"] else 2
    return day_span(moved(bare_weekday(words, today, Lean.PAST).first, -7 * (weeks - 1)))


def weekend(words: Words, today: date, lean: Lean) -> DaySpan:
    weekend = weekend_span(today)
    if words["step"] == "last":
        return weekend if weekend.end <= today else weekend_span(moved(today, -7))
    if words["step"] == "next":
        return weekend_span(moved(today, 7))
    if not words["step"] and lean is Lean.PAST and weekend.first > today:
        return weekend_span(moved(today, -7))
    return weekend


def week(words: Words, today: date, _lean: Lean) -> DaySpan:
    return week_span(moved(today, 7 * STEPS[words["step"]]))


def calendar_month(words: Words, today: date, _lean: Lean) -> DaySpan:
    return month_span(today.year, today.month + _ahead(words["step"]))


def calendar_year(words: Words, today: date, _lean: Lean) -> DaySpan:
    return year_span(today.year + _ahead(words["step"]))


def _ahead(step: str) -> int:
    """`The coming year` is the next; the coming week and weekend are those we are in."""
    return 1 if step == "coming" else STEPS[step]


def _shifted(unit: str, count: int, today: date) -> DaySpan:
    """The unit that lies `count` of it away from today."""
    match unit:
        case "day":
            return day_span(moved(today, count))
        case "weekend":
            return weekend_span(moved(today, 7 * count))
        case "week":
            return week_span(moved(today, 7 * count))
        case "month":
            return month_span(today.year, today.month + count)
    return year_span(today.year + count)


def _away(words: Words, today: date, sign: int) -> DaySpan | None:
    if words["unit"] in ("minute", "hour"):
        return None
    count = sign * _number(words["n"])
    if words["n"] == FEW and words["unit"] == "day":
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


def weekday_day(words: Words, today: date, lean: Lean) -> DaySpan:
    """The nearest month whose day of that number is that weekday: `Thursday the 15th`."""
    choices = [
        day_span(day)
        for offset in _MONTHS_AROUND
        if (day := _day_in(month_span(today.year, today.month + offset), int(words["day"]))) is not None
        and day.weekday() == _weekday(words["weekday"])
        and (lean is not Lean.PAST or day <= today)
        and (lean is not Lean.FUTURE or day >= today)
    ]
    if not choices:
        raise OutOfRange(f"{words['weekday']} {words['day']}")
    return min(choices, key=lambda span: (abs((span.first - today).days), span.first < today))


def _day_in(month: DaySpan, number: int) -> date | None:
    day = month.first + timedelta(days=number - 1)
    return day if month.first <= day < month.end else None


_MONTHS_AROUND = range(-13, 14)
"""Every pair of a weekday and a number up to 30 falls together within so many months."""


def week_of(words: Words, today: date, lean: Lean) -> DaySpan:
    return week_span(month_day(words, today, lean).first)


def nth_week_of_month(words: Words, today: date, lean: Lean) -> DaySpan:
    """Of the weeks that lie in the month whole, as Duckling counts them."""
    month, nth = _month(words["month"]), int(words["nth"])

    def spans(year: int) -> DaySpan:
        if nth > 0:
            return week_span(nth_weekday(year, month, 0, nth))
        return week_span(nth_weekday(year, month, 6, -1))

    return spans(int(words["year"])) if words["year"] else leaning(spans, today, lean)


def nth_day_of_month(words: Words, today: date, lean: Lean) -> DaySpan:
    month, nth = _month(words["month"]), int(words["nth"])

    def spans(year: int) -> DaySpan:
        whole = month_span(year, month)
        return day_span(moved(whole.first, nth - 1) if nth > 0 else moved(whole.end, -1))

    return spans(int(words["year"])) if words["year"] else leaning(spans, today, lean)


def dotted(words: Words, today: date, lean: Lean) -> DaySpan:
    """Day before month."""
    day, month = int(words["left"]), int(words["right"])
    if words["year"]:
        return calendar_day(int(words["year"]), month, day)
    return leaning(lambda year: calendar_day(year, month, day), today, lean)


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
    if STEPS[step] < 0:
        return max((span for span in around if span.end <= today), key=lambda span: span.first)
    if step in ("next", "coming"):
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
    nth = int(words["nth"])

    def spans(year: int) -> DaySpan:
        if words["day_name"] == "weekend":
            return weekend_span(nth_weekday(year, month, 5, nth))
        return day_span(nth_weekday(year, month, _weekday(words["day_name"]), nth))

    return spans(int(words["year"])) if words["year"] else leaning(spans, today, lean)


FEASTS: Mapping[str, Callable[[int], date]] = {
    "new year": lambda year: date(year, 1, 1),
    "valentine": lambda year: date(year, 2, 14),
    "good friday": lambda year: moved(easter(year), -2),
    "easter": easter,
    "easter monday": lambda year: moved(easter(year), 1),
    "pentecost": lambda year: moved(easter(year), 49),
    "halloween": lambda year: date(year, 10, 31),
    "thanksgiving": lambda year: nth_weekday(year, 11, 3, 4),
    "saint nicholas": lambda year: date(year, 12, 6),
    "christmas eve": lambda year: date(year, 12, 24),
    "christmas": lambda year: date(year, 12, 25),
    "boxing day": lambda year: date(year, 12, 26),
    "new year's eve": lambda year: date(year, 12, 31),
}


def feast_time(words: Words, today: date, lean: Lean) -> DaySpan | None:
    """`For Halloween`: of any year, unless the sentence says whether it is over."""
    return feast(words, today, lean) if words["year"] or lean is not Lean.NONE else None


def feast(words: Words, today: date, lean: Lean) -> DaySpan:
    def spans(year: int) -> DaySpan:
        return day_span(FEASTS[words["feast"]](checked(year)))

    if words["year"]:
        return spans(int(words["year"]))
    if words["step"] and (words["step"] != "this" or lean is Lean.NONE):
        return _stepped(spans, words["step"], today)
    return leaning(spans, today, lean)
