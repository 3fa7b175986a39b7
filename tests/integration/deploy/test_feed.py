"""A conversation file through the real broker: every line once, on the right partition, and again on a retry."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.local.feed import feed, feed_files
from schemas.catalogue import shipped
from schemas.codec import Codec
from schemas.ids import TenantId
from schemas.keys import conversation_routing, partition_of
from schemas.records import ConversationEvent
from schemas.registry import Registry, RegistrySchemaIds
from schemas.transcript import event_of
from support.broker import fresh_topics, read_all
from support.infrastructure import Infrastructure
from topology.errors import Misconfigured
from topology.kafka import admin
from topology.settings import Settings
from topology.topics import TopicName

pytestmark = pytest.mark.integration

TENANT = TenantId("local")
LINES = [
    {
        "message_id": f"quay-{number % 5}.{number}",
        "conversation_id": f"quay-{number % 5}",
        "speaker": "Inês" if number % 2 else "assistant",
        "speaker_id": "quay.ines" if number % 2 else "quay.assistant",
        "occurred_at": f"2024-05-17T09:{number // 60:02}:{number % 60:02}Z",
        "text": f"Boat number {number} came in.",
    }
    for number in range(500)
]


@pytest.fixture
def settings(infrastructure: Infrastructure) -> Settings:
    fresh_topics(infrastructure.kafka)
    with closing(Registry(infrastructure.registry_url)) as registry:
        list(registry.register(shipped()))
    return Settings(kafka_bootstrap_servers=infrastructure.kafka, schema_registry_url=infrastructure.registry_url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "quay.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), "utf-8")
    return path


def arrived(settings: Settings) -> Counter[str]:
    """How often each event id stands in the topic, always on the partition of its conversation."""
    found: Counter[str] = Counter()
    with closing(RegistrySchemaIds(settings.schema_registry_url)) as ids:
        codec = Codec(ids)
        for record in read_all(settings.kafka_bootstrap_servers, TopicName.EVENTS):
            event = codec.decode(record.value() or b"", ConversationEvent)
            assert record.partition() == partition_of(conversation_routing(TENANT, event.conversation_id), 4)
            found[event.event_id] += 1
    return found


def test_every_line_arrives_once_a_feeding(settings: Settings, file: Path) -> None:
    ids = [event_of(json.dumps(line).encode(), TENANT).event_id for line in LINES]

    first = feed_files([file], settings)
    assert (first.sent, first.failed) == (500, False)
    assert arrived(settings) == Counter(ids)

    assert feed_files([file], settings).sent == 500
    assert arrived(settings) == Counter(ids * 2)


def test_the_command_ends_with_counts(settings: Settings, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers)
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", settings.schema_registry_url)
    with file.open("a", encoding="utf-8") as more:
        more.write("{}\n")

    result = CliRunner().invoke(feed, [str(file)])

    assert result.exit_code == 1
    assert "500 events of 1 file sent" in result.output
    assert "quay.jsonl:501: lacks message_id" in result.output


def test_a_registry_that_is_away_is_said(settings: Settings, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", settings.kafka_bootstrap_servers)
    monkeypatch.setenv("SCHEMA_REGISTRY_URL", "http://127.0.0.1:1")

    result = CliRunner().invoke(feed, [str(file)])

    assert result.exit_code == 1
    assert "does not answer" in result.output


def test_a_cluster_without_our_topics_is_said(settings: Settings, file: Path) -> None:
    delete(settings, TopicName.EVENTS)

    with pytest.raises(Misconfigured, match="python -m topology apply"):
        feed_files([file], settings)


def delete(settings: Settings, name: TopicName) -> None:
    client = admin(settings)
    for future in client.delete_topics([str(name)]).values():
        future.result(30)
    while name in client.list_topics(timeout=30).topics:
        pass
