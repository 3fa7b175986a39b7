"""Each expression means the days that people mean by it, seen from a Wednesday; what is vague means nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.enums import Granularity
from streams.extraction.dates import Clock, DateMention, Lean, Part, find_dates, may_hold_dates, zone_of
from streams.extraction.dates.english import ENGLISH
from streams.extraction.dates.german import GERMAN
from streams.extraction.dates.language import Language
from streams.extraction.dates.spans import easter
from unit.streams.extraction.dates import english_cases, german_cases

NOW = datetime(2024, 6, 12, 15, 30, tzinfo=UTC)  # a Wednesday
CLOCK = Clock(at=NOW, zone=zone_of(None))
_DAYS = {"day": 1, "weekend": 2, "week": 7}
_LANGUAGES = {
    ENGLISH: [english_cases.OWN, english_cases.DUCKLING],
    GERMAN: [german_cases.OWN, german_cases.DUCKLING],
}
_CASES = [
    (language, cases.clock, *row) for language, groups in _LANGUAGES.items() for cases in groups for row in cases.rows
]
_NO_DATES = [
    *((ENGLISH, text) for text in english_cases.NO_DATES),
    *((GERMAN, text) for text in german_cases.NO_DATES),
]

_WORDS = sorted({word for language, _, text, *_ in _CASES if language is ENGLISH for word in text.split()})
_WITHOUT_ANCHOR_WORDS = replace(ENGLISH, anchor_words=None)


def found(text: str, lean: Lean = Lean.NONE, clock: Clock = CLOCK, language: Language = ENGLISH) -> list[DateMention]:
    return list(find_dates(text, clock, lean, language=language))


@pytest.mark.parametrize(("language", "clock", "text", "lean", "first", "granularity"), _CASES)
def test_an_expression_means_its_days(
    language: Language, clock: Clock, text: str, lean: Lean, first: str, granularity: str
) -> None:
    assert may_hold_dates(text, language)
    (mention,) = found(text, lean, clock, language)
    assert (mention.valid_from.date().isoformat(), mention.granularity.value) == (first, granularity)
    assert mention.valid_from.time() == mention.valid_to.time() == datetime.min.time()
    if granularity in _DAYS:
        assert mention.valid_to - mention.valid_from == timedelta(days=_DAYS[granularity])


@given(words=st.lists(st.sampled_from(_WORDS), max_size=6), between=st.sampled_from([" ", "-", ", ", "_", "/", "\n"]))
@example(words=["since", "2019"], between=" ")
@example(words=["on", "the", "02nd"], between=" ")
def test_a_look_at_the_words_puts_no_text_aside_that_holds_dates(words: list[str], between: str) -> None:
    text = between.join(words)
    assert found(text) == found(text, language=_WITHOUT_ANCHOR_WORDS)


@pytest.mark.parametrize(("language", "text"), _NO_DATES)
def test_what_is_vague_or_no_date_means_nothing(language: Language, text: str) -> None:
    assert found(text, language=language) == []


@pytest.mark.parametrize("language", _LANGUAGES)
def test_every_expression_is_exercised(language: Language) -> None:
    cases = [case for case in _CASES if case[0] is language]
    used = {mention.expression for _, clock, text, lean, *_ in cases for mention in found(text, lean, clock, language)}
    used |= {
        mention.expression
        for text in ("I've skied for three years", "for the past year or for the last 2 years", "seit zwei Jahren")
        for mention in found(text, language=language)
    }
    assert used == {expression.name for expression in language.expressions}


@pytest.mark.parametrize(
    ("text", "part", "first"),
    [
        ("since 2019", Part.SINCE, "2019-01-01"),
        ("since Monday", Part.SINCE, "2024-06-10"),
        ("I've skied for three years", Part.SINCE, "2021-01-01"),
        ("for the past two months", Part.SINCE, "2024-04-01"),
        ("until 2020", Part.UNTIL, "2020-01-01"),
        ("until the end of the year", Part.UNTIL, "2024-01-01"),
        ("by Monday", Part.BY, "2024-06-17"),
        ("by April 24 2025", Part.BY, "2025-04-24"),
        ("before May 2025", Part.BY, "2025-05-01"),
        ("by the end of next week", Part.BY, "2024-06-17"),
        ("on Monday", Part.WHEN, "2024-06-17"),
        ("seit 2019", Part.SINCE, "2019-01-01"),
        ("seit Montag", Part.SINCE, "2024-06-10"),
        ("seit dem 3. Mai", Part.SINCE, "2024-05-03"),
        ("seit drei Jahren", Part.SINCE, "2021-01-01"),
        ("ab Mai", Part.SINCE, "2024-05-01"),
        ("bis 2030", Part.UNTIL, "2030-01-01"),
        ("bis Freitag", Part.UNTIL, "2024-06-14"),
        ("bis zum 20.", Part.UNTIL, "2024-06-20"),
        ("vor Mai 2025", Part.BY, "2025-05-01"),
        ("vor drei Tagen", Part.WHEN, "2024-06-09"),
    ],
)
def test_prepositions_say_what_the_date_bounds(text: str, part: Part, first: str) -> None:
    (mention,) = found(text) or found(text, language=GERMAN)
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
    assert any(case[-1] == granularity.value for case in _CASES)
