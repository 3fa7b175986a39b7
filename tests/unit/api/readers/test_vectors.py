"""Reading text vectors as PostgreSQL writes them, and writing queries as it reads them."""

from __future__ import annotations

import pytest

from api.ranking.asked import Term
from api.readers.vectors import or_query, reader


def test_an_or_query_quotes_what_tsquery_would_read_as_syntax() -> None:
    assert or_query(["cat", "o'brien", "a\\b", "x | y"]) == r"'cat' | 'o''brien' | 'a\\b' | 'x | y'"


TERMS = (Term(lexemes=("cat",)), Term(lexemes=("dog", "hound")))


@pytest.mark.parametrize(
    ("vector", "places"),
    [
        ("", {}),
        ("'cat':3", {0: [3]}),
        ("'cat':3,17A,200B 'dog':1", {0: [3, 17, 200], 1: [1]}),
        ("'dog':4 'hound':2,9", {1: [2, 4, 9]}),
        ("'bobcat':1 'catfish':2 'dogcat':3", {}),
        (r"'x''cat':1 'y ''cat'':2':3 'dog':4,5", {1: [4, 5]}),
    ],
)
def test_places_are_those_of_whole_lexemes(vector: str, places: dict[int, list[int]]) -> None:
    assert reader(TERMS)(vector) == places


def test_lexemes_with_quotes_and_backslashes_are_found() -> None:
    terms = [Term(lexemes=(lexeme,)) for lexeme in ("o'brien", "a\\b", "a.c")]
    assert reader(terms)(r"'a.c':1 'a\\b':2,3 'abc':9 'o''brien':4,5,6") == {0: [4, 5, 6], 1: [2, 3], 2: [1]}


def test_one_lexeme_may_begin_like_another() -> None:
    assert reader([Term(lexemes=("a",)), Term(lexemes=("ab",))])("'ab':1,2 'a':3") == {0: [3], 1: [1, 2]}
