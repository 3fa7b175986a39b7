"""Reading text vectors as PostgreSQL writes them, and writing queries as it reads them."""

from __future__ import annotations

import pytest

from api.readers.vectors import counter, name_a_date, or_query


def test_an_or_query_quotes_what_tsquery_would_read_as_syntax() -> None:
    assert or_query(["cat", "o'brien", "a\\b", "x | y"]) == r"'cat' | 'o''brien' | 'a\\b' | 'x | y'"


@pytest.mark.parametrize(
    ("vector", "frequencies"),
    [
        ("", (0, 0)),
        ("'cat':3", (1, 0)),
        ("'cat':3,17A,200B 'dog':1", (3, 1)),
        ("'bobcat':1 'catfish':2 'dogcat':3", (0, 0)),
        (r"'x''cat':1 'y ''cat'':2':3 'dog':4,5", (0, 2)),
    ],
)
def test_frequencies_are_those_of_whole_lexemes(vector: str, frequencies: tuple[int, int]) -> None:
    assert counter(["cat", "dog"])(vector) == frequencies


def test_lexemes_with_quotes_and_backslashes_are_found() -> None:
    assert counter(["o'brien", "a\\b", "a.c"])(r"'a.c':1 'a\\b':2,3 'abc':9 'o''brien':4,5,6") == (3, 2, 1)


def test_one_lexeme_may_begin_like_another() -> None:
    assert counter(["a", "ab"])("'ab':1,2 'a':3") == (1, 2)


@pytest.mark.parametrize(
    ("lexemes", "dated"),
    [
        (["carolin", "may"], True),
        (["17"], True),
        (["2024"], True),
        (["100"], False),
        (["march"], True),
        (["x2"], False),
    ],
)
def test_a_date_is_named_by_a_month_a_day_or_a_year(lexemes: list[str], dated: bool) -> None:
    assert name_a_date(lexemes) is dated
