"""Functions made for a record: they write what fastavro writes, read what it reads, and refuse the rest."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from schemas.catalogue import shipped
from schemas.examples import EXAMPLES
from schemas.readers import UNUSUAL, Read, reader
from schemas.records import ConversationEvent, Position, Record
from schemas.state import Positions
from schemas.writers import MISFITS, Write, writer

HEADER = b"\x00\x00\x00\x00\x07"
WHOLE_NUMBERS = [0, 1, -1, 63, 64, -64, -65, 8_191, 8_192, -8_193, 2**20, 2**31 - 1, 2**35, 2**56, 2**63 - 1, -(2**63)]


def schema_of(record: type[Record]) -> Any:
    return parse_schema(shipped().latest(record.SUBJECT).definition)


def schema_with(name: str, of_type: str) -> Any:
    return parse_schema({"type": "record", "name": "One", "fields": [{"name": name, "type": of_type}]})


def functions(record: type[Record]) -> tuple[Write, Read]:
    return writer(schema_of(record), HEADER), reader(schema_of(record), record)


def by_fastavro(schema: Any, fields: dict[str, Any]) -> bytes:
    out = BytesIO()
    schemaless_writer(out, schema, fields)
    return out.getvalue()


WRITE_EVENT, READ_EVENT = functions(ConversationEvent)
WRITE_POSITIONS, READ_POSITIONS = functions(Positions)
EVENT = next(example for example in EXAMPLES if isinstance(example, ConversationEvent))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_an_example_is_read_as_it_was_written(example: Record) -> None:
    write, read = functions(type(example))
    written = write(example)

    assert read(written, len(HEADER)) == (example, len(written))
    schemaless_reader(BytesIO(written[len(HEADER) :]), schema_of(type(example)), None)


@pytest.mark.parametrize("number", WHOLE_NUMBERS)
def test_numbers_are_written_as_fastavro_does(number: int) -> None:
    expected = by_fastavro(schema_of(Positions), {"next_offsets": {"a": number}})

    assert WRITE_POSITIONS(Positions(next_offsets={"a": number})) == HEADER + expected


@pytest.mark.parametrize("number", [number for number in WHOLE_NUMBERS if abs(number) < 2**60])
def test_numbers_are_read_as_fastavro_does(number: int) -> None:
    written = by_fastavro(schema_of(Positions), {"next_offsets": {"a": number}})

    assert READ_POSITIONS(written, 0) == (Positions(next_offsets={"a": number}), len(written))


@pytest.mark.parametrize(
    "at", [datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]
)
def test_times_are_kept_to_the_microsecond(at: datetime) -> None:
    written = WRITE_EVENT(replace(EVENT, occurred_at=at))

    assert READ_EVENT(written, len(HEADER))[0].occurred_at == at


def test_a_time_of_another_zone_is_written_as_its_instant() -> None:
    elsewhere = EVENT.occurred_at.astimezone(timezone(timedelta(hours=-7)))

    assert WRITE_EVENT(replace(EVENT, occurred_at=elsewhere)) == WRITE_EVENT(EVENT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": 7},
        {"text": "\ud800"},
        {"text": "a" * 8_192},
        {"type": "message.recorded"},
        {"occurred_at": datetime(2024, 5, 17)},  # noqa: DTZ001  it is the naive one that must be refused
        {"occurred_at": None},
        {"attributes": None},
        {"event_id": None},
    ],
    ids=str,
)
def test_what_does_not_fit_is_not_written(wrong: dict[str, Any]) -> None:
    with pytest.raises(MISFITS):
        WRITE_EVENT(replace(EVENT, **wrong))


def test_a_number_beyond_64_bits_is_not_written() -> None:
    with pytest.raises(MISFITS):
        WRITE_POSITIONS(Positions(next_offsets={"a": 2**63}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x02\x02a",  # ends before the value
        b"\x02\x01a\x00\x00",  # a length below zero
        b"\x01\x08\x02a\x02\x00",  # a block that gives its size in bytes
        b"\x02\x02\xff\x02\x00",  # not UTF-8
        b"\x02\x02a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00",  # longer than 64 bits
    ],
)
def test_what_is_not_the_usual_way_is_not_read(body: bytes) -> None:
    with pytest.raises(UNUSUAL):
        READ_POSITIONS(body, 0)


@dataclass(frozen=True, slots=True)
class Named:
    topic: str


@dataclass(frozen=True, slots=True)
class Sure:
    confidence: float


def test_a_text_that_is_cut_off_ends_behind_the_last_byte() -> None:
    """So that the caller sees it."""
    assert reader(schema_with("topic", "string"), Named)(b"\x08abc", 0) == (Named("abc"), 5)


def test_fields_that_the_class_does_not_have_are_refused() -> None:
    with pytest.raises(TypeError, match="other fields"):
        reader(schema_of(Positions), Position)


def test_a_type_that_no_function_is_made_for_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        writer(schema_with("topic", "float"), HEADER)
    with pytest.raises(TypeError, match="float"):
        reader(schema_with("topic", "float"), Named)


def test_the_bytes_of_a_real_are_those_of_a_double() -> None:
    schema = schema_with("confidence", "double")

    assert writer(schema, b"")(Sure(0.85)) == struct.pack("<d", 0.85)
    assert reader(schema, Sure)(struct.pack("<d", 0.85), 0) == (Sure(0.85), 8)
