"""The wire format: what is written, what is refused, and for which reason."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer

from schemas.catalogue import Catalogue, SchemaVersion, shipped
from schemas.codec import Codec, ShippedSchemaIds, Undecodable, UnknownSchemaId
from schemas.enums import EventType, Role
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.records import ConversationEvent
from schemas.state import Positions

EVENT = ConversationEvent(
    event_id=EventId("e-1"),
    type=EventType.MESSAGE_RECORDED,
    tenant_id=TenantId("local"),
    conversation_id=ConversationId("garden"),
    message_id=MessageId("m-1"),
    user_id=UserId("ines"),
    text="I planted two fig trees.",
    occurred_at=datetime(2024, 5, 17, 9, 30, tzinfo=UTC),
    attributes={"channel": "web"},
)
CODEC = Codec(ShippedSchemaIds())
POSITIONS = Positions(next_offsets={"conversation.events.v1": 7})


class ForeignIds(ShippedSchemaIds):
    """The shipped schemas, and some that somebody else registered under ids of their own."""

    def __init__(self, foreign: dict[int, dict[str, Any]]) -> None:
        super().__init__()
        self.foreign = foreign
        self.asked: list[int] = []

    def definition_of(self, schema_id: int) -> dict[str, Any]:
        self.asked.append(schema_id)
        return self.foreign[schema_id] if schema_id in self.foreign else super().definition_of(schema_id)


def reason_of(payload: bytes, codec: Codec = CODEC) -> str:
    with pytest.raises(Undecodable) as caught:
        codec.decode(payload, ConversationEvent)
    return caught.value.reason


def test_a_record_comes_back_as_it_was() -> None:
    assert CODEC.decode(CODEC.encode(EVENT), ConversationEvent) == EVENT


def test_the_header_is_a_zero_byte_and_the_id() -> None:
    schema_id = ShippedSchemaIds().id_of(shipped().latest(ConversationEvent.SUBJECT))

    assert CODEC.encode(EVENT)[:5] == b"\x00" + schema_id.to_bytes(4, "big")


@pytest.mark.parametrize("payload", [b"", b"\x00\x00\x00", b"\x01\x00\x00\x00\x01abc", b'{"event_id": "e-1"}'])
def test_bytes_without_the_header_are_refused(payload: bytes) -> None:
    assert reason_of(payload) == "bad_wire_format"


def test_an_id_nobody_registered_is_refused() -> None:
    assert reason_of(b"\x00\x00\x0f\x42\x40" + CODEC.encode(EVENT)[5:]) == "unknown_schema"


def test_a_record_of_another_schema_is_refused() -> None:
    assert reason_of(CODEC.encode(POSITIONS)) == "wrong_schema"


def test_a_schema_that_does_not_stand_alone_is_refused() -> None:
    ids = ForeignIds({900: {"type": "record", "name": "Lost", "fields": [{"name": "x", "type": "elsewhere.Known"}]}})

    assert reason_of(b"\x00" + (900).to_bytes(4, "big"), Codec(ids)) == "bad_schema"


@pytest.mark.parametrize("cut", [5, 6, 20, -1])
def test_a_body_that_ends_early_is_refused(cut: int) -> None:
    assert reason_of(CODEC.encode(EVENT)[:cut]) == "bad_avro"


def test_a_body_with_something_after_it_is_refused() -> None:
    assert reason_of(CODEC.encode(EVENT) + b"\x00") == "bad_avro"


def test_an_unknown_id_is_told_apart_from_a_failed_lookup() -> None:
    class Broken(ShippedSchemaIds):
        def definition_of(self, schema_id: int) -> dict[str, Any]:
            raise ConnectionError("no registry")

    with pytest.raises(ConnectionError):
        Codec(Broken()).decode(CODEC.encode(EVENT), ConversationEvent)
    with pytest.raises(UnknownSchemaId):
        ShippedSchemaIds().definition_of(0)


def test_an_id_is_asked_for_once() -> None:
    ids = ForeignIds({})
    codec = Codec(ids)

    for _ in range(3):
        codec.decode(CODEC.encode(EVENT), ConversationEvent)

    assert len(ids.asked) == 1


def test_a_newer_writer_is_read() -> None:
    """A later release added a field and a type that this one does not know: the field is dropped, the type UNKNOWN."""
    newer = shipped().latest(ConversationEvent.SUBJECT).definition
    newer["fields"].insert(0, {"name": "mood", "type": ["null", "string"], "default": None})
    newer["fields"][2]["type"]["symbols"].append("MESSAGE_PINNED")
    ids = ForeignIds({901: newer})
    written = _write(newer, {"mood": "glad", **_fields(), "type": "MESSAGE_PINNED"})

    read = Codec(ids).decode(b"\x00" + (901).to_bytes(4, "big") + written, ConversationEvent)

    assert (read.type, read.text, read.role) == (EventType.UNKNOWN, "I planted two fig trees.", Role.USER)


def test_an_older_writer_is_read_with_the_defaults() -> None:
    older = shipped().latest(ConversationEvent.SUBJECT).definition
    older["fields"] = [field for field in older["fields"] if field["name"] not in ("remember", "attributes", "role")]
    ids = ForeignIds({902: older})
    fields = {name: value for name, value in _fields().items() if name not in ("remember", "attributes", "role")}

    read = Codec(ids).decode(b"\x00" + (902).to_bytes(4, "big") + _write(older, fields), ConversationEvent)

    assert (read.remember, read.attributes, read.role) == (True, {}, Role.USER)


def test_a_writer_uses_the_latest_version() -> None:
    first = shipped().latest(Positions.SUBJECT)
    second = SchemaVersion(subject=first.subject, version=9, text=first.text.replace("How far", "Up to where"))
    catalogue = Catalogue(subjects={first.subject: (first, second)})

    assert Codec(ShippedSchemaIds(catalogue), catalogue).encode(POSITIONS)[:5] == b"\x00\x00\x00\x00\x02"


def _fields() -> dict[str, Any]:
    return {
        "event_id": "e-1",
        "type": "MESSAGE_RECORDED",
        "tenant_id": "local",
        "conversation_id": "garden",
        "message_id": "m-1",
        "user_id": "ines",
        "speaker_name": None,
        "role": "USER",
        "text": "I planted two fig trees.",
        "occurred_at": EVENT.occurred_at,
        "timezone": None,
        "reply_to": None,
        "language": None,
        "remember": False,
        "recalled": False,
        "attributes": {"channel": "web"},
    }


def _write(schema: dict[str, Any], fields: dict[str, Any]) -> bytes:
    out = BytesIO()
    schemaless_writer(out, parse_schema(schema), fields)
    return out.getvalue()
