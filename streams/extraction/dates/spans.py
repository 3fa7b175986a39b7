"""Stretches of whole days - a day, a weekend, a week, a month, a season, a year - and arithmetic on them.

Free of I/O. Weeks begin on Monday (ISO 8601); seasons are the meteorological ones of the northern hemisphere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from schemas.enums import Granularity

SEASON_STARTS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""Month in which a season begins; each lasts three months (WMO's convention for the northern hemisphere)."""

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
"""Beyond these a number is hardly a year, and arithmetic on dates stays clear of its limits."""


class Lean(StrEnum):
    """Which way an open expression points: `on Friday` is behind `I went`, and ahead of `I'm going`."""

    PAST = "past"
    FUTURE = "future"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpan:
    """Whole local days from `first` up to, not including, `end`."""

    first: date
    end: date
    granularity: Granularity


class OutOfRange(ValueError):
    """The words name a day that no calendar has, or one too far away to be meant."""


def checked(year: int) -> int:
    """`year`, where it is one that people speak of. Raises OutOfRange."""
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise OutOfRange(f"year {year}")
    return year


def moved(day: date, days: int) -> date:
    """`day` plus a number of days. Raises OutOfRange."""
    if abs(days) > 366 * (_LAST_YEAR - _FIRST_YEAR):
        raise OutOfRange(f"{days} days")
    shifted = day + timedelta(days=days)
    checked(shifted.year)
    return shifted


def day_span(day: date) -> DaySpan:
    return DaySpan(first=day, end=day + _ONE_DAY, granularity=Granularity.DAY)


def calendar_day(year: int, month: int, day: int) -> DaySpan:
    """Raises OutOfRange for a day such as 30 February."""
    try:
        return day_span(date(checked(year), month, day))
    except ValueError as error:
        raise OutOfRange(str(error)) from error


def week_span(day: date) -> DaySpan:
    """The week, Monday to Sunday, that holds `day`."""
    monday = day - timedelta(days=day.weekday())
    return DaySpan(first=monday, end=monday + timedelta(days=7), granularity=Granularity.WEEK)


def weekend_span(day: date) -> DaySpan:
    """The Saturday and Sunday of the week that holds `day`."""
    saturday = day + timedelta(days=_SATURDAY - day.weekday())
    return DaySpan(first=saturday, end=saturday + timedelta(days=2), granularity=Granularity.WEEKEND)


def month_span(year: int, month: int) -> DaySpan:
    """`month` counts from 1 and may lie outside 1..12: month 0 is December of the year before."""
    return _months(year, month, 1, Granularity.MONTH)


def season_span(name: str, year: int) -> DaySpan:
    """The season that begins in `year`; a winter ends in the next."""
    return _months(year, SEASON_STARTS[name], 3, Granularity.SEASON)


def year_span(year: int) -> DaySpan:
    return _months(year, 1, 12, Granularity.YEAR)


def _months(year: int, month: int, count: int, granularity: Granularity) -> DaySpan:
    return DaySpan(first=_first_of(year, month), end=_first_of(year, month + count), granularity=granularity)


def _first_of(year: int, month: int) -> date:
    return date(checked(year + (month - 1) // 12), (month - 1) % 12 + 1, 1)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth weekday (0 = Monday) of a month, counted from its end where `nth` is -1."""
    if nth < 0:
        last = _first_of(year, month + 1) - _ONE_DAY
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = _first_of(year, month)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm (Meeus, Astronomical Algorithms, ch. 8)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leaps, left = divmod(century, 4)
    epact = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    quarter, remainder = divmod(rest, 4)
    weekday = (32 + 2 * left + 2 * quarter - epact - remainder) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


def leaning(spans: Callable[[int], DaySpan], today: date, lean: Lean, offsets: Sequence[int] = (-1, 0, 1)) -> DaySpan:
    """The one of a recurring span (`spans(today.year + offset)`) that is meant.

    Behind `today` or holding it when leaning to the past, the reverse for the future, the nearest otherwise.
    """
    choices = [spans(today.year + offset) for offset in offsets]
    if lean is Lean.PAST:
        return max((span for span in choices if span.first <= today), key=lambda span: span.first)
    if lean is Lean.FUTURE:
        return min((span for span in choices if span.end > today), key=lambda span: span.first)
    return min(choices, key=lambda span: (abs((span.first - today).days), span.first < today))
