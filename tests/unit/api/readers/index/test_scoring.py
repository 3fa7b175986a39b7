"""Scores over blocks are those of BM25 with neighbours, worked out one document after the other."""

from __future__ import annotations

from itertools import pairwise
from math import log1p
from random import Random

import numpy as np
import pytest

from api.ranking.bm25 import K1, B
from api.ranking.candidates import Cut
from api.ranking.neighbours import SHARES
from api.readers.index.arrays import Arrays, Block, Codes, decode, join
from api.readers.index.scoring import Best, Posting, Scope, Unsealed, Words, best
from sinks.postgres.sealing.packing import Document, Packed, pack

HOUR = 3_600_000_000
WORDS = Words(lexemes=["cat", "dog"], word=[0, 1], weights=[1.0, 0.5])
NOBODY = np.empty(0, np.int32)
EMPTY = Unsealed(count=0, lengths=0, frequencies=np.zeros((0, 2), np.float32), own_lengths=np.zeros(0, np.float32))


def corpus(random: Random, size: int) -> list[Document]:
    found = []
    for number in range(size):
        held = [word for word in ("bird", "cat", "dog") if random.random() < 0.3]
        vector = " ".join(f"'{word}':{','.join('1' * random.randrange(1, 4))}" for word in held)
        conversation, micros = f"c{number * 3 // size}", number * HOUR * random.choice([1, 1, 1, 9])
        found.append(
            Document(
                conversation_id=conversation, message_id=f"m{number}", micros=micros, length=len(held), vector=vector
            )
        )
    return sorted(found, key=lambda one: (one.conversation_id, one.micros, one.message_id))


def block(documents: list[Document], codes: Codes, dead: bytes = b"", number: int = 1) -> tuple[Block, Packed]:
    packed = pack(documents)
    columns = dict(packed.columns) | {"dead": dead}
    order = ("dead", "conversations", "conversation", "lengths", "times", "hashes", "names", "name_ends")
    return decode([number, packed.documents, *(columns[name] for name in order)], codes), packed


def sealed(documents: list[Document], codes: Codes) -> tuple[Arrays, list[Posting]]:
    made, postings = sealed_block(documents, codes, 1)
    return join([made]), postings


def sealed_block(documents: list[Document], codes: Codes, number: int) -> tuple[Block, list[Posting]]:
    made, packed = block(documents, codes, number=number)
    postings = [
        Posting(block=number, lexeme=WORDS.lexemes.index(one.lexeme), documents=one.documents, packed=one.packed)
        for one in packed.postings
        if one.lexeme in WORDS.lexemes
    ]
    return made, postings


def brute(documents: list[Document], inside: set[str]) -> dict[str, float]:
    """The score of every document of the conversations."""
    chosen = [one for one in documents if one.conversation_id in inside]
    average = sum(one.length for one in chosen) / len(chosen)
    frequencies = [[_times(one, word) for word in WORDS.lexemes] for one in chosen]
    own = []
    for one, held in zip(chosen, frequencies, strict=True):
        norm = K1 * (1 - B + B * one.length / average)
        total = 0.0
        for place, times in enumerate(held):
            having = sum(other[place] > 0 for other in frequencies)
            rarity = WORDS.weights[place] * log1p((len(chosen) - having + 0.5) / (having + 0.5))
            total += rarity * times * (K1 + 1) / (times + norm)
        own.append(total)
    return {one.message_id: own[at] + _lent(chosen, own, at) for at, one in enumerate(chosen)}


def _times(document: Document, word: str) -> int:
    entry = next((e for e in document.vector.split() if e.startswith(f"'{word}'")), "")
    return entry.count(",") + 1 if entry else 0


def _lent(documents: list[Document], own: list[float], at: int) -> float:
    got = 0.0
    for distance, share in enumerate(SHARES, start=1):
        for step in (distance, -distance):
            if 0 <= at + step < len(documents):
                between = documents[min(at, at + step) : max(at, at + step) + 1]
                pairs = pairwise(between)
                if all(a.conversation_id == b.conversation_id and b.micros - a.micros <= 6 * HOUR for a, b in pairs):
                    got += share * own[at + step]
    return got


def named(arrays: Arrays, codes: Codes, found: Best) -> dict[str, float]:
    keys = arrays.keys(found.documents, codes)
    return {keys[at][1]: score for at, score in zip(found.documents.tolist(), found.scores.tolist(), strict=True)}


