"""What a client in another language produces is read like ours: same bytes, same key, same partition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from schemas.catalogue import shipped
from schemas.codec import Codec
from schemas.ids import TenantId
from schemas.json_events import read_event
from schemas.keys import conversation_routing, partition_of
from schemas.records import ConversationEvent
from schemas.registry import Registry, RegistrySchemaIds
from support import node
from support.infrastructure import Infrastructure
from topology.apply import await_topics, steps, take
from topology.cluster import wanted
from topology.kafka import admin, consumer_config
from topology.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not node.present, reason="Node is not installed")]

TENANT = TenantId("local")
EVENTS: list[dict[str, Any]] = json.loads((node.EXAMPLE / "events.json").read_text("utf-8"))
MORE = [{**EVENTS[0], "event_id": f"node-many-{n}", "conversation_id": f"talk {n} é/ü"} for n in range(12)]


@pytest.fixture(scope="module")
def settings(infrastructure: Infrastructure) -> Settings:
    """The stack with our topics and schemas in place."""
    found = Settings(kafka_bootstrap_servers=infrastructure.kafka, schema_registry_url=infrastructure.registry_url)
    with closing(Registry(infrastructure.registry_url)) as registry:
        list(registry.register(shipped()))
    specs = wanted(found)
    for step in steps(admin(found), specs):
        take(admin(found), step)
    await_topics(admin(found), specs, wait_seconds=30)
    return found


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node.install(tmp_path_factory.mktemp("node"))


@pytest.fixture
def consumer(settings: Settings) -> Iterator[Consumer]:
    with closing(Consumer(consumer_config(settings, group="test-node"))) as opened:
        yield opened


def record_at(consumer: Consumer, position: dict[str, Any]) -> Message:
    consumer.assign([TopicPartition(position["topic"], position["partition"], position["offset"])])
    record = consumer.poll(30)
    assert record is not None
    assert record.error() is None
    assert record.offset() == position["offset"]
    return record


@pytest.mark.parametrize("events", [EVENTS, MORE], ids=["each type", "many conversations"])
def test_nodes_events_are_read_like_ours(
    events: list[dict[str, Any]], example: Path, infrastructure: Infrastructure, consumer: Consumer
) -> None:
    positions = node.produce(example, infrastructure.environment, events)

    assert [position["event_id"] for position in positions] == [event["event_id"] for event in events]
    with closing(RegistrySchemaIds(infrastructure.registry_url)) as ids:
        codec = Codec(ids)
        for event, position in zip(events, positions, strict=True):
            wanted_event, record = read_event(event, TENANT), record_at(consumer, position)
            routing = conversation_routing(TENANT, wanted_event.conversation_id)
            assert codec.decode(record.value() or b"", ConversationEvent) == wanted_event
            assert (record.key() or b"").decode() == routing
            assert record.partition() == partition_of(routing, 4)
