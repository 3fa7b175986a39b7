"""Questions taken apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.ranking.asked import EMPTY_WEIGHT, MOST_LEXEMES, Asked, Lexeme, Pair, analyse

NOW = datetime(2024, 5, 17, 9, tzinfo=UTC)
"""A Friday."""


def asked(query: str, *lexemes: str) -> Asked:
    return analyse(query, [Lexeme(text, place) for place, text in enumerate(lexemes or ["chess"], start=1)], NOW)


def test_irregular_forms_are_one_word_unless_the_question_holds_both() -> None:
    assert asked("", "buy", "car").terms[0].lexemes == ("buy", "bought")
    assert asked("", "buy", "bought").terms[0].lexemes == ("buy",)
    assert asked("", "buy", "car").lexemes == ("buy", "bought", "car")


def test_words_that_questions_are_made_of_weigh_less() -> None:
    assert [term.weight for term in asked("", "kind", "car").terms] == [EMPTY_WEIGHT, 1.0]


def test_pairs_are_words_next_to_each_other_or_a_stop_word_apart() -> None:
    lexemes = [Lexeme("red", 1), Lexeme("car", 2), Lexeme("porto", 4), Lexeme("river", 7)]
    assert analyse("", lexemes, NOW).pairs == (Pair(0, 1, 1), Pair(1, 2, 2))


@pytest.mark.parametrize(
    ("query", "start", "days"),
    [
        ("What did I do yesterday?", datetime(2024, 5, 16, tzinfo=UTC), 1),
        ("What happened in May 2023?", datetime(2023, 5, 1, tzinfo=UTC), 31),
        ("Where were we on 3 March 2024?", datetime(2024, 3, 3, tzinfo=UTC), 1),
        ("What did Ana do last week?", datetime(2024, 5, 6, tzinfo=UTC), 7),
    ],
)
def test_time_words_are_reckoned_from_the_asker_s_clock(query: str, start: datetime, days: int) -> None:
    (span,) = asked(query).spans
    assert (span.start, span.end) == (start, start + timedelta(days=days))
    assert span.expression in query


@pytest.mark.parametrize(
    ("query", "first_person", "when"),
    [
        ("When did my sister visit?", True, True),
        ("What year did Rui move?", False, True),
        ("What does Rui say when he wins?", False, False),
        ("how long have i played?", True, True),
        ("Which mine did Ivo visit in Rome?", True, False),
    ],
)
def test_whom_and_what_it_is_about(query: str, first_person: bool, when: bool) -> None:
    found = asked(query)
    assert (found.first_person, found.when) == (first_person, when)


@pytest.mark.parametrize(
    ("lexeme", "dated"),
    [("may", True), ("17", True), ("2024", True), ("100", False), ("march", True), ("x2", False)],
)
def test_a_date_is_named_by_a_month_a_day_or_a_year(lexeme: str, dated: bool) -> None:
    assert asked("", "carolin", lexeme).names_a_date is dated


def test_a_pasted_page_is_cut() -> None:
    assert len(asked("", *(f"w{n}" for n in range(200))).terms) == MOST_LEXEMES
