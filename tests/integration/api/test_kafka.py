"""The API's side of a real Kafka: what it appends, and what it knows of offsets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from api.freshness.barrier import Offsets
from api.freshness.kafka import KafkaOffsets
from api.ingest.kafka import KafkaLog
from schemas.codec import Codec, ShippedSchemaIds
from schemas.enums import CommandType, EventType, Kind
from schemas.ids import CommandId, ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import partition_of
from schemas.records import ConversationEvent, MemoryCommand, Position
from support.infrastructure import Infrastructure
from topology.errors import Retryable
from topology.kafka import consumer_config, producer_config
from topology.settings import Settings
from topology.topics import TopicName

pytestmark = pytest.mark.integration

PARTITIONS = 4
CODEC = Codec(ShippedSchemaIds())


def event(number: int, conversation: str) -> ConversationEvent:
    return ConversationEvent(
        event_id=EventId(f"e-{number}"),
        type=EventType.MESSAGE_RECORDED,
        tenant_id=TenantId("acme"),
        conversation_id=ConversationId(conversation),
        message_id=MessageId(f"m-{number}"),
        user_id=UserId("ana"),
        text="Olá",
        occurred_at=datetime(2024, 5, 17, 9, 30, tzinfo=UTC),
    )


@pytest.fixture
def settings(infrastructure: Infrastructure, api_topics: None) -> Settings:
    return Settings(kafka_bootstrap_servers=infrastructure.kafka, partitions=PARTITIONS)


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[KafkaLog]:
    made = KafkaLog(producer_config(settings), CODEC, PARTITIONS)
    made.start()
    yield made
    await asyncio.to_thread(made.stop)


def read(settings: Settings, position: Position) -> tuple[bytes, bytes]:
    """Key and value of the record at a position."""
    consumer = Consumer(consumer_config(settings, group=f"test-{uuid4()}"))
    consumer.assign([TopicPartition(position.topic, position.partition, position.offset)])
    message = consumer.poll(20)
    consumer.close()
    assert message is not None
    assert message.error() is None
    key, value = message.key(), message.value()
    assert isinstance(key, bytes)
    assert isinstance(value, bytes)
    return key, value


async def test_events_lie_where_the_positions_say(settings: Settings, log: KafkaLog) -> None:
    conversations = [f"c-{uuid4()}" for _ in range(3)]
    events = [event(n, conversations[n % 3]) for n in range(30)]
    positions = await log.append(events)
    for sent, position in zip(events, positions, strict=True):
        routing = f"acme/{sent.conversation_id}"
        assert (position.topic, position.partition) == (TopicName.EVENTS, partition_of(routing, PARTITIONS))
    for number in (0, 29):
        key, value = await asyncio.to_thread(read, settings, positions[number])
        assert key == f"acme/{events[number].conversation_id}".encode()
        assert CODEC.decode(value, ConversationEvent) == events[number]


async def test_events_of_a_conversation_keep_their_order(log: KafkaLog) -> None:
    positions = await log.append([event(n, "ordered") for n in range(200)])
    offsets = [position.offset for position in positions]
    assert offsets == sorted(offsets)


async def test_requests_at_the_same_time_get_their_own_positions(log: KafkaLog) -> None:
    batches = await asyncio.gather(*(log.append([event(n, f"c-{n}")]) for n in range(50)))
    assert len({(p.partition, p.offset) for (p,) in batches}) == 50


async def test_a_command_goes_to_its_user_s_partition(settings: Settings, log: KafkaLog) -> None:
    command = MemoryCommand(
        tenant_id=TenantId("acme"),
        user_id=UserId("a/b"),
        command_id=CommandId("cmd-1"),
        type=CommandType.REMEMBER,
        issued_at=datetime(2024, 5, 17, tzinfo=UTC),
        item_id=None,
        kind=Kind.FACT,
        slot="home_city",
        value="Porto",
        known_from=None,
        known_to=None,
    )
    position = await log.command(command)
    assert (position.topic, position.partition) == (TopicName.COMMANDS, partition_of("acme/a/b", PARTITIONS))
    key, value = await asyncio.to_thread(read, settings, position)
    assert key == b"acme/a%2Fb/cmd-1"
    assert CODEC.decode(value, MemoryCommand) == command


async def test_without_a_broker_nothing_is_promised() -> None:
    settings = Settings(kafka_bootstrap_servers="127.0.0.1:1", partitions=PARTITIONS)
    log = KafkaLog({**producer_config(settings), "log_level": 0}, CODEC, PARTITIONS, delivery_timeout_ms=500)
    log.start()
    with pytest.raises(Retryable):
        await log.append([event(1, "c")])
    await asyncio.to_thread(log.stop)


async def test_an_event_that_is_too_large_for_the_topic_is_not_promised(log: KafkaLog) -> None:
    huge = replace(event(1, "c"), attributes={"a": "x" * 5_000_000})
    with pytest.raises(Retryable):
        await log.append([event(0, "c"), huge])


@pytest.fixture
def topic(infrastructure: Infrastructure) -> Iterator[TopicName]:
    """A topic of its own, of two partitions."""
    admin, name = AdminClient({"bootstrap.servers": infrastructure.kafka}), f"test-{uuid4()}"
    for future in admin.create_topics([NewTopic(name, 2, 1)]).values():
        future.result(20)
    yield cast("TopicName", name)
    admin.delete_topics([name])


def offsets_of(settings: Settings, partitions: int, request_seconds: float = 5.0) -> KafkaOffsets:
    return KafkaOffsets(
        lambda group: Consumer({**consumer_config(settings, group=group), "log_level": 0}),
        partitions,
        request_seconds=request_seconds,
    )


async def eventually(offsets: KafkaOffsets, topic: TopicName, ends: tuple[int, int]) -> None:
    """Wait for the ends. A fresh leader may not believe yet that it leads, and commit markers come a moment later."""
    found: Offsets = {}
    for _ in range(100):
        with suppress(Retryable):
            found = await offsets.ends([topic])
        if found == {(topic, 0): ends[0], (topic, 1): ends[1]}:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(found)


async def test_ends_and_commits_as_a_reader_of_committed_records_sees_them(
    infrastructure: Infrastructure, settings: Settings, topic: TopicName
) -> None:
    offsets = offsets_of(settings, 2)
    group = f"test-{uuid4()}"
    await eventually(offsets, topic, (0, 0))
    assert await offsets.committed(group, [topic]) == {(topic, 0): 0, (topic, 1): 0}

    producer = Producer({"bootstrap.servers": infrastructure.kafka, "transactional.id": group})
    await asyncio.to_thread(producer.init_transactions, 20)
    producer.begin_transaction()
    producer.produce(topic, b"v", partition=1)
    await asyncio.to_thread(producer.flush, 20)
    assert (await offsets.ends([topic]))[topic, 1] == 0
    await asyncio.to_thread(producer.commit_transaction, 20)
    await eventually(offsets, topic, (0, 2))

    consumer = Consumer({"bootstrap.servers": infrastructure.kafka, "group.id": group, "enable.auto.commit": False})
    await asyncio.to_thread(lambda: consumer.commit(offsets=[TopicPartition(topic, 1, 2)], asynchronous=False))
    consumer.close()
    assert await offsets.committed(group, [topic]) == {(topic, 0): 0, (topic, 1): 2}
    await asyncio.to_thread(offsets.close)


async def test_offsets_of_a_cluster_that_is_away_are_the_asker_s_to_hear() -> None:
    offsets = offsets_of(Settings(kafka_bootstrap_servers="127.0.0.1:1"), 1, request_seconds=0.5)
    with pytest.raises(Retryable):
        await offsets.ends([TopicName.EVENTS])
    with pytest.raises(Retryable):
        await offsets.committed("group", [TopicName.EVENTS])
    await asyncio.to_thread(offsets.close)


async def test_ends_of_a_topic_that_is_not_there_are_the_asker_s_to_hear(settings: Settings) -> None:
    offsets = offsets_of(settings, 1)
    with pytest.raises(Retryable):
        await offsets.ends([cast("TopicName", f"none-{uuid4()}")])
    await asyncio.to_thread(offsets.close)
