"""What a message gives: a row a part, and one without a vector where it says nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from struct import unpack

import numpy as np
import pytest

from sinks.embeddings.hashing import Hashing
from sinks.embeddings.parts import MOST_PARTS, PART_CHARACTERS, parts_of
from sinks.embeddings.rows import as_halfvec, vector_rows
from sinks.ports import PoisonRecord
from support.derived import Tombstone, Topics, item, message

PAGE = " ".join(f"word{number}" for number in range(400))


def rows(*said: object) -> list[tuple[object, ...]]:
    topics = Topics()
    topics.append(*said)  # type: ignore[arg-type]
    return vector_rows(topics.records, Hashing())


def test_a_short_text_is_one_part() -> None:
    assert parts_of(" I live in Porto\n") == ["I live in Porto"]


def test_parts_of_a_long_text_overlap_between_words_and_leave_nothing_out() -> None:
    parts = parts_of(PAGE)
    assert set(" ".join(parts).split()) == set(PAGE.split())
    assert max(map(len, parts)) <= PART_CHARACTERS
    assert all(later.split()[0] in former for former, later in pairwise(parts))


@pytest.mark.parametrize("text", ["x" * 20_000, PAGE * 50])
def test_there_are_only_so_many_parts(text: str) -> None:
    assert len(parts_of(text)) == MOST_PARTS


def test_a_row_a_part_and_none_for_other_topics() -> None:
    found = rows(message("m1", PAGE), item("Porto"))
    assert [row[:5] for row in found] == [
        ("hashing@1", "acme", "c/1", "m1", part) for part in range(len(parts_of(PAGE)))
    ]
    assert {row[6:] for row in found} == {(False, 1, 0)}


@pytest.mark.parametrize("last", [message("m1", None), message("m1", "  "), Tombstone(of=message("m1", ""))])
def test_a_message_without_words_gives_a_row_without_a_vector(last: object) -> None:
    assert [row[3:] for row in rows(message("m1", PAGE), last)] == [("m1", 0, None, True, 1, 1)]


def test_the_newest_text_of_a_batch_counts() -> None:
    (row,) = rows(message("m1", "Lisbon"), message("m1", "Porto"))
    assert row[5:] == (as_halfvec(Hashing().embed(["Porto"])[0]), False, 1, 1)


def test_pgvectors_form_is_a_count_and_big_endian_halves() -> None:
    sent = as_halfvec(np.array([1.0, -0.5, 0.0], np.float32))
    assert unpack(">HHeee", sent) == (3, 0, 1.0, -0.5, 0.0)


def test_a_key_that_names_no_message_is_named() -> None:
    topics = Topics()
    topics.append(message("m1", "Lisbon"))
    (record,) = topics.records
    with pytest.raises(PoisonRecord, match="names no message"):
        vector_rows([replace(record, key="acme/only")], Hashing())
