"""A value is read as far as it can be, and nothing in it reaches the terminal as a command."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from schemas.catalogue import SchemaVersion
from schemas.codec import ShippedSchemaIds
from schemas.errors import Retryable
from schemas.examples import EXAMPLES
from schemas.records import Outcome
from streams.dead_letters.decoding import as_json, decode, printable
from streams.dead_letters.letters import Entry
from streams.dead_letters.telling import HEADINGS, line, page
from streams.ports import RawRecord
from support.extracting import CODEC, raw_of
from support.speech import said
from unit.streams.dead_letters.made import action_on, clerk, letter_of

IDS = ShippedSchemaIds()
EVENT = CODEC.encode(said(1, "likes:tea\x1b[2J"))


class AwaySchemaIds:
    """A registry that does not answer."""

    def id_of(self, version: SchemaVersion) -> int:
        raise Retryable("the registry is away", retry_after_seconds=1)

    def definition_of(self, schema_id: int) -> dict[str, Any]:
        raise Retryable("the registry is away", retry_after_seconds=1)


def test_an_event_is_shown_as_what_it_says() -> None:
    found = decode(EVENT, IDS)
    assert found.wire.endswith("registered")
    assert found.form == "ConversationEvent"
    says: Mapping[str, Any] = json.loads(found.text)
    assert (says["event_id"], says["text"]) == ("e1", "likes:tea\x1b[2J")
    assert says["occurred_at"] == "2024-03-01T09:01:00+00:00"


def test_another_registered_record_is_shown_as_what_it_is() -> None:
    example = next(each for each in EXAMPLES if isinstance(each, Outcome))
    assert decode(CODEC.encode(example), IDS).form == "Outcome"


@pytest.mark.parametrize("ids", [IDS, AwaySchemaIds()])
def test_an_event_under_an_unknown_id_is_guessed_and_said_to_be(ids: ShippedSchemaIds | AwaySchemaIds) -> None:
    found = decode(struct.pack(">bI", 0, 9_999) + EVENT[5:], ids)
    assert "schema id 9999" in found.wire
    assert "a guess" in found.form
    assert "conversation.events.v1-value" in found.form
    assert json.loads(found.text)["event_id"] == "e1"


def test_a_body_that_was_cut_is_shown_as_bytes() -> None:
    found = decode(EVENT[:9], IDS)
    assert found.form == "9 bytes"
    assert found.text.startswith(f"000000  {EVENT[:9].hex(' ')}")


def test_json_without_a_header_is_shown_as_json() -> None:
    found = decode(b'{"text": "ol\xc3\xa1"}', IDS)
    assert found.wire.startswith("none")
    assert (found.form, json.loads(found.text)) == ("JSON", {"text": "olá"})


def test_bytes_are_shown_in_hex_with_the_text_among_them() -> None:
    found = decode(b"\xff\x1b[2J not Avro" + bytes(600), IDS)
    assert "ff 1b 5b 32 4a 20 6e 6f" in found.text
    assert "..[2J not Avro" in found.text
    assert found.text.endswith("bytes more")
    assert "\x1b" not in found.text


@pytest.mark.parametrize("value", [b"", b"\x00", b"[" * 100_000, None])
def test_whatever_came_is_shown_somehow(value: bytes | None) -> None:
    assert decode(value, IDS).form


def test_no_character_moves_the_cursor() -> None:
    assert printable("a\x1b\x9b\u202e\t\U000e0001é") == "a\\u001b\\u009b\\u202e\\t\\udb40\\udc01é"
    assert json.loads(as_json({"a": "\u202e\U000e0001"})) == {"a": "\u202e\U000e0001"}


def _entry(raw: RawRecord) -> Entry:
    return Entry(letter=letter_of(raw, offset=4))


def test_a_line_tells_where_and_why_and_not_what_was_said() -> None:
    entry = _entry(replace(raw_of(said(1, "secret\x00")), key=b"a\tb\x1b\n"))
    cells = line(entry).split("\t")
    assert len(cells) == len(HEADINGS)
    assert cells[1:] == ["4", "2024-06-01T12:00:00Z", "nul_in_text", "open", "a\\tb\\u001b ", "as a test wants it"]
    done = replace(entry, actions=(action_on(entry.letter),))
    assert line(done).split("\t")[4] == "requeued"


def test_a_page_tells_everything_and_which_limit_is_broken() -> None:
    raw = replace(raw_of(said(1, "secret\x00")), headers=(("trace", b"\xff"), ("gone", None)))
    entry = _entry(raw)
    entry = replace(entry, actions=(action_on(entry.letter, because="why not"),))
    told = page(entry, decode(entry.letter.raw.value, IDS), clerk().judge(entry.letter.raw))
    for expected in (
        "reason     nul_in_text: as a test wants it",
        "header     trace: 0xff",
        "header     gone: -",
        "read as    ConversationEvent",
        '"text": "secret\\u0000"',
        "breaks     text: nul_in_text (text may not hold NUL)",
        "requeued   2024-06-01T12:00:00Z by ana: why not",
    ):
        assert expected in told


def test_a_page_says_when_nothing_is_in_the_way_any_more() -> None:
    entry = _entry(raw_of(said(1, "a")))
    told = page(entry, decode(entry.letter.raw.value, IDS), clerk().judge(entry.letter.raw))
    assert "it may be requeued" in told
