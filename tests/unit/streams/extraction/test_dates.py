"""Each expression means the days that people mean by it, seen from a Wednesday; what is vague means nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schemas.enums import Granularity
from streams.extraction.calendar_spans import Lean, easter
from streams.extraction.date_grammar import EXPRESSIONS
from streams.extraction.dates import Clock, DateMention, Part, find_dates, zone_of

NOW = datetime(2024, 6, 12, 15, 30, tzinfo=UTC)  # a Wednesday
CLOCK = Clock(at=NOW, zone=zone_of(None))
_UNITS = {"day": 1, "weekend": 2, "week": 7}

CASES: list[tuple[str, Lean, str, str]] = [
    # days around today
    ("I'm tired today", Lean.NONE, "2024-06-12", "day"),
    ("see the film tonight", Lean.FUTURE, "2024-06-12", "day"),
    ("this morning I ran", Lean.PAST, "2024-06-12", "day"),
    ("it broke earlier today", Lean.PAST, "2024-06-12", "day"),
    ("yesterday", Lean.PAST, "2024-06-11", "day"),
    ("yesterday evening", Lean.PAST, "2024-06-11", "day"),
    ("last night", Lean.PAST, "2024-06-11", "day"),
    ("the day before yesterday", Lean.PAST, "2024-06-10", "day"),
    ("the night before last", Lean.PAST, "2024-06-10", "day"),
    ("tomorrow", Lean.FUTURE, "2024-06-13", "day"),
    ("tommorow", Lean.FUTURE, "2024-06-13", "day"),
    ("tmrw", Lean.FUTURE, "2024-06-13", "day"),
    ("tomorrow morning", Lean.FUTURE, "2024-06-13", "day"),
    ("the day after tomorrow", Lean.FUTURE, "2024-06-14", "day"),
    ("a week from today", Lean.FUTURE, "2024-06-19", "day"),
    ("a week from tomorrow", Lean.FUTURE, "2024-06-20", "day"),
    ("three days ago", Lean.PAST, "2024-06-09", "day"),
    ("a couple of days ago", Lean.PAST, "2024-06-10", "day"),
    ("in 10 days", Lean.FUTURE, "2024-06-22", "day"),
    ("2 days from now", Lean.FUTURE, "2024-06-14", "day"),
    # weekdays
    ("on Friday", Lean.FUTURE, "2024-06-14", "day"),
    ("on Friday", Lean.PAST, "2024-06-07", "day"),
    ("on Friday", Lean.NONE, "2024-06-14", "day"),
    ("on Wednesday", Lean.FUTURE, "2024-06-19", "day"),
    ("on Wednesday", Lean.PAST, "2024-06-05", "day"),
    ("Monday morning", Lean.PAST, "2024-06-10", "day"),
    ("on sat", Lean.FUTURE, "2024-06-15", "day"),
    ("last Friday", Lean.PAST, "2024-06-07", "day"),
    ("last Wednesday", Lean.PAST, "2024-06-05", "day"),
    ("last Monday night", Lean.PAST, "2024-06-10", "day"),
    ("this past Tuesday", Lean.PAST, "2024-06-11", "day"),
    ("this Friday", Lean.FUTURE, "2024-06-14", "day"),
    ("this Monday", Lean.PAST, "2024-06-10", "day"),
    ("this Monday", Lean.FUTURE, "2024-06-17", "day"),
    ("this coming Sunday", Lean.FUTURE, "2024-06-16", "day"),
    ("this coming Wednesday", Lean.FUTURE, "2024-06-19", "day"),
    ("next Friday", Lean.FUTURE, "2024-06-21", "day"),
    ("next Monday", Lean.FUTURE, "2024-06-17", "day"),
    ("Friday next week", Lean.FUTURE, "2024-06-21", "day"),
    ("Tuesday of last week", Lean.PAST, "2024-06-04", "day"),
    ("two Fridays ago", Lean.PAST, "2024-05-31", "day"),
    ("the Friday before last", Lean.PAST, "2024-05-31", "day"),
    ("a week from Friday", Lean.FUTURE, "2024-06-21", "day"),
    ("Friday week", Lean.FUTURE, "2024-06-21", "day"),
    ("the first Sunday of July", Lean.FUTURE, "2024-07-07", "day"),
    ("the last Friday in May 2023", Lean.PAST, "2023-05-26", "day"),
    # weekends, weeks
    ("last weekend", Lean.PAST, "2024-06-08", "weekend"),
    ("this past weekend", Lean.PAST, "2024-06-08", "weekend"),
    ("this weekend", Lean.FUTURE, "2024-06-15", "weekend"),
    ("over the weekend", Lean.PAST, "2024-06-08", "weekend"),
    ("at the weekend", Lean.FUTURE, "2024-06-15", "weekend"),
    ("next weekend", Lean.FUTURE, "2024-06-22", "weekend"),
    ("two weekends ago", Lean.PAST, "2024-06-01", "weekend"),
    ("the weekend before last", Lean.PAST, "2024-06-01", "weekend"),
    ("first weekend of August", Lean.FUTURE, "2024-08-03", "weekend"),
    ("last week", Lean.PAST, "2024-06-03", "week"),
    ("this week", Lean.NONE, "2024-06-10", "week"),
    ("earlier this week", Lean.PAST, "2024-06-10", "week"),
    ("next week", Lean.FUTURE, "2024-06-17", "week"),
    ("the week before last", Lean.PAST, "2024-05-27", "week"),
    ("the week after next", Lean.FUTURE, "2024-06-24", "week"),
    ("the end of next week", Lean.FUTURE, "2024-06-17", "week"),
    ("three weeks ago", Lean.PAST, "2024-05-20", "week"),
    ("in two weeks", Lean.FUTURE, "2024-06-24", "week"),
    # months, seasons, years
    ("last month", Lean.PAST, "2024-05-01", "month"),
    ("this month", Lean.NONE, "2024-06-01", "month"),
    ("next month", Lean.FUTURE, "2024-07-01", "month"),
    ("the end of the month", Lean.FUTURE, "2024-06-01", "month"),
    ("the end of the year", Lean.FUTURE, "2024-01-01", "year"),
    ("four months ago", Lean.PAST, "2024-02-01", "month"),
    ("in a month", Lean.FUTURE, "2024-07-01", "month"),
    ("in March", Lean.PAST, "2024-03-01", "month"),
    ("in March", Lean.FUTURE, "2025-03-01", "month"),
    ("in August", Lean.PAST, "2023-08-01", "month"),
    ("in June", Lean.PAST, "2024-06-01", "month"),
    ("in May 2019", Lean.PAST, "2019-05-01", "month"),
    ("late November", Lean.FUTURE, "2024-11-01", "month"),
    ("last May", Lean.PAST, "2024-05-01", "month"),
    ("next January", Lean.FUTURE, "2025-01-01", "month"),
    ("last summer", Lean.PAST, "2023-06-01", "season"),
    ("this summer", Lean.FUTURE, "2024-06-01", "season"),
    ("next winter", Lean.FUTURE, "2024-12-01", "season"),
    ("last winter", Lean.PAST, "2023-12-01", "season"),
    ("the summer of 2019", Lean.PAST, "2019-06-01", "season"),
    ("last year", Lean.PAST, "2023-01-01", "year"),
    ("next year", Lean.FUTURE, "2025-01-01", "year"),
    ("back in 2019", Lean.PAST, "2019-01-01", "year"),
    ("in 2030", Lean.FUTURE, "2030-01-01", "year"),
    ("two years ago", Lean.PAST, "2022-01-01", "year"),
    ("about 10 years ago", Lean.PAST, "2014-01-01", "year"),
    ("in five years", Lean.FUTURE, "2029-01-01", "year"),
    # absolute dates
    ("on March 14", Lean.PAST, "2024-03-14", "day"),
    ("on March 14", Lean.FUTURE, "2025-03-14", "day"),
    ("March 14th, 2023", Lean.NONE, "2023-03-14", "day"),
    ("14 March 2023", Lean.NONE, "2023-03-14", "day"),
    ("the 14th of March", Lean.PAST, "2024-03-14", "day"),
    ("Jan 5", Lean.FUTURE, "2025-01-05", "day"),
    ("Friday, June 21st", Lean.FUTURE, "2024-06-21", "day"),
    ("Saturday the 22nd of June", Lean.FUTURE, "2024-06-22", "day"),
    ("on the 20th.", Lean.FUTURE, "2024-06-20", "day"),
    ("on the 3rd and", Lean.FUTURE, "2024-07-03", "day"),
    ("on the 20th.", Lean.PAST, "2024-05-20", "day"),
    ("Feb 29", Lean.PAST, "2024-02-29", "day"),
    ("2023-11-05", Lean.NONE, "2023-11-05", "day"),
    ("10.01.2024", Lean.NONE, "2024-01-10", "day"),
    ("25/12/2023", Lean.NONE, "2023-12-25", "day"),
    ("12/25/2023", Lean.NONE, "2023-12-25", "day"),
    ("05/05/2023", Lean.NONE, "2023-05-05", "day"),
    # feasts
    ("on Christmas Eve", Lean.FUTURE, "2024-12-24", "day"),
    ("last Christmas", Lean.PAST, "2023-12-25", "day"),
    ("on New Year's Eve", Lean.PAST, "2023-12-31", "day"),
    ("on New Year's Day", Lean.FUTURE, "2025-01-01", "day"),
    ("on Halloween", Lean.PAST, "2023-10-31", "day"),
    ("next Thanksgiving", Lean.FUTURE, "2024-11-28", "day"),
    ("at Easter", Lean.PAST, "2024-03-31", "day"),
]

NO_DATES = [
    "every Friday",
    "on Fridays",
    "happy Friday!",
    "Black Friday",
    "any day now",
    "one day I'll go",
    "the other day",
    "soon",
    "I may 5 times",
    "we sat down in the sun",
    "03/04/2024",
    "30 February",
    "2024-13-01",
    "on the 5th floor",
    "the 5th grade",
    "in 2000 lines",
    "since 2000 people came",
    "version 10.04",
    "at 7:30",
    "in 20 minutes",
    "two hours ago",
    "march on",
    "the second",
    "4 years old",
    "now and then",
    "in the summer",
    "a day",
    "9999 years ago",
]


def found(text: str, lean: Lean = Lean.NONE, clock: Clock = CLOCK) -> list[DateMention]:
    return list(find_dates(text, clock, lean))


@pytest.mark.parametrize(("text", "lean", "first", "granularity"), CASES)
def test_an_expression_means_its_days(text: str, lean: Lean, first: str, granularity: str) -> None:
    (mention,) = found(text, lean)
    assert (mention.valid_from.date().isoformat(), mention.granularity.value) == (first, granularity)
    assert mention.valid_from.time() == mention.valid_to.time() == datetime.min.time()
    if granularity in _UNITS:
        assert mention.valid_to - mention.valid_from == timedelta(days=_UNITS[granularity])


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_vague_or_no_date_means_nothing(text: str) -> None:
    assert found(text) == []


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 80


def test_every_expression_is_exercised() -> None:
    used = {mention.expression for text, lean, *_ in CASES for mention in found(text, lean)}
    used |= {mention.expression for text in ("for three years",) for mention in found(text)}
    assert used == {expression.name for expression in EXPRESSIONS}


@pytest.mark.parametrize(
    ("text", "part", "first"),
    [
        ("since 2019", Part.SINCE, "2019-01-01"),
        ("since Monday", Part.SINCE, "2024-06-10"),
        ("for three years", Part.SINCE, "2021-01-01"),
        ("for the past two months", Part.SINCE, "2024-04-01"),
        ("until 2020", Part.UNTIL, "2020-01-01"),
        ("until the end of the year", Part.UNTIL, "2024-01-01"),
        ("by Monday", Part.BY, "2024-06-17"),
        ("by April 24 2025", Part.BY, "2025-04-24"),
        ("before May 2025", Part.BY, "2025-05-01"),
        ("by the end of next week", Part.BY, "2024-06-17"),
        ("on Monday", Part.WHEN, "2024-06-17"),
    ],
)
def test_prepositions_say_what_the_date_bounds(text: str, part: Part, first: str) -> None:
    (mention,) = found(text)
    assert (mention.part, mention.valid_from.date().isoformat()) == (part, first)


def test_a_few_days_ago_is_a_stretch_not_a_day() -> None:
    (mention,) = found("a few days ago")
    assert mention.valid_from.date() == date(2024, 6, 7)
    assert mention.valid_to.date() == date(2024, 6, 11)


def test_months_seasons_and_years_end_where_the_next_begins() -> None:
    ends = {text: found(text, Lean.PAST)[0].valid_to.date() for text in ("in February 2024", "last winter", "in 2023")}
    assert list(ends.values()) == [date(2024, 3, 1), date(2024, 3, 1), date(2024, 1, 1)]


def test_spans_are_places_in_the_text() -> None:
    text = "Well, last Friday I ran; on June 20th I rest."
    mentions = found(text)
    assert [text[each.start : each.end] for each in mentions] == ["last Friday", "June 20th"]


def test_only_the_given_stretch_is_read() -> None:
    text = "yesterday and tomorrow"
    assert [each.expression for each in find_dates(text, CLOCK, start=10)] == ["tomorrow"]
    assert [each.expression for each in find_dates(text, CLOCK, end=12)] == ["yesterday"]


@pytest.mark.parametrize(
    ("zone", "at", "first"),
    [
        ("Europe/Lisbon", datetime(2024, 6, 12, 23, 30, tzinfo=UTC), datetime(2024, 6, 12, 23, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2024, 6, 12, 3, 0, tzinfo=UTC), datetime(2024, 6, 11, 7, tzinfo=UTC)),
        ("Nowhere/Land", datetime(2024, 6, 12, 3, 0, tzinfo=UTC), datetime(2024, 6, 12, tzinfo=UTC)),
    ],
)
def test_a_day_is_that_of_the_speaker(zone: str, at: datetime, first: datetime) -> None:
    (mention,) = found("tonight", clock=Clock(at=at, zone=zone_of(zone)))
    assert mention.valid_from == first


def test_a_day_of_the_clock_change_has_its_own_length() -> None:
    clock = Clock(at=datetime(2024, 3, 31, 12, tzinfo=UTC), zone=ZoneInfo("Europe/Lisbon"))
    (mention,) = found("today", clock=clock)
    assert mention.valid_to - mention.valid_from == timedelta(hours=23)


@pytest.mark.parametrize(
    ("year", "day"), [(1961, (4, 2)), (2000, (4, 23)), (2024, (3, 31)), (2025, (4, 20)), (2038, (4, 25))]
)
def test_easter_falls_where_the_almanac_puts_it(year: int, day: tuple[int, int]) -> None:
    assert easter(year) == date(year, *day)


@pytest.mark.parametrize("granularity", [each for each in Granularity if each is not Granularity.UNKNOWN])
def test_every_granularity_occurs(granularity: Granularity) -> None:
    assert any(case[3] == granularity.value for case in CASES)
