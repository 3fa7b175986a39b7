"""A fetched record gives what librdkafka's message holds, asked for or not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message

from schemas.records import Position
from streams.engine.fetched import FetchedRecord


def message(offset: int = 7) -> Message:
    return Message(
        topic="events",
        partition=3,
        offset=offset,
        key=b"k",
        value=b"v",
        headers=[("trace", b"1")],
        timestamp=(TIMESTAMP_LOG_APPEND_TIME, 1_500),
    )


def test_fields_are_those_of_the_message() -> None:
    record = FetchedRecord(message())
    assert (record.topic, record.key, record.value) == ("events", b"k", b"v")
    assert record.position == Position(topic="events", partition=3, offset=7)
    assert record.timestamp == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert list(record.headers) == [("trace", b"1")]


def test_a_field_is_made_once() -> None:
    record = FetchedRecord(message())
    assert record.position is record.position


def test_an_unknown_field_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="colour"):
        _ = FetchedRecord(message()).colour


def test_a_record_cannot_be_changed() -> None:
    record = FetchedRecord(message())
    with pytest.raises(AttributeError):
        record.value = b"other"  # type: ignore[misc]
