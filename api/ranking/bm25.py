"""BM25 (Robertson and Zaragoza, 2009) over the candidates of an OR query, with its pairs of words.

Pure. Arrays are terms (or pairs) by documents. A term is a word of the question in any of its forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from api.ranking.asked import Pair, Term
from schemas.construction import quickly_made

Array: TypeAlias = NDArray[np.float64]

K1 = 0.9
B = 0.5
"""Chosen on people's chats and model-written ones together (docs/search.md)."""
PAIR_WEIGHT = 0.7
"""What two words that stand together as in the question add, as a share of what the commoner of them is worth."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is known of a text: where it holds each term, by the number of the term, and how many lexemes it has."""

    places: Mapping[int, Sequence[int]]
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What the documents are drawn from: how many there are, matching or not, and how long one is on average.

    `having` is how many hold a lexeme; None where the documents at hold are all that match, and are counted.
    """

    count: int
    average_length: float
    having: Mapping[str, int] | None = None


def frequencies(documents: Sequence[Document], terms: int) -> Array:
    """How often each document holds each term."""
    found = np.zeros((terms, len(documents)))
    for number, document in enumerate(documents):
        for term, places in document.places.items():
            found[term, number] = len(places)
    return found


def rarity(found: Array, corpus: Corpus, terms: Sequence[Term]) -> Array:
    """The weight of each term times its inverse document frequency."""
    if corpus.having is None:
        having = np.count_nonzero(found, axis=1).astype(float)
    else:
        having = np.array([sum(corpus.having.get(form, 0) for form in term.lexemes) for term in terms], dtype=float)
    count = np.maximum(float(corpus.count), having)
    weights = np.array([term.weight for term in terms], dtype=float)
    return np.asarray(weights * np.log1p((count - having + 0.5) / (having + 0.5)), dtype=float)


def scores(found: Array, lengths: Array, rarities: Array, average_length: float) -> Array:
    """What each term is worth in each document: 0 where it is not there."""
    relative = lengths / average_length if average_length else np.ones_like(lengths)
    norm = K1 * (1 - B + B * relative)
    return np.asarray(rarities[:, None] * found * (K1 + 1) / (found + norm), dtype=float)


def together(documents: Sequence[Document], found: Array, pairs: Sequence[Pair], rarities: Array) -> Array:
    """What each pair of words is worth in each document: the question's neighbours, in their order, side by side."""
    worth = np.zeros((len(pairs), len(documents)))
    for number, pair in enumerate(pairs):
        value = PAIR_WEIGHT * min(rarities[pair.first], rarities[pair.second])
        for column in np.flatnonzero((found[pair.first] > 0) & (found[pair.second] > 0)):
            if _stand_together(documents[int(column)], pair):
                worth[number, column] = value
    return worth


def _stand_together(document: Document, pair: Pair) -> bool:
    first, second = document.places[pair.first], document.places[pair.second]
    return any(0 < after - before <= pair.gap + 1 for before in first for after in second)
