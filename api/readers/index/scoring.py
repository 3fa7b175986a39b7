"""BM25 over the postings of a scope, neighbours lending each other score, and the best: in numpy, some milliseconds.

Pure. What comes out are candidates: neighbours in other blocks lend nothing here. The statistics are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from api.ranking.bm25 import K1, B
from api.ranking.candidates import Cut
from api.ranking.neighbours import REACH, SHARES
from api.readers.index.arrays import Arrays, Documents, Flags, Floats
from schemas.construction import quickly_made

LIKELIEST: Final = 3
"""Documents with which all that stands beside them is read, to be lent to: of others, what lends to them. What stands
there and may be shown is mostly a candidate itself: the best ten of 600 questions were the same with 10 (with none, not
those of five)."""
SEEDS: Final = 3
"""How many more matches than wanted are looked at with their neighbours."""
DENSE: Final = 0.25
"""Matches, as a share of all documents, from which on it is cheaper to look at every document."""

NO_DOCUMENTS: Final = np.empty(0, np.int32)
NO_SCORES: Final = np.empty(0, np.float32)

Counts: TypeAlias = Callable[[Documents], Flags]
"""Which of some documents are of the scope, and stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Those of a query: every lexeme that matches, and of which word each is a form, by the number of the word."""

    lexemes: Sequence[str]
    word: Sequence[int]
    weights: Sequence[float]
    """By word."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What a block holds of a lexeme of the query, given by place: ordinals, then how often each holds it."""

    block: int
    lexeme: int
    documents: int
    packed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsealed:
    """What the tail has of the scope: its size, and of those that match in it how often they hold each lexeme."""

    count: int
    lengths: int
    frequencies: NDArray[np.float32]
    """By message and lexeme."""
    own_lengths: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`allowed`: by conversation code, whether it is of it; None: all are. `hidden`: documents that do not count.

    `unsealed`: codes of the conversations that are not all in blocks.
    """

    allowed: Flags | None
    hidden: Documents
    unsealed: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of the scope, exact: messages, their average length, and how many hold each lexeme of the query."""

    count: int
    average_length: float
    having: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """Documents and unsealed messages, each with its score, best first."""

    statistics: Statistics
    documents: Documents
    scores: Floats
    placed: Documents
    """Those of the documents that have their neighbours beside them, and of what stands beside those what lends to
    them, beside the likeliest all. The numbers of two neighbours tell how far they are from each other."""
    unsealed: Floats
    """The score of every message of the tail that matches, in its order."""


def best(arrays: Arrays, postings: Sequence[Posting], scope: Scope, unsealed: Unsealed, words: Words, cut: Cut) -> Best:
    """The likeliest documents of the scope for these words, and what its statistics are."""
    counts = _counts(arrays, scope, sum(posting.documents for posting in postings))
    matches = _matches(arrays, postings, counts, len(words.lexemes))
    count, lengths = _size(arrays, scope)
    count, lengths = count + unsealed.count, lengths + unsealed.lengths
    having = np.array([len(found) for found, _ in matches]) + (unsealed.frequencies > 0).sum(axis=0)
    average = lengths / count if count else 0.0
    rarity = _rarity(words, having, count)
    slope = np.float32(K1 * B / average) if average else np.float32(0)
    worth = [
        weight * _saturated(frequencies, arrays.lengths[found], slope)
        for (found, frequencies), weight in zip(matches, rarity, strict=True)
    ]
    own = _added_up(arrays.size, [found for found, _ in matches], worth)
    documents, scores = _top(arrays, own, counts, cut)
    tail = _saturated(unsealed.frequencies, unsealed.own_lengths[:, None], slope) @ rarity
    statistics = Statistics(count=count, average_length=average, having=tuple(having.tolist()))
    placed = _with_those_beside(arrays, own, documents, _settled(arrays, documents, scope))
    return Best(statistics=statistics, documents=documents, scores=scores, placed=placed, unsealed=tail)


def _rarity(words: Words, having: NDArray[np.int64], count: int) -> Floats:
    """What a lexeme is worth at the most: as much as the word, which is there where any of its forms is."""
    word = np.array(words.word)
    together = np.bincount(word, having, minlength=len(words.weights))
    rest = np.maximum(count, together) - together
    worth = np.array(words.weights) * np.log1p((rest + 0.5) / (together + 0.5)) * (K1 + 1)
    return np.asarray(worth[word], np.float32)


def _saturated(frequencies: Floats, lengths: Floats, slope: np.float32) -> Floats:
    """BM25's answer to how often a word is said: by document, and by lexeme where `frequencies` are."""
    return (frequencies / (frequencies + np.float32(K1 * (1 - B)) + slope * lengths)).astype(np.float32, copy=False)


def _matches(
    arrays: Arrays, postings: Sequence[Posting], counts: Counts, lexemes: int
) -> list[tuple[Documents, Floats]]:
    """By lexeme, the documents of the scope that hold it, and how often."""
    by_lexeme: list[list[Posting]] = [[] for _ in range(lexemes)]
    for posting in postings:
        by_lexeme[posting.lexeme].append(posting)
    return [_of_lexeme(arrays, found, counts) for found in by_lexeme]


def _counts(arrays: Arrays, scope: Scope, matching: int) -> Counts:
    """Which of some documents count. Where many are asked for, all are looked at once."""
    allowed, alive = scope.allowed, arrays.alive
    if len(scope.hidden):
        alive = alive.copy()
        alive[scope.hidden] = False
    if allowed is None:
        return lambda documents: alive[documents]
    if matching > DENSE * arrays.size:
        within = allowed[arrays.codes] & alive
        return lambda documents: within[documents]
    return lambda documents: allowed[arrays.codes[documents]] & alive[documents]


