"""Two inputs a partition number: one lane reads both, and whatever is killed, each record of either counts once."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration.engine.workers import Workers, wait_for
from schemas.codec import Codec, ShippedSchemaIds
from schemas.enums import EventType
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import partition_of
from schemas.records import ConversationEvent, Outcome
from schemas.state import ConversationState
from support.broker import PARTITIONS, fresh_topics, read_all, send
from support.counting import routing
from support.infrastructure import Infrastructure
from topology.topics import TopicName

pytestmark = pytest.mark.integration

CODEC = Codec(ShippedSchemaIds())
INPUTS = (TopicName.EVENTS, TopicName.COMMANDS)
CONVERSATIONS = 20


@pytest.fixture
def workers(infrastructure: Infrastructure, tmp_path: Path) -> Iterator[Workers]:
    fresh_topics(infrastructure.kafka)
    found = Workers(infrastructure.kafka, tmp_path, INPUTS)
    yield found
    found.stop()


def feed(kafka: str, first: int, count: int) -> None:
    """Each conversation has events in both topics, under one partition number."""
    for topic in INPUTS:
        send(kafka, topic, (_event(topic, number) for number in range(first, first + count)))


def _event(topic: TopicName, number: int) -> tuple[int, bytes, bytes]:
    conversation = f"c{number % CONVERSATIONS}"
    key = routing("t", conversation)
    event = ConversationEvent(
        event_id=EventId(f"{topic}.{number}"),
        type=EventType.MESSAGE_RECORDED,
        tenant_id=TenantId("t"),
        conversation_id=ConversationId(conversation),
        message_id=MessageId(f"m{number}"),
        user_id=UserId("u"),
        text="hello",
        occurred_at=datetime(2026, 5, 3, tzinfo=UTC),
    )
    return partition_of(key, PARTITIONS), key.encode(), CODEC.encode(event)


def outcomes(kafka: str) -> Counter[tuple[str, int, int]]:
    """How many outcomes each input record has."""
    found = (CODEC.decode(message.value() or b"", Outcome).source for message in read_all(kafka, TopicName.OUTCOMES))
    return Counter((source.topic, source.partition, source.offset) for source in found)


def counted(kafka: str) -> Counter[str]:
    """How often each event counts, as a recovering worker would read it."""
    rows = {
        key: CODEC.decode(message.value() or b"", ConversationState).event_ids
        for message in read_all(kafka, TopicName.EXTRACT_CHANGELOG)
        if (key := message.key()) and not key.startswith(b"\x00")
    }
    return Counter(event for events in rows.values() for event in events)


def wait_for_outcomes(kafka: str, count: int) -> None:
    wait_for(lambda: len(outcomes(kafka)) >= count, f"{count} outcomes")


def test_kill_9_amid_two_inputs_loses_nothing_and_doubles_nothing(
    infrastructure: Infrastructure, workers: Workers
) -> None:
    kafka = infrastructure.kafka
    workers.start("a")
    feed(kafka, 0, 500)
    wait_for_outcomes(kafka, 200)
    workers.kill("a")
    workers.start("b")
    feed(kafka, 500, 500)
    wait_for_outcomes(kafka, 1_200)
    workers.start("a")
    feed(kafka, 1_000, 500)
    wait_for_outcomes(kafka, 2_200)
    workers.kill("b", signal.SIGTERM)
    wait_for_outcomes(kafka, 3_000)
    assert set(outcomes(kafka).values()) == {1}
    assert Counter(topic for topic, _, _ in outcomes(kafka)) == dict.fromkeys(INPUTS, 1500)
    assert counted(kafka) == Counter(f"{topic}.{number}" for topic in INPUTS for number in range(1_500))
