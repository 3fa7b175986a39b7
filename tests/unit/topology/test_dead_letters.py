"""The headers of a dead letter tell where the record stood and why it failed."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.records import Position
from topology.dead_letters import Failure, build, parse, without_failure

FAILURE = Failure(
    position=Position(topic="conversation.events.v1", partition=2, offset=41),
    stage="extract",
    reason="bad_avro",
    detail="EOFError: naïve ending",
    timestamp=datetime(2024, 5, 17, 9, 30, tzinfo=UTC),
)


def test_what_is_built_can_be_parsed() -> None:
    assert parse(build(FAILURE)) == FAILURE


def test_the_names_are_those_of_kafka_connect() -> None:
    headers = dict(build(FAILURE))

    assert headers["__connect.errors.topic"] == b"conversation.events.v1"
    assert headers["__connect.errors.partition"] == b"2"
    assert headers["__connect.errors.offset"] == b"41"
    assert headers["__connect.errors.exception.class.name"] == b"bad_avro"
    assert headers["__connect.errors.exception.message"] == "EOFError: naïve ending".encode()


def test_the_record_keeps_its_own_headers_and_loses_an_earlier_failure() -> None:
    own = ("traceparent", b"00-1-2-01"), ("empty", None)

    twice = build(FAILURE, build(FAILURE, own))

    assert len(twice) == len(build(FAILURE, own))
    assert without_failure(twice) == own


def test_headers_without_a_failure_tell_none() -> None:
    assert parse([("traceparent", b"00-1-2-01")]) is None
    assert parse([*build(FAILURE)[:1], ("__connect.errors.partition", b"two")]) is None


def test_a_long_message_is_cut() -> None:
    long = Failure(
        position=FAILURE.position, stage="extract", reason="bad_avro", detail="x" * 5_000, timestamp=FAILURE.timestamp
    )

    parsed = parse(build(long))

    assert parsed is not None
    assert len(parsed.detail) == 1_000
