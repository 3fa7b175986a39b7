"""The topics as a cluster should have them, and what is to be done where it has them otherwise.

Pure: compares data. A partition count is frozen for an epoch, so no step ever changes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from topology.generations import FIRST, topic_of, topics_of
from topology.kafka import RECORD_BYTES
from topology.settings import Settings
from topology.topics import Cleanup, Topic, TopicName

_DAY_MS = 24 * 60 * 60 * 1_000
_EVENT_BYTES = 1_048_588
"""Kafka's default. An event within the limits is below 200 kB; what derives from one may be larger."""

_TOMBSTONE_DAYS = 7
"""How long a sink may be away and still see that a row went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """A topic as a broker knows it. `config` holds what this project sets, or what a cluster says of the same keys."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


class Action(StrEnum):
    CREATE = "create"
    KEEP = "keep"
    ALTER = "alter"
    """Configurations differ, and may be set."""
    REFUSE = "refuse"
    """It differs in what cannot be changed in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do about one topic, and in what it differs."""

    spec: TopicSpec
    action: Action
    differences: tuple[str, ...] = ()


def wanted(settings: Settings, generation: int = FIRST) -> list[TopicSpec]:
    """Every topic as this deployment wants it; of a later generation, those of its own."""
    return [spec_of(topic, settings, generation) for topic in topics_of(generation)]


def spec_of(topic: Topic, settings: Settings, generation: int = FIRST) -> TopicSpec:
    return TopicSpec(
        name=topic_of(topic.name, generation),
        partitions=settings.partitions,
        replication=settings.replication_factor,
        config=dict(_config(topic, settings.replication_factor)),
    )


def plan(specs: Sequence[TopicSpec], found: Mapping[str, TopicSpec]) -> list[Step]:
    """A step a topic, in the order given; `found` holds the topics that are there."""
    return [_step(spec, found.get(spec.name)) for spec in specs]


def _config(topic: Topic, replication: int) -> Iterator[tuple[str, str]]:
    yield "cleanup.policy", topic.cleanup.value
    yield "message.timestamp.type", "LogAppendTime" if topic.log_append_time else "CreateTime"
    yield "min.insync.replicas", str(max(1, replication - 1))
    yield "max.message.bytes", str(_EVENT_BYTES if topic.name is TopicName.EVENTS else RECORD_BYTES)
    if topic.cleanup is Cleanup.COMPACT:
        yield "delete.retention.ms", str(_TOMBSTONE_DAYS * _DAY_MS)
    if topic.retention_days is not None:
        yield "retention.ms", str(topic.retention_days * _DAY_MS)


def _step(spec: TopicSpec, there: TopicSpec | None) -> Step:
    if there is None:
        return Step(spec=spec, action=Action.CREATE)
    fixed = tuple(_fixed_differences(spec, there))
    configured = tuple(
        f"{key} is {there.config.get(key)}, wanted {value}"
        for key, value in spec.config.items()
        if there.config.get(key) != value
    )
    action = Action.REFUSE if fixed else Action.ALTER if configured else Action.KEEP
    return Step(spec=spec, action=action, differences=fixed + configured)


def _fixed_differences(spec: TopicSpec, there: TopicSpec) -> Iterator[str]:
    if there.partitions != spec.partitions:
        yield f"{there.partitions} partitions, wanted {spec.partitions}: frozen, a new epoch needs new topics"
    if there.replication != spec.replication:
        yield f"{there.replication} replicas, wanted {spec.replication}: reassign them with Kafka's own tool"