@pytest.mark.parametrize("inside", [{"c0", "c1", "c2"}, {"c1"}, {"c0", "c2"}])
def test_scores_are_those_of_the_scope(inside: set[str]) -> None:
    documents, codes = corpus(Random(1), 90), Codes()
    arrays, postings = sealed(documents, codes)
    allowed = np.zeros(len(codes), bool)
    allowed[codes.known(inside)] = True
    for scope in (Scope(allowed=allowed, hidden=NOBODY), Scope(allowed=None, hidden=NOBODY)):
        if scope.allowed is None and len(inside) < 3:
            continue
        found = named(arrays, codes, best(arrays, postings, scope, EMPTY, WORDS, Cut(most=90, shown=90)))
        expected = {name: score for name, score in brute(documents, inside).items() if score > 0}
        assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_of_many_in_several_blocks_the_likeliest_have_the_whole_of_their_scores(seed: int) -> None:
    documents, codes = corpus(Random(seed), 300), Codes()
    parts = [[one for one in documents if (one.conversation_id == "c2") is last] for last in (False, True)]
    made, postings = zip(*(sealed_block(part, codes, number) for number, part in enumerate(parts)), strict=True)
    arrays = join(made)
    found = best(
        arrays, [*postings[0], *postings[1]], Scope(allowed=None, hidden=NOBODY), EMPTY, WORDS, Cut(most=5, shown=5)
    )
    expected = brute(documents, {"c0", "c1", "c2"})
    names = list(named(arrays, codes, found))
    assert len(names) == 5
    assert expected[names[0]] == pytest.approx(max(expected.values()), rel=1e-4)
    for name, score in named(arrays, codes, found).items():
        assert score <= expected[name] * (1 + 1e-4)


def test_those_with_too_small_a_share_of_the_last_that_is_shown_are_left_out() -> None:
    documents, codes = corpus(Random(3), 90), Codes()
    arrays, postings = sealed(documents, codes)
    everywhere = Scope(allowed=None, hidden=NOBODY)
    every = list(best(arrays, postings, everywhere, EMPTY, WORDS, Cut(most=90, shown=90)).scores)
    for shown, share in ((4, 0.8), (9, 0.5), (80, 0.9)):
        found = best(arrays, postings, everywhere, EMPTY, WORDS, Cut(most=90, shown=shown, share=share))
        last = every[min(shown, len(every)) - 1]
        assert list(found.scores) == [score for score in every if score >= np.float32(share) * last]
        assert min(shown, len(every)) <= len(found.documents) <= len(every)


def test_what_is_hidden_counts_for_nothing() -> None:
    documents, codes = corpus(Random(2), 60), Codes()
    arrays, postings = sealed(documents, codes)
    gone = [5, 17, 18]
    scope = Scope(allowed=None, hidden=np.array(gone, np.int32))
    found = best(arrays, postings, scope, EMPTY, WORDS, Cut(most=60, shown=60))
    left = [one for at, one in enumerate(documents) if at not in gone]
    assert found.statistics.count == 57
    assert found.statistics.average_length == pytest.approx(sum(one.length for one in left) / 57)
    assert found.statistics.having == tuple(sum(_times(one, word) > 0 for one in left) for word in WORDS.lexemes)
    assert {documents[at].message_id for at in gone}.isdisjoint(named(arrays, codes, found))


def test_the_tail_is_part_of_the_scope() -> None:
    codes = Codes()
    arrays, postings = sealed(corpus(Random(3), 30), codes)
    tail = Unsealed(
        count=3, lengths=6, frequencies=np.array([[1, 0], [2, 1]], np.float32), own_lengths=np.array([2, 3], np.float32)
    )
    without = best(arrays, postings, Scope(allowed=None, hidden=NOBODY), EMPTY, WORDS, Cut(most=9, shown=9))
    found = best(arrays, postings, Scope(allowed=None, hidden=NOBODY), tail, WORDS, Cut(most=9, shown=9))
    assert found.statistics.count == 33
    assert [a - b for a, b in zip(found.statistics.having, without.statistics.having, strict=True)] == [2, 1]
    assert found.unsealed[1] > found.unsealed[0] > 0


def test_nothing_sealed_is_nothing_found() -> None:
    found = best(join(()), (), Scope(allowed=None, hidden=NOBODY), EMPTY, WORDS, Cut(most=9, shown=9))
    assert (found.statistics.count, len(found.documents)) == (0, 0)


