"""Records that can never succeed: kept, counted, explained, and in nobody's way."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from schemas.codec import Codec
from schemas.enums import EventType
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import partition_of
from schemas.records import ConversationEvent
from support.broker import PARTITIONS, read_all, send
from support.stack import Stack
from topology.topics import TopicName

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

RUN = uuid4().hex[:8]
KEY = f"local/bad-input-{RUN}"
PARTITION = partition_of(KEY, PARTITIONS)
OUTCOME = """SELECT source_offset, status, reasons FROM outcomes
             WHERE source_partition = %s AND source_offset >= %s ORDER BY source_offset"""

GOOD = ConversationEvent(
    event_id=EventId(f"good-{RUN}"),
    type=EventType.MESSAGE_RECORDED,
    tenant_id=TenantId("local"),
    conversation_id=ConversationId(f"bad-input-{RUN}"),
    message_id=MessageId("good"),
    user_id=UserId("bad-input.user"),
    text="I live in Coimbra.",
    occurred_at=datetime(2026, 5, 3, tzinfo=UTC),
)


def bad_values(events: Codec) -> list[tuple[str, bytes, bytes]]:
    """(expected reason, key, value) of each kind of poison."""
    unregistered = b"\x00\x7f\xff\xff\xff" + events.encode(GOOD)[5:]
    key = KEY.encode()
    return [
        ("bad_wire_format", key, b"\xff not Avro"),
        ("bad_avro", key, events.encode(GOOD)[:9]),
        ("unknown_schema", key, unregistered),
        ("key_mismatch", b"local/another", events.encode(GOOD)),
        ("missing_field", key, events.encode(replace(GOOD, text=None))),
        ("too_long", key, events.encode(replace(GOOD, text="x" * 65_537))),
        ("nul_in_text", key, events.encode(replace(GOOD, text="a\x00b"))),
        ("time_in_future", key, events.encode(replace(GOOD, occurred_at=datetime.now(UTC) + timedelta(days=1)))),
    ]


def test_each_kind_of_poison_is_a_dead_letter_and_the_next_good_event_is_stored(stack: Stack) -> None:
    kafka = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    with stack.codec() as events:
        poison, good = bad_values(events), events.encode(GOOD)
    first = sum(1 for message in read_all(kafka, TopicName.EVENTS) if message.partition() == PARTITION)
    send(kafka, TopicName.EVENTS, [(PARTITION, key, value) for _, key, value in poison])
    send(kafka, TopicName.EVENTS, [(PARTITION, KEY.encode(), good)])
    stack.drain()
    outcomes = stack.rows(OUTCOME, PARTITION, first)[-len(poison) - 1 :]
    assert [(row[1], row[2][0]) for row in outcomes[:-1]] == [("dead_lettered", reason) for reason, _, _ in poison]
    assert outcomes[-1][1] == "stored"
    letters = {
        dict(message.headers() or []).get("__connect.errors.offset"): message
        for message in dead_letters(kafka)
        if message.partition() == PARTITION
    }
    for (reason, key, value), row in zip(poison, outcomes, strict=False):
        letter = letters[str(row[0]).encode()]
        assert (letter.key(), letter.value()) == (key, value), reason
        assert dict(letter.headers() or [])["__connect.errors.topic"] == TopicName.EVENTS.encode()
    assert stack.call("GET", f"/v1/events/good-{RUN}").json()["status"] == "stored"


def dead_letters(kafka: str):  # type: ignore[no-untyped-def]
    return read_all(kafka, TopicName.EVENTS_DEAD_LETTERS)


def test_a_record_on_a_foreign_partition_is_sent_on(stack: Stack) -> None:
    kafka = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    event = replace(GOOD, event_id=EventId(f"rerouted-{RUN}"), message_id=MessageId("rerouted"))
    with stack.codec() as events:
        value = events.encode(event)
    send(kafka, TopicName.EVENTS, [((PARTITION + 1) % PARTITIONS, KEY.encode(), value)])
    answer = stack.call("GET", f"/v1/events/rerouted-{RUN}?wait_seconds=30").json()
    assert (answer["status"], answer["queryable"]) == ("stored", True)
    statuses = stack.rows("SELECT status FROM outcomes WHERE event_id = %s ORDER BY status", f"rerouted-{RUN}")
    assert [row[0] for row in statuses] == ["rerouted", "stored"]


def test_over_http_every_bad_event_is_named_and_nothing_is_accepted(stack: Stack) -> None:
    good = {
        "event_id": "http-good",
        "type": "message.recorded",
        "conversation_id": "http",
        "message_id": "m1",
        "user_id": "http.user",
        "text": "hello",
        "occurred_at": "2026-05-03T10:00:00Z",
    }
    bad = [{**good, "event_id": "http-1", "text": None}, {**good, "event_id": "http-2", "occurred_at": "yesterday"}]
    answer = stack.call("POST", "/v1/events", [good, *bad])
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert answer.headers["content-type"].startswith("application/problem+json")
    named = {(error["index"], error["field"]) for error in answer.json()["errors"]}
    assert named == {(1, "text"), (2, "occurred_at")}
    time.sleep(1.0)
    assert stack.call("GET", "/v1/events/http-good").status_code == httpx.codes.NOT_FOUND
