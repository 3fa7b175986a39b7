"""BM25 on documents small enough to reckon by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from api.ranking.asked import Pair, Term
from api.ranking.bm25 import K1, PAIR_WEIGHT, B, Corpus, Document, frequencies, rarity, scores, together

ONE, TWO = Term(lexemes=("one",)), Term(lexemes=("two", "deux"))


def document(*places: list[int], length: int = 10) -> Document:
    return Document(places={n: each for n, each in enumerate(places) if each}, length=length)


def score(one: Document, *rarities: float, average: float = 10.0) -> float:
    found = frequencies([one], len(rarities))
    return float(scores(found, np.array([float(one.length)]), np.array(rarities), average).sum())


def test_the_formula() -> None:
    norm = K1 * (1 - B + B * 20 / 10)
    expected = 1.5 * 3 * (K1 + 1) / (3 + norm)
    assert score(document([1, 4, 9], length=20), 1.5) == pytest.approx(expected)


def test_rarity_is_robertson_s_and_never_negative() -> None:
    found = frequencies([document([1], []), document([1, 2], []), document([1], [2])], 2)
    common, rare = rarity(found, Corpus(count=10, average_length=10), [ONE, TWO])
    assert common == pytest.approx(log(1 + (10 - 3 + 0.5) / 3.5))
    assert rare == pytest.approx(log(1 + (10 - 1 + 0.5) / 1.5))
    (everywhere,) = rarity(frequencies([document([1])] * 5, 1), Corpus(count=3, average_length=1), [ONE])
    assert everywhere > 0


def test_the_statistics_of_a_scope_outrank_those_of_the_documents_at_hand() -> None:
    corpus = Corpus(count=100, average_length=10, having={"one": 40, "two": 5, "deux": 4})
    one, two = rarity(frequencies([document([1], [])], 2), corpus, [ONE, TWO])
    assert one == pytest.approx(log(1 + 60.5 / 40.5))
    assert two == pytest.approx(log(1 + 91.5 / 9.5))


def test_an_empty_word_weighs_less() -> None:
    found, corpus = frequencies([document([1], [1])], 2), Corpus(count=9, average_length=5)
    full, half = rarity(found, corpus, [ONE, Term(lexemes=("two",), weight=0.5)])
    assert half == pytest.approx(full / 2)


def test_nothing_in_common_scores_nothing() -> None:
    assert score(document([], []), 1.0, 1.0) == 0


def test_rarer_words_shorter_texts_and_more_of_a_word_score_more() -> None:
    assert score(document([1], []), 3, 1) > score(document([], [1]), 3, 1)
    assert score(document([1], [], length=5), 3, 1) > score(document([1], [], length=50), 3, 1)
    assert score(document([1, 2], []), 3, 1) > score(document([1], []), 3, 1)


def test_an_empty_collection_has_no_average() -> None:
    assert score(document([1]), 1.0, average=0.0) > 0


@pytest.mark.parametrize(
    ("first", "second", "worth"),
    [([3], [4], 1.0), ([3], [5], 1.0), ([3], [6], 0.0), ([4], [3], 0.0), ([1, 8], [5, 9], 1.0), ([3], [], 0.0)],
)
def test_two_words_count_again_where_they_stand_as_in_the_question(
    first: list[int], second: list[int], worth: float
) -> None:
    one = document(first, second)
    (found,) = together([one], frequencies([one], 2), [Pair(0, 1, 1)], np.array([3.0, 1.0]))[0]
    assert found == worth * PAIR_WEIGHT