def test_a_conversation_that_is_new_since_the_arrays_were_made_is_in_no_block() -> None:
    codes = Codes()
    arrays, postings = sealed(corpus(Random(4), 30), codes)
    codes.of(["new"])
    allowed = np.zeros(len(codes), bool)
    allowed[codes.known(["new"])] = True
    found = best(arrays, postings, Scope(allowed=allowed, hidden=NOBODY), EMPTY, WORDS, Cut(most=9, shown=9))
    assert (found.statistics.count, len(found.documents)) == (0, 0)
    assert arrays.holding(allowed) == []


class Growing(Codes):
    """To which another thread adds a conversation just when somebody has asked how many there are."""

    def __len__(self) -> int:
        size = super().__len__()
        self.of(["new"])
        return size


def test_a_conversation_that_comes_while_messages_are_looked_for_is_in_no_block() -> None:
    codes = Growing()
    arrays, _ = sealed(corpus(Random(4), 30), codes)
    assert arrays.find([("new", "m1")], codes).tolist() == []


def test_a_message_is_found_by_its_name() -> None:
    documents, codes = corpus(Random(5), 40), Codes()
    arrays, _ = sealed(documents, codes)
    wanted = [(documents[at].conversation_id, documents[at].message_id) for at in (3, 30)]
    assert sorted(arrays.find([*wanted, ("c0", "nobody"), ("nowhere", "m1")], codes).tolist()) == [3, 30]


def said(conversation: str, *hours: int) -> list[Document]:
    return [
        Document(
            conversation_id=conversation, message_id=f"{conversation}-{hour}", micros=hour * HOUR, length=1, vector=""
        )
        for hour in hours
    ]


def scattered(*blocks: list[Document], dead: tuple[int, ...] = ()) -> set[str]:
    """The messages of which neighbours may be elsewhere; `dead`: those of the first block that are gone."""
    codes = Codes()
    gone = np.array(dead, "<u2").tobytes()
    made = [block(one, codes, b"" if number else gone, number)[0] for number, one in enumerate(blocks)]
    arrays = join(made)
    return {message for _, message in arrays.keys(np.flatnonzero(arrays.scattered).astype(np.int32), codes).values()}


def test_neighbours_of_one_block_are_beside_each_other() -> None:
    assert scattered(said("a", *range(9)) + said("b", *range(9))) == set()


def test_where_another_block_goes_on_neighbours_may_be_in_it() -> None:
    found = scattered(said("a", *range(9)) + said("b", *range(9)), said("a", *range(20, 29)) + said("c", 1))
    assert {"a-7", "a-8", "a-20", "a-21"} <= found
    assert found.isdisjoint({"a-0", "a-4", "a-24", "a-28", "b-4"})


def test_what_was_said_between_messages_of_another_block_scatters_all_of_its_conversation() -> None:
    found = scattered(said("a", *range(0, 40, 2)) + said("b", *range(9)), said("a", 5))
    assert {message for message in found if message.startswith("a")} == {f"a-{hour}" for hour in (*range(0, 40, 2), 5)}
    assert "b-4" not in found


def test_beside_what_is_gone_neighbours_are_further_away() -> None:
    assert scattered(said("a", *range(12)), dead=(5,)) == {f"a-{hour}" for hour in range(1, 10)}


def test_documents_of_conversations_that_go_on_in_the_tail_have_no_place() -> None:
    documents, codes = corpus(Random(6), 90), Codes()
    arrays, postings = sealed(documents, codes)
    open_ones = codes.known(["c1"])
    found = best(
        arrays, postings, Scope(allowed=None, hidden=NOBODY, unsealed=open_ones), EMPTY, WORDS, Cut(most=90, shown=90)
    )
    assert {conversation for conversation, _ in arrays.keys(found.placed, codes).values()} == {"c0", "c2"}
    assert {conversation for conversation, _ in arrays.keys(found.documents, codes).values()} == {"c0", "c1", "c2"}


def test_what_lends_to_a_document_is_placed_with_it() -> None:
    vectors = ["'cat':1", "'bird':1", "'dog':1", "'bird':1", "'bird':1"]
    documents = [
        Document(conversation_id="c", message_id=f"m{at}", micros=at * HOUR, length=1, vector=vector)
        for at, vector in enumerate(vectors)
    ]
    codes = Codes()
    arrays, postings = sealed(documents, codes)
    found = best(arrays, postings, Scope(allowed=None, hidden=NOBODY), EMPTY, WORDS, Cut(most=1, shown=1))
    assert arrays.keys(found.documents, codes) == {0: ("c", "m0")}
    assert found.placed.tolist() == [0, 1, 2]