def _of_lexeme(arrays: Arrays, postings: Sequence[Posting], counts: Counts) -> tuple[Documents, Floats]:
    if not postings:
        return NO_DOCUMENTS, NO_SCORES
    sizes = [one.documents for one in postings]
    ordinals = b"".join([one.packed[: 2 * size] for one, size in zip(postings, sizes, strict=True)])
    begins = np.array([arrays.begins[one.block] for one in postings], np.int32)
    found = np.frombuffer(ordinals, "<u2") + np.repeat(begins, sizes)
    times = np.frombuffer(b"".join([one.packed[2 * one.documents :] for one in postings]), "u1")
    stay = counts(found)
    if not stay.all():
        found, times = found[stay], times[stay]
    return found, times.astype(np.float32)


def _size(arrays: Arrays, scope: Scope) -> tuple[int, float]:
    """How many messages the scope has in blocks, and how many lexemes those have."""
    allowed = scope.allowed
    which = slice(None) if allowed is None else allowed[: len(arrays.counts)]
    count, lengths = int(arrays.counts[which].sum()), float(arrays.sums[: len(arrays.counts)][which].sum())
    hidden = scope.hidden[arrays.alive[scope.hidden]]
    if allowed is not None:
        hidden = hidden[allowed[arrays.codes[hidden]]]
    return count - len(hidden), lengths - float(arrays.lengths[hidden].sum())


@dataclass(frozen=True, slots=True)
class _Own:
    """Documents that match, in their order, and what each is worth by its own words."""

    documents: Documents
    scores: Floats

    def of(self, documents: Documents) -> Floats:
        """0 of those that do not match."""
        if not len(self.documents):
            return np.zeros(documents.shape, np.float32)
        at = np.minimum(np.searchsorted(self.documents, documents), len(self.documents) - 1)
        return np.where(self.documents[at] == documents, self.scores[at], np.float32(0))


def _added_up(size: int, found: Sequence[Documents], worth: Sequence[Floats]) -> _Own:
    """What each document is worth by all lexemes. Few are sorted; for many, all documents are laid out."""
    documents, scores = np.concatenate([NO_DOCUMENTS, *found]), np.concatenate([NO_SCORES, *worth])
    if len(documents) > DENSE * size:
        every = np.zeros(size, np.float32)
        for some, score in zip(found, worth, strict=True):
            every[some] += score
        held = np.flatnonzero(every).astype(np.int32)
        return _Own(held, every[held])
    if not len(documents):
        return _Own(documents, scores)
    order = np.argsort(documents, kind="stable")
    documents = documents[order]
    begins = np.flatnonzero(np.append(True, documents[1:] != documents[:-1]))
    return _Own(documents[begins], np.add.reduceat(scores[order], begins))


def _top(arrays: Arrays, own: _Own, counts: Counts, cut: Cut) -> tuple[Documents, Floats]:
    """The best by their own score and what neighbours lend, of the best by their own score and those around them.

    Of those that are looked at only for what they lend, further away, the score is at least what it is taken for.
    """
    if not len(own.documents):
        return own.documents, own.scores
    looked_at = min(cut.most * SEEDS, len(own.documents))
    seeds = own.documents[own.scores >= np.partition(own.scores, -looked_at)[-looked_at]]
    near = _around(seeds, arrays.size)
    scores, sessions = own.of(near), arrays.sessions[near]
    total = scores.copy()
    for distance, share in enumerate(SHARES, start=1):
        beside = (near[distance:] - near[:-distance] == distance) & (sessions[distance:] == sessions[:-distance])
        lending = beside * np.float32(share)
        total[distance:] += lending * scores[:-distance]
        total[:-distance] += lending * scores[distance:]
    total[~counts(near)] = 0
    order = np.argsort(-total, kind="stable")[: min(cut.most, int(np.count_nonzero(total)))]
    order = order[total[order] >= least(total[order], cut)]
    return near[order], total[order]


def least(scores: Floats, cut: Cut) -> np.float32:
    """What a candidate must have, for these scores of all of them."""
    if not len(scores):
        return np.float32(0)
    shown = min(cut.shown, len(scores))
    return np.float32(np.float32(cut.share) * np.partition(scores, -shown)[-shown])


def _around(documents: Documents, size: int) -> Documents:
    """Documents, those that they lend to, and those that lend to these, in their order."""
    reach = np.arange(-2 * REACH, 2 * REACH + 1, dtype=np.int32)
    near = _distinct((documents[:, None] + reach).ravel())
    return near[np.searchsorted(near, 0) : np.searchsorted(near, size)]


def _settled(arrays: Arrays, documents: Documents, scope: Scope) -> Flags:
    """Which of the documents have their neighbours beside them."""
    return ~arrays.scattered[documents] & ~np.isin(arrays.codes[documents], np.array(scope.unsealed, np.int32))


def _with_those_beside(arrays: Arrays, own: _Own, documents: Documents, settled: Flags) -> Documents:
    """The settled ones of documents, best first, and what is read with them."""
    away = np.array([step for step in range(-REACH, REACH + 1) if step], np.int32)
    likeliest = (np.arange(len(documents)) < LIKELIEST)[settled]
    settled_ones = documents[settled]
    near = settled_ones[:, None] + away
    other = np.maximum(np.minimum(near, arrays.size - 1), 0)
    beside = (near == other) & (arrays.sessions[other] == arrays.sessions[settled_ones][:, None])
    read = _distinct(np.concatenate([settled_ones, near[beside & (likeliest[:, None] | (own.of(other) > 0))]]))
    return read[~np.isin(read, documents[~settled])]


def _distinct(numbers: Documents) -> Documents:
    ordered = np.sort(numbers)
    new = np.ones(len(ordered), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]
