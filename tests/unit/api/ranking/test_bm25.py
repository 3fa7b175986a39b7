"""BM25 on documents small enough to reckon by hand."""

from __future__ import annotations

from math import log

import pytest

from api.ranking.bm25 import K1, B, Corpus, Document, rarity, score


def document(*frequencies: int, length: int = 10) -> Document:
    return Document(frequencies=frequencies, length=length)


def test_the_formula() -> None:
    norm = K1 * (1 - B + B * 20 / 10)
    assert score(document(3, length=20), [1.5], 10) == pytest.approx(1.5 * 3 * (K1 + 1) / (3 + norm))


def test_rarity_is_robertson_s_and_never_negative() -> None:
    documents = [document(1, 0), document(2, 0), document(1, 1)]
    common, rare = rarity(documents, Corpus(count=10, average_length=10), 2)
    assert common == pytest.approx(log(1 + (10 - 3 + 0.5) / 3.5))
    assert rare == pytest.approx(log(1 + (10 - 1 + 0.5) / 1.5))
    (everywhere,) = rarity([document(1)] * 5, Corpus(count=3, average_length=1), 1)
    assert everywhere > 0


def test_nothing_in_common_scores_nothing() -> None:
    assert score(document(0, 0), [1.0, 1.0], 10) == 0


def test_rarer_words_shorter_texts_and_more_of_a_word_score_more() -> None:
    rarities = [3.0, 1.0]
    assert score(document(1, 0), rarities, 10) > score(document(0, 1), rarities, 10)
    assert score(document(1, 0, length=5), rarities, 10) > score(document(1, 0, length=50), rarities, 10)
    assert score(document(2, 0), rarities, 10) > score(document(1, 0), rarities, 10)


def test_an_empty_collection_has_no_average() -> None:
    assert score(document(1), [1.0], 0.0) > 0
