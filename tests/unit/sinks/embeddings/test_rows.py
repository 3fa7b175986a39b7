"""What a message gives: a row, without a vector where it says nothing."""

from __future__ import annotations

from dataclasses import replace
from struct import unpack

import numpy as np
import pytest

from schemas.records import Message
from sinks.embeddings.hashing import Hashing
from sinks.embeddings.rows import as_halfvec, vector_rows
from sinks.ports import PoisonRecord
from sinks.postgres.rows import Row
from support.derived import Tombstone, Topics, item, message


def rows(*said: Message | Tombstone) -> list[Row]:
    topics = Topics()
    topics.append(*said)
    return vector_rows(topics.records, Hashing())


def half(text: str) -> bytes:
    return as_halfvec(Hashing().embed([text])[0])


def test_a_row_a_message_with_its_own_vector() -> None:
    found = rows(message("m1", "I live in Porto"), message("m2", None), message("m3", " and I like tea"))
    assert found == [
        ("hashing@1", "acme", "c/1", "m1", half("I live in Porto"), False, 1, 0),
        ("hashing@1", "acme", "c/1", "m2", None, True, 1, 1),
        ("hashing@1", "acme", "c/1", "m3", half("and I like tea"), False, 1, 2),
    ]


def test_other_topics_give_none() -> None:
    topics = Topics()
    topics.append(item("Porto"))
    assert vector_rows(topics.records, Hashing()) == []


@pytest.mark.parametrize(
    "last", [message("m1", None), message("m1", "  "), message("m1", "..."), Tombstone(of=message("m1", ""))]
)
def test_a_message_without_words_gives_a_row_without_a_vector(last: Message | Tombstone) -> None:
    assert [row[3:] for row in rows(message("m1", "Lisbon"), last)] == [("m1", None, True, 1, 1)]


def test_the_newest_text_of_a_batch_counts() -> None:
    (row,) = rows(message("m1", "Lisbon"), message("m1", "Porto"))
    assert row[4:] == (half("Porto"), False, 1, 1)


def test_pgvectors_form_is_a_count_and_big_endian_halves() -> None:
    sent = as_halfvec(np.array([1.0, -0.5, 0.0], np.float32))
    assert unpack(">HHeee", sent) == (3, 0, 1.0, -0.5, 0.0)


def test_a_key_that_names_no_message_is_named() -> None:
    topics = Topics()
    topics.append(message("m1", "Lisbon"))
    (record,) = topics.records
    with pytest.raises(PoisonRecord, match="names no message"):
        vector_rows([replace(record, key="acme/only")], Hashing())
