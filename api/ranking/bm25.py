"""BM25 (Robertson and Zaragoza, 2009) over the candidates of an OR query.

Pure. Terms are the lexemes of the query, given by position: a document is its frequencies of them, and its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

K1 = 0.9
B = 0.4
"""Chosen on people's chats and model-written ones together (DESIGN section 6)."""

MOST_LEXEMES = 64
"""Of a query: a pasted page would otherwise match everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is known of a text: how often it holds each lexeme of the query, and how many lexemes it has."""

    frequencies: tuple[int, ...]
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What the documents are drawn from: how many there are, matching or not, and how long one is on average."""

    count: int
    average_length: float


def rarity(documents: Sequence[Document], corpus: Corpus, terms: int) -> tuple[float, ...]:
    """The inverse document frequency of each of `terms` lexemes. `documents` holds all of the corpus that match."""
    having = [sum(1 for document in documents if document.frequencies[term]) for term in range(terms)]
    return tuple(log(1 + (max(corpus.count, df) - df + 0.5) / (df + 0.5)) for df in having)


def score(document: Document, rarities: Sequence[float], average_length: float) -> float:
    """How well the document answers: 0 where it holds no lexeme of the query."""
    norm = K1 * (1 - B + B * document.length / average_length) if average_length else K1
    return sum(
        rare * frequency * (K1 + 1) / (frequency + norm)
        for rare, frequency in zip(rarities, document.frequencies, strict=True)
        if frequency
    )
