"""Each setting that the promise rests on: as shipped it is strong enough, and each weaker value is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from topology.cluster import TopicSpec, spec_of
from topology.errors import Misconfigured
from topology.guarantees import Cluster, Demands, require, shared_demands, weaknesses
from topology.kafka import consumer_config, producer_config
from topology.settings import Settings
from topology.topics import TOPIC_BY_NAME, TopicName

PRODUCTION = Settings(app_env="production", partitions=24, replication_factor=3)
BROKER = {
    "transaction.max.timeout.ms": "900000",
    "group.min.session.timeout.ms": "6000",
    "group.max.session.timeout.ms": "1800000",
}
TRANSACTIONAL = {"transactional.id": "extract-v1-0", "transaction.timeout.ms": 60_000, "message.timeout.ms": 15_000}


def topic(name: TopicName, settings: Settings = PRODUCTION, **config: str) -> TopicSpec:
    spec = spec_of(TOPIC_BY_NAME[name], settings)
    return replace(spec, config={"unclean.leader.election.enable": "false", **spec.config, **named(config)})


def named(config: Mapping[str, str]) -> dict[str, str]:
    return {key.replace("_", "."): value for key, value in config.items()}


def cluster(*specs: TopicSpec, **broker: str) -> Cluster:
    return Cluster(topics={spec.name: spec for spec in specs}, brokers={"1": BROKER | named(broker)})


def told(demands: Demands, there: Cluster, *, production: bool = True) -> list[tuple[str, object]]:
    return [(weakness.setting, weakness.found) for weakness in weaknesses(demands, there, production=production)]


def test_what_is_shipped_is_strong_enough() -> None:
    everything = cluster(*(topic(name) for name in TopicName))
    assert told(shared_demands(PRODUCTION), everything) == []
    assert told(Demands(producers={"checkpoint": TRANSACTIONAL}, commit_seconds=30), everything) == []


@pytest.mark.parametrize(
    ("weaker", "setting"),
    [
        ({"acks": "1"}, "acks"),
        ({"acks": 0}, "acks"),
        ({"request.required.acks": 1}, "acks"),
        ({"enable.idempotence": False}, "enable.idempotence"),
    ],
)
def test_a_producer_that_could_lose_or_double_is_named(weaker: dict[str, Any], setting: str) -> None:
    config = {key: value for key, value in producer_config(PRODUCTION).items() if key != "acks" or "acks" in weaker}
    (found,) = told(Demands(producers={"api": {**config, **weaker}}), cluster())
    assert found[0] == setting


@pytest.mark.parametrize("weaker", [{"transaction.timeout.ms": 44_999}, {"message.timeout.ms": 30_001}])
def test_a_transaction_outlives_the_commit_of_its_owner(weaker: dict[str, int]) -> None:
    demands = Demands(producers={"checkpoint": {**TRANSACTIONAL, **weaker}}, commit_seconds=30)
    assert [setting for setting, _ in told(demands, cluster())] == ["transaction.timeout.ms"]


def test_a_transaction_is_no_longer_than_the_broker_allows() -> None:
    demands = Demands(producers={"checkpoint": TRANSACTIONAL})
    assert told(demands, cluster(transaction_max_timeout_ms="59999")) == [("transaction.max.timeout.ms", 59_999)]


@pytest.mark.parametrize(
    ("weaker", "setting"),
    [
        ({"isolation.level": "read_uncommitted"}, "isolation.level"),
        ({"enable.auto.commit": True}, "enable.auto.commit"),
        ({"max.poll.interval.ms": 5_000}, "max.poll.interval.ms"),
        ({"session.timeout.ms": 5_999}, "session.timeout.ms"),
    ],
)
def test_a_consumer_that_could_read_what_is_not_or_skip_what_is_is_named(weaker: dict[str, Any], setting: str) -> None:
    config = consumer_config(PRODUCTION, group="g") | weaker
    assert [setting] == [found for found, _ in told(Demands(consumers={"sink": config}), cluster())]


@pytest.mark.parametrize(
    ("name", "weaker", "setting"),
    [
        (TopicName.EXTRACT_CHANGELOG, {"cleanup_policy": "compact,delete"}, "cleanup.policy"),
        (TopicName.EVENTS, {"cleanup_policy": "compact"}, "cleanup.policy"),
        (TopicName.EVENTS, {"message_timestamp_type": "CreateTime"}, "message.timestamp.type"),
        (TopicName.ITEMS, {"unclean_leader_election_enable": "true"}, "unclean.leader.election.enable"),
        (TopicName.ITEMS, {"min_insync_replicas": "1"}, "min.insync.replicas"),
        (TopicName.ITEMS, {"min_insync_replicas": "4"}, "min.insync.replicas"),
    ],
)
def test_a_topic_that_could_forget_is_named(name: TopicName, weaker: dict[str, str], setting: str) -> None:
    assert [setting] == [found for found, _ in told(Demands(topics=[name]), cluster(topic(name, PRODUCTION, **weaker)))]


def test_one_copy_will_do_anywhere_but_in_production() -> None:
    alone = cluster(topic(TopicName.ITEMS, Settings()))
    demands = Demands(topics=[TopicName.ITEMS])
    assert told(demands, alone, production=False) == []
    assert told(demands, alone) == [("replication factor", 1), ("min.insync.replicas", 1)]


def test_the_coordinators_topics_have_as_many_copies() -> None:
    kept = TopicSpec(name="__transaction_state", partitions=50, replication=1, config={"min.insync.replicas": "1"})
    assert told(Demands(), cluster(kept)) == [("replication factor", 1), ("min.insync.replicas", 1)]


def test_a_topic_that_is_missing_is_named() -> None:
    assert told(Demands(topics=[TopicName.ITEMS]), cluster()) == [("topic", "missing")]


def test_runs_are_worked_one_at_a_time() -> None:
    assert told(Demands(concurrency=2), cluster()) == [("concurrency", 2)]


def test_a_refusal_names_each_setting_its_value_what_is_wanted_and_why() -> None:
    demands = Demands(topics=[TopicName.ITEMS], concurrency=3)
    weak = cluster(topic(TopicName.ITEMS, min_insync_replicas="1"))
    with pytest.raises(Misconfigured) as refused:
        require(demands, weak, production=True)
    assert str(refused.value).splitlines()[1:] == [
        (
            "  agent: concurrency is 3, wanted 1: "
            "runs of a partition are worked in order, or a checkpoint could pass an unfinished one"
        ),
        (
            "  memory.items.v1: min.insync.replicas is 1, wanted 2 or more in production: "
            "what is acknowledged is on two brokers"
        ),
    ]
