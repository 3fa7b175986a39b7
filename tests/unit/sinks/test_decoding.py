"""Our own records come back as they were sent; anything else is named by its position."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.codec import UnknownSchemaId
from sinks.decoding import decode
from sinks.log import RawRecord
from sinks.ports import PoisonRecord
from support.derived import Tombstone, a_life, message
from support.derived import Topics as InMemory
from support.scripted_log import CODEC, raw
from topology import tombstones
from topology.tombstones import TakenBack, Words


def one(said: object = None) -> RawRecord:
    topics = InMemory()
    topics.append(said or message("m1", "hello"))  # type: ignore[arg-type]
    return raw(topics.records[0])


def test_every_kind_of_record_comes_back() -> None:
    sent = a_life().records
    assert [decode(CODEC, raw(record)) for record in sent] == sent


def test_a_tombstone_has_a_key_and_no_value() -> None:
    found = decode(CODEC, one(Tombstone(of=message("m1", "x"))))
    assert (found.key, found.value) == ("acme/c%2F1/m1", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": b"{}"}, "no Confluent header"),
        ({"value": b"\x00\x00\x00\x00\x63"}, "no schema is registered under id 99"),
        ({"key": b"\xff"}, "cannot be read"),
        ({"key": b""}, "has no key"),
        ({"key": None}, "has no key"),
    ],
)
def test_what_cannot_be_read_is_named(change: dict[str, bytes | None], reason: str) -> None:
    record = replace(one(), **change)  # type: ignore[arg-type]
    with pytest.raises(PoisonRecord, match=rf"memory.messages.v1/\d at offset 0.*: .*{reason}"):
        decode(CODEC, record)


def test_the_message_of_the_error_holds_no_text() -> None:
    record = replace(one(), value=(one().value or b"")[:-3])
    with pytest.raises(PoisonRecord) as caught:
        decode(CODEC, record)
    assert "hello" not in str(caught.value)
    assert not isinstance(caught.value.__cause__, UnknownSchemaId)


@pytest.mark.parametrize("words", list(Words))
def test_a_tombstone_says_since_when_and_what_becomes_of_the_words(words: Words) -> None:
    since = datetime(2024, 1, 1, tzinfo=UTC)
    headers = tombstones.headers(TakenBack(recorded_at=since, words=words))
    found = decode(CODEC, replace(one(Tombstone(of=message("m1", "x"))), headers=headers))
    assert (found.timestamp, found.words) == (since, words)


def test_a_tombstone_with_headers_that_nobody_writes_is_named() -> None:
    headers = [(tombstones.RECORDED_AT, b"yesterday"), (tombstones.WORDS, b"kept")]
    with pytest.raises(PoisonRecord, match="cannot be read"):
        decode(CODEC, replace(one(Tombstone(of=message("m1", "x"))), headers=headers))
