"""Three brokers: what is acknowledged is on two of them, one may be away, and the guards of production are content."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from api.freshness.kafka import KafkaOffsets
from deploy.local import environment, kafka
from deploy.local.stack import PROJECT
from deploy.local.supervision import Supervisor
from integration.local.bench import Bench, until
from support.broker import PARTITIONS
from topology.errors import Retryable
from topology.topics import TopicName

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

NEW_LEADER_SECONDS = 20.0
TOPIC = TopicName.EVENTS.value
SENT: list[bytes] = []
"""What was committed to its first partition, in order."""


@pytest.fixture(scope="module")
def three(bench: Bench) -> Iterator[Bench]:
    bench.do("up", "--brokers", "3", "--only", "topology-apply")
    yield bench
    bench.do("down", "--wipe")


@pytest.fixture
def servers(three: Bench) -> str:
    """Of a cluster in which every copy has caught up."""
    told = kafka.bootstrap_servers(three.stack)
    until(lambda: all(isrs == {1, 2, 3} for isrs in in_sync(told)))
    return told


def in_sync(servers: str) -> list[set[int]]:
    topics = AdminClient({"bootstrap.servers": servers}).list_topics(timeout=20).topics
    return [set(partition.isrs) for topic in topics.values() for partition in topic.partitions.values()]


def transaction(servers: str, value: bytes) -> None:
    """One record, committed; the commit is an acknowledgement by all that are in sync."""
    producer = Producer({"bootstrap.servers": servers, "transactional.id": "test"})
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(TOPIC, value, partition=0)
    producer.commit_transaction(60)
    SENT.append(value)


def committed(servers: str) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "test", "isolation.level": "read_committed"})
    found: list[bytes] = []

    def arrived() -> bool:
        messages = consumer.consume(100, timeout=1)
        found.extend(message.value() or b"" for message in messages if message.error() is None)
        return len(found) >= len(SENT)

    try:
        consumer.assign([TopicPartition(TOPIC, 0, 0)])
        until(arrived)
        return found
    finally:
        consumer.close()


def observer(servers: str) -> KafkaOffsets:
    """What the API knows of the log, which nobody but it asks."""

    def consumer(group: str) -> Consumer:
        return Consumer({"bootstrap.servers": servers, "group.id": group, "isolation.level": "read_committed"})

    return KafkaOffsets(consumer, PARTITIONS)


async def told(offsets: KafkaOffsets) -> bool:
    """Whether the ends of all topics are known."""
    try:
        return bool(await offsets.ends(list(TopicName)))
    except Retryable:
        return False


def stop(bench: Bench, *names: str) -> None:
    for name in names:
        Supervisor(bench.stack).stop(name)
    until(lambda: not any(bench.alive().get(name) for name in names))


def test_the_settings_of_production_are_in_force(three: Bench, servers: str) -> None:
    transaction(servers, b"first")
    told = {**os.environ, **environment.own_process(three.stack, "doctor"), "APP_ENV": "production"}
    command = [sys.executable, "-m", "topology", "doctor"]
    done = subprocess.run(command, cwd=PROJECT, env=told, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", kafka.NAMES)
def test_with_any_one_broker_away_records_are_acknowledged_and_read(three: Bench, servers: str, name: str) -> None:
    with closing(observer(servers)) as offsets:
        assert asyncio.run(offsets.ends([TopicName.EVENTS]))
        stop(three, name)
        transaction(servers, name.encode())
        assert committed(servers) == SENT
        began = time.monotonic()
        until(lambda: asyncio.run(told(offsets)))
        assert time.monotonic() - began < NEW_LEADER_SECONDS
    three.do("restart", name)


def test_with_two_away_nothing_is_acknowledged_and_what_was_is_there_again(three: Bench, servers: str) -> None:
    transaction(servers, b"kept")
    stop(three, "kafka-2", "kafka-3")
    heard: list[KafkaError | None] = []
    hasty = Producer({"bootstrap.servers": servers, "acks": "all", "delivery.timeout.ms": 8_000})
    hasty.produce(TOPIC, b"promised to nobody", partition=1, on_delivery=lambda error, _: heard.append(error))
    hasty.flush(30)
    assert [error is not None for error in heard] == [True]
    for name in ("kafka-2", "kafka-3"):
        Supervisor(three.stack).start(name)
    for name in kafka.NAMES:
        three.wait_until_ready(name)
    assert committed(servers) == SENT


def test_a_killed_broker_comes_back_and_catches_up(three: Bench, servers: str) -> None:
    killed = three.kill("kafka-2")
    transaction(servers, b"meanwhile")
    three.wait_for_another("kafka-2", killed)
    until(lambda: all(isrs == {1, 2, 3} for isrs in in_sync(servers)))
    assert committed(servers) == SENT


def test_later_commands_know_how_many_there_are_and_data_keep_their_number(three: Bench) -> None:
    assert "kafka-3" in three.run("status").stdout
    three.do("up", "--only", "topology-apply")
    refused = three.run("up", "--brokers", "1", "--only", "kafka")
    assert refused.returncode == 1
    assert "has 3 brokers" in refused.stderr
