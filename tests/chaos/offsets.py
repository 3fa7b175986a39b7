"""How far each consumer group is, and how long it stood still with something to do: measured from outside.

Reads committed offsets and ends of topics; what a worker says of itself plays no part.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from support.broker import PARTITIONS
from topology.stages import CONSOLIDATE, EXTRACT, POSTGRES_SINK, REDIS_SINK, Stage

Part: TypeAlias = tuple[str, int]
"""Topic and partition."""

GROUPS: Mapping[str, Stage] = {
    "extract": EXTRACT,
    "consolidate": CONSOLIDATE,
    "sink-postgres": POSTGRES_SINK,
    "sink-redis": REDIS_SINK,
}
"""The stage of each component that is a worker of a group."""
ANSWER_SECONDS = 10.0
POLL_SECONDS = 0.25


class Offsets:
    """Asks one broker. Raises KafkaException where it does not answer."""

    def __init__(self, kafka: str) -> None:
        self._admin = AdminClient({"bootstrap.servers": kafka, "log_level": 0})

    def committed(self, group: str) -> dict[Part, int]:
        (found,) = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
        told = found.result(ANSWER_SECONDS).topic_partitions
        return {(one.topic, one.partition): max(one.offset, 0) for one in told}

    def reached(self, group: str, topics: Collection[str]) -> int:
        """Sum of the committed offsets in those topics."""
        return sum(offset for (topic, _), offset in self.committed(group).items() if topic in topics)

    def ends(self, topics: Iterable[str]) -> dict[Part, int]:
        """What a reader of committed records can reach."""
        latest = cast("OffsetSpec", OffsetSpec.latest())  # type: ignore[no-untyped-call]
        asked = {TopicPartition(topic, number): latest for topic in topics for number in range(PARTITIONS)}
        found = self._admin.list_offsets(asked, isolation_level=IsolationLevel.READ_COMMITTED)
        return {(one.topic, one.partition): future.result(ANSWER_SECONDS).offset for one, future in found.items()}

    def behind(self, group: str, topics: Iterable[str]) -> int:
        """Records and markers that the group has still to read."""
        committed = self.committed(group)
        return sum(max(0, end - committed.get(part, 0)) for part, end in self.ends(topics).items())


@dataclass(slots=True, kw_only=True)
class Pause:
    """One partition of one group: how far it is, and since when it owes progress."""

    committed: int = 0
    since: float | None = None
    longest: float = 0.0

    def look(self, now: float, committed: int, end: int) -> None:
        """`since` is the moment of the last progress, or the first at which there was something to do."""
        if self.since is not None:
            self.longest = max(self.longest, now - self.since)
        if end <= committed:
            self.since = None
        elif committed > self.committed or self.since is None:
            self.since = now
        self.committed = committed


class Pauses(threading.Thread):
    """Looks at every group a few times a second until it is stopped. A look that the broker does not answer is none."""

    def __init__(self, kafka: str) -> None:
        super().__init__(name="pauses", daemon=True)
        self._offsets = Offsets(kafka)
        self._parts: dict[tuple[str, Part], Pause] = {}
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            for name, stage in GROUPS.items():
                try:
                    self._look(name, self._offsets.committed(stage.group), self._offsets.ends(map(str, stage.inputs)))
                except KafkaException:
                    continue

    def stop(self) -> dict[str, float]:
        """The longest pause of each group's slowest partition, in seconds."""
        self._done.set()
        self.join()
        return {name: max(pause.longest for (of, _), pause in self._parts.items() if of == name) for name in GROUPS}

    def _look(self, name: str, committed: Mapping[Part, int], ends: Mapping[Part, int]) -> None:
        for part, end in ends.items():
            pause = self._parts.setdefault((name, part), Pause())
            pause.look(time.monotonic(), committed.get(part, 0), end)
