"""Offsets as Kafka tells them, off the event loop: the ends of topics, and how far groups have come.

Reads offsets; joins no group and commits nothing. Asked through consumers, not through the admin client: that one
aborts the whole process when a coordinator moves (librdkafka issues 3663, 4605) and leaks (its Python issue 1901).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeAlias

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from api.freshness.barrier import Offsets
from topology.errors import Retryable
from topology.generations import FIRST, topic_of
from topology.topics import TopicName

REQUEST_SECONDS = 5.0
RETRY_AFTER_SECONDS = 1.0
THREADS = 4
"""A level of stages asks for its ends and its groups at the same time."""
MOVED = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
)
"""A consumer that reads nothing has no reason to look for a new leader: it was seen to ask the old one for a minute."""
Ask: TypeAlias = Callable[[Consumer], list[TopicPartition]]
OBSERVER = "api-observer"
"""The group of the consumer that asks for ends; it never joins."""


class KafkaOffsets:
    """`StreamOffsets` of a cluster whose topics all have `partitions` partitions.

    `consumer` makes an unsubscribed, read-committed consumer of a group; one a group is kept. Call `close` in the end.
    """

    def __init__(
        self, consumer: Callable[[str], Consumer], partitions: int, request_seconds: float = REQUEST_SECONDS
    ) -> None:
        self._make, self._request_seconds = consumer, request_seconds
        self._partitions = range(partitions)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="offsets")
        self._consumers: dict[str, Consumer] = {}
        self._lock = Lock()

    async def ends(self, topics: Sequence[TopicName], generation: int = FIRST) -> Offsets:
        asked = self._of(topics, generation, OFFSET_END)

        def ask(consumer: Consumer) -> list[TopicPartition]:
            # Kafka's own way to ask for the end is the time -1, which is what librdkafka passes on here.
            return consumer.offsets_for_times(asked, timeout=self._request_seconds)

        return _by_name(await self._told(OBSERVER, ask), topics, generation)

    async def committed(self, group: str, topics: Sequence[TopicName], generation: int = FIRST) -> Offsets:
        asked = self._of(topics, generation)

        def ask(consumer: Consumer) -> list[TopicPartition]:
            return consumer.committed(asked, timeout=self._request_seconds)

        return _by_name(await self._told(group, ask), topics, generation)

    def close(self) -> None:
        """Blocks until what is being asked is answered or given up."""
        self._threads.shutdown()
        for consumer in self._consumers.values():
            consumer.close()

    def _of(self, topics: Sequence[TopicName], generation: int, offset: int = 0) -> list[TopicPartition]:
        names = [topic_of(topic, generation) for topic in topics]
        return [TopicPartition(name, partition, offset) for name in names for partition in self._partitions]

    def _consumer(self, group: str) -> Consumer:
        with self._lock:
            if group not in self._consumers:
                self._consumers[group] = self._make(group)
        self._consumers[group].poll(0)  # hands librdkafka's log lines on; there are no records to come
        return self._consumers[group]

    async def _told(self, group: str, ask: Ask) -> Offsets:
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, self._asked, group, ask)
        except KafkaException as error:
            raise Retryable(
                f"Kafka does not tell its offsets: {error}", retry_after_seconds=RETRY_AFTER_SECONDS
            ) from error
        return {(at.topic, at.partition): max(0, at.offset) for at in found}

    def _asked(self, group: str, ask: Ask) -> list[TopicPartition]:
        """Once more where a partition has another leader by now, after it was asked which."""
        consumer = self._consumer(group)
        try:
            return _sound(ask(consumer))
        except KafkaException as error:
            if error.args[0].code() not in MOVED:
                raise
        consumer.list_topics(timeout=self._request_seconds)
        return _sound(ask(consumer))


def _by_name(offsets: Offsets, topics: Sequence[TopicName], generation: int) -> Offsets:
    """Of topics as the brokers call them, to their names."""
    names = {topic_of(topic, generation): str(topic) for topic in topics}
    return {(names[topic], partition): offset for (topic, partition), offset in offsets.items()}


def _sound(found: list[TopicPartition]) -> list[TopicPartition]:
    """Raises KafkaException where there is an error in it."""
    for at in found:
        if at.error is not None:
            raise KafkaException(at.error)
    return found
