"""Whatever a record holds, its bytes say the same; whatever bytes say, decoding has a word for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_writer
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.agreement import record_types
from schemas.catalogue import shipped
from schemas.codec import Codec, ShippedSchemaIds, Undecodable
from schemas.enums import EventType
from schemas.examples import EXAMPLES
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.json_events import InvalidEvent, read_event, write_event
from schemas.limits import validate
from schemas.records import ConversationEvent, Record
from support.records import records

CODEC = Codec(ShippedSchemaIds())
REASONS = {"bad_wire_format", "unknown_schema", "wrong_schema", "bad_avro"}
IDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
BODY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def attempt(payload: bytes, record: type[Any]) -> tuple[Any, str]:
    """What the bytes say, and why they say nothing; a decoder of one class says the same."""
    at_once = _attempt(lambda: CODEC.decoder(record)(payload))
    found = _attempt(lambda: CODEC.decode(payload, record))
    assert repr(at_once) == repr(found)
    return found


def _attempt(decode: Callable[[], Any]) -> tuple[Any, str]:
    try:
        return decode(), ""
    except Undecodable as error:
        return None, error.reason


@pytest.mark.parametrize("record", record_types(), ids=lambda record: record.__name__)
@given(data=st.data())
def test_a_record_comes_back_as_it_was(record: type[Record], data: st.DataObject) -> None:
    value = data.draw(records(record))

    assert CODEC.decode(CODEC.encode(value), record) == value
    assert CODEC.decoder(record)(CODEC.encode(value)) == value


@pytest.mark.parametrize("record", record_types(), ids=lambda record: record.__name__)
@given(data=st.data())
def test_a_record_is_written_as_fastavro_writes_it(record: type[Record], data: st.DataObject) -> None:
    value: Any = data.draw(records(record))
    written = BytesIO()
    schemaless_writer(written, parse_schema(shipped().latest(record.SUBJECT).definition), asdict(value))

    assert CODEC.encode(value)[5:] == written.getvalue()


@given(st.binary(max_size=200), st.sampled_from(EXAMPLES), st.integers(0, 14))
def test_any_bytes_are_decoded_or_named(body: bytes, example: Record, schema_id: int) -> None:
    payload = b"\x00" + schema_id.to_bytes(4, "big") + body
    decoded, reason = attempt(payload, type(example))

    assert reason in REASONS or CODEC.decode(CODEC.encode(decoded), type(example)) == decoded


@given(st.data())
def test_a_damaged_record_is_decoded_or_named(data: st.DataObject) -> None:
    payload = bytearray(CODEC.encode(EXAMPLES[0]))
    at = data.draw(st.integers(5, len(payload) - 1))
    payload[at] ^= data.draw(st.integers(1, 255))
    decoded, reason = attempt(bytes(payload), ConversationEvent)

    assert reason == "bad_avro" or isinstance(validate(decoded), list)


@given(
    records(ConversationEvent),
    st.sampled_from([event_type for event_type in EventType if event_type is not EventType.UNKNOWN]),
    IDS,
    IDS,
)
def test_an_event_that_passes_is_the_same_in_json(
    event: ConversationEvent, event_type: EventType, one: str, other: str
) -> None:
    event = replace(
        event,
        type=event_type,
        tenant_id=TenantId("local"),
        event_id=EventId(one),
        conversation_id=ConversationId(other),
        message_id=MessageId(one),
        user_id=UserId(other),
        reply_to=None,
        timezone="Europe/Lisbon",
        language="pt-BR",
    )
    assume(not validate(event))

    assert read_event(json.loads(json.dumps(write_event(event))), event.tenant_id) == event


@given(st.dictionaries(st.sampled_from(["event_id", "type", "role", "text", "occurred_at", "attributes", "x"]), BODY))
def test_any_json_is_read_or_named(body: dict[str, object]) -> None:
    with pytest.raises(InvalidEvent) as caught:
        read_event(body, TenantId("local"))
    assert caught.value.problems
