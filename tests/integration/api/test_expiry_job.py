"""`python -m api expire` on the real PostgreSQL, Kafka and registry: what it prints, and what stands in the log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from confluent_kafka import Consumer, TopicPartition

from schemas.codec import Codec
from schemas.enums import CommandType, RetentionLevel
from schemas.keys import partition_of, user_routing
from schemas.records import MemoryCommand
from schemas.registry import RegistrySchemaIds
from sinks.postgres.migrate import migrate
from support.api_story import ACME, ANA, OTHER, START, Landed, land, memory_item
from support.infrastructure import PROJECT, Infrastructure
from topology.topics import TopicName

pytestmark = pytest.mark.integration

PARTITIONS = 4
SHORT, KEPT = (replace(memory_item(ACME, v, v.lower(), START), retention_level=RetentionLevel.SHORT) for v in "AB")
KEPT = replace(KEPT, retention_level=RetentionLevel.PERMANENT)


@pytest.fixture
def environment(infrastructure: Infrastructure, api_topics: None, api_schemas: None) -> Iterator[dict[str, str]]:
    """Two items of one tenant, of which one is over, and one of another."""
    with infrastructure.fresh_database() as url:
        migrate(url)
        items = [SHORT, KEPT, memory_item(OTHER, "Porto", "porto", START)]
        land(url, [Landed(topic=TopicName.ITEMS, key=f"{i.tenant_id}/{ANA}/{i.item_id}", value=i) for i in items])
        settings = {"DATABASE_URL": url, "PARTITIONS": str(PARTITIONS)}
        yield {**os.environ, **infrastructure.environment, **settings}


def expire(environment: dict[str, str], *options: str) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "api", "expire", *options]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, timeout=60, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def commands(environment: dict[str, str]) -> list[MemoryCommand]:
    """Every command of Ana's about the item that is over."""
    kafka = {"bootstrap.servers": environment["KAFKA_BOOTSTRAP_SERVERS"], "group.id": "none"}
    at = TopicPartition(TopicName.COMMANDS, partition_of(user_routing(ACME, ANA), PARTITIONS), 0)
    consumer, ids = Consumer(kafka), RegistrySchemaIds(environment["SCHEMA_REGISTRY_URL"])
    consumer.assign([at])
    _, end = consumer.get_watermark_offsets(at, timeout=20)
    found, offset = [], 0
    while offset < end:
        record = consumer.poll(20)
        assert record is not None
        offset = (record.offset() or 0) + 1
        found.append(Codec(ids).decode(record.value() or b"", MemoryCommand))
    consumer.close()
    ids.close()
    return [each for each in found if each.item_id == SHORT.item_id]


def test_what_is_over_is_shown_sent_and_the_same_when_it_is_sent_again(environment: dict[str, str]) -> None:
    shown, *counts = expire(environment, "--dry-run")
    assert (shown["item_id"], shown["counted_from"]) == (SHORT.item_id, "2024-05-17 09:00:00+00:00")
    assert counts == [
        {"tenant_id": "acme", "looked_at": 2, "over": 1, "sent": 0},
        {"tenant_id": "other", "looked_at": 1, "over": 0, "sent": 0},
    ]
    assert commands(environment) == []

    assert expire(environment, "--tenant", "acme") == [{"tenant_id": "acme", "looked_at": 2, "over": 1, "sent": 1}]
    assert expire(environment)[0]["sent"] == 1
    first, second = commands(environment)
    assert first.type is CommandType.EXPIRE
    assert (first.command_id, first.known_to) == (second.command_id, second.known_to)


def test_it_says_what_is_away_and_that_it_is_worth_another_try(environment: dict[str, str]) -> None:
    away = environment | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    done = subprocess.run(
        [sys.executable, "-m", "api", "expire"], cwd=PROJECT, env=away, capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 75
    assert b"PostgreSQL" in done.stderr
