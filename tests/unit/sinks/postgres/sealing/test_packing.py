"""What goes into a block comes out of it; what is taken out leaves nothing."""

from __future__ import annotations

import numpy as np
import pytest

from sinks.postgres.sealing import packing
from sinks.postgres.sealing.packing import Document, Posting, pack, without


def document(message: str, vector: str, *, conversation: str = "c", micros: int = 0) -> Document:
    length = vector.count("':")
    return Document(conversation_id=conversation, message_id=message, micros=micros, length=length, vector=vector)


def held(posting: Posting) -> dict[int, int]:
    """How often each document holds it."""
    ordinals = np.frombuffer(posting.packed, "<u2", posting.documents).tolist()
    return dict(zip(ordinals, posting.packed[2 * posting.documents :], strict=True))


def test_lexemes_are_those_of_the_vectors() -> None:
    packed = pack([document("m1", "'cat':1,3A 'o''clock':2"), document("m2", "'cat':9 'a\\\\b':1")])
    assert {one.lexeme: held(one) for one in packed.postings} == {
        "cat": {0: 2, 1: 1},
        "o'clock": {0: 1},
        "a\\b": {1: 1},
    }


def test_a_lexeme_may_hold_a_blank() -> None:
    packed = pack([document("m1", "'two words':1 'cat':2")])
    assert [one.lexeme for one in packed.postings] == ["cat", "two words"]


def test_a_lexeme_is_counted_up_to_what_a_byte_holds() -> None:
    often = ",".join(map(str, range(1, 300)))
    assert held(pack([document("m1", f"'cat':{often}")]).postings[0]) == {0: 255}


def test_names_and_conversations_come_out_again() -> None:
    packed = pack([document("ü", "", conversation="a"), document("m22", "", conversation="b")])
    columns = packed.columns
    ends = np.frombuffer(bytes(columns["name_ends"]), "<u4")  # type: ignore[call-overload]
    names = bytes(columns["names"])  # type: ignore[call-overload]
    assert [names[: ends[0]].decode(), names[ends[0] : ends[1]].decode()] == ["ü", "m22"]
    assert columns["conversations"] == ["a", "b"]
    assert columns["hashes"] == packing.digests([("a", "ü"), ("b", "m22")]).tobytes()


def test_the_largest_block() -> None:
    documents = [document(f"m{n}", "'cat':1") for n in range(packing.MOST_DOCUMENTS)]
    (posting,) = pack(documents).postings
    assert list(held(posting)) == list(range(packing.MOST_DOCUMENTS))


def test_a_message_of_more_lexemes_than_are_counted_is_packed() -> None:
    packed = pack([Document(conversation_id="c", message_id="m", micros=0, length=70_000, vector="")])
    assert packed.columns["lengths"] == b"\xff\xff"


@pytest.mark.parametrize("dead", [[0], [1, 2], [0, 1, 2], [7]])
def test_what_is_taken_out_is_in_no_posting(dead: list[int]) -> None:
    vectors = ["'a':1 'b':1,2", "'a':1", "'c':1 'a':5"]
    postings = pack([document(f"m{n}", vector) for n, vector in enumerate(vectors)]).postings
    kept, empty = without(postings, np.array(dead, np.uint16))
    left = {one.lexeme: held(one) for one in postings if one.lexeme not in empty}
    left.update({one.lexeme: held(one) for one in kept})
    rest = pack([document(f"m{n}", vector if n not in dead else "") for n, vector in enumerate(vectors)])
    assert left == {one.lexeme: held(one) for one in rest.postings}
    assert without([], np.array(dead, np.uint16)) == ([], [])
