"""What a group says when it takes a member's place away; the real thing is in `integration/sinks/test_kafka_log.py`."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from sinks import log
from sinks.log import KafkaLog
from sinks.ports import Partition
from topology.kafka import ClientConfig
from topology.topics import TopicName

FENCED = KafkaError(KafkaError._FATAL, "Static consumer fenced by other consumer with same group.instance.id")
CONFIG: ClientConfig = {"session.timeout.ms": 10_000}
PASSING = KafkaError(KafkaError._TRANSPORT, "broker away")


class Consumer:
    """Takes all partitions away in its first look at the group, and has an error to tell with it."""

    told: KafkaError

    def __init__(self, _config: dict[str, Any]) -> None:
        self._revoke: Callable[[Any, list[TopicPartition]], None] = lambda *_: None

    def subscribe(self, _topics: list[str], *, on_revoke: Callable[..., None], **_others: object) -> None:
        self._revoke = on_revoke

    def unassign(self) -> None:
        """Nothing was read."""

    def consume(self, _records: int, _seconds: float) -> list[Message]:
        self._revoke(self, [])
        return [Message(topic=None, partition=-1, error=self.told)]


class Lost(Consumer):
    """Has lost its coordinator: never comes back from leaving the group."""

    def close(self) -> None:
        Event().wait()


def looked(monkeypatch: pytest.MonkeyPatch, told: KafkaError) -> log.Fetched:
    monkeypatch.setattr(Consumer, "told", told, raising=False)
    monkeypatch.setattr(log, "Consumer", Consumer)
    return KafkaLog(CONFIG, [TopicName.MESSAGES]).fetch(10, 0.1)


def test_a_member_that_can_never_come_back_says_so_with_the_loss_of_its_partitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(KafkaException, match="fenced"):
        looked(monkeypatch, FENCED)


def test_an_error_that_passes_leaves_only_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(monkeypatch, PASSING).assigned == ()


def test_a_client_that_never_leaves_its_group_keeps_nobody_from_ending(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log, "Consumer", Lost)
    monkeypatch.setattr(log, "CLOSE_SECONDS", 0.1)
    began = time.monotonic()
    KafkaLog(CONFIG, [TopicName.MESSAGES]).close()
    assert time.monotonic() - began < 60
    assert "the group was not left" in caplog.text


class Told(Consumer):
    """Notes what the group is told, and acknowledges nothing."""

    told_group: list[dict[int, int]]

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.told_group = []

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> None:
        assert asynchronous
        self.told_group.append({one.partition: one.offset for one in offsets})

    def close(self) -> None:
        """At once."""


def test_the_group_is_told_together_what_comes_in_quick_succession(monkeypatch: pytest.MonkeyPatch) -> None:
    """And at the end, whatever was not told yet."""
    monkeypatch.setattr(log, "Consumer", Told)
    now = 100.0
    member = KafkaLog(CONFIG, [TopicName.MESSAGES], lambda: now)
    group: list[dict[int, int]] = member._consumer.told_group  # type: ignore[attr-defined]
    one, other = (Partition(topic=TopicName.MESSAGES, number=number) for number in (0, 1))
    member.commit({one: 1})
    assert group == [{0: 1}]
    for offset in range(2, 7):
        member.commit({one: offset, other: offset})
    assert len(group) == 1
    now += log.COMMIT_SECONDS * 1.1
    member.commit({})
    assert group[1:] == [{0: 6, 1: 6}]
    now += log.COMMIT_SECONDS * 1.1
    member.commit({})
    assert len(group) == 2, "nothing new: it is told again only after a while"
    now += log.COMMIT_AGAIN_SECONDS
    member.commit({})
    assert group[2:] == [{0: 6, 1: 6}]
    member.commit({one: 7})
    member.close()
    assert group[3:] == [{0: 7, 1: 6}]
