"""Offsets as Kafka's admin protocol tells them, without blocking the event loop.

Reads offsets; commits nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from api.freshness.barrier import Offsets
from topology.errors import Retryable
from topology.topics import TopicName

REQUEST_SECONDS = 5.0
RETRY_AFTER_SECONDS = 1.0


class KafkaOffsets:
    """`StreamOffsets` of a cluster whose topics all have `partitions` partitions."""

    def __init__(self, admin: AdminClient, partitions: int, request_seconds: float = REQUEST_SECONDS) -> None:
        self._admin, self._request_seconds = admin, request_seconds
        self._partitions = range(partitions)

    async def ends(self, topics: Sequence[TopicName]) -> Offsets:
        self._admin.poll(0)  # hands librdkafka's log lines on
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        wanted = dict.fromkeys(self._of(topics), latest)
        futures = self._admin.list_offsets(
            wanted, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=self._request_seconds
        )
        found = await _all(futures.values())
        return {(at.topic, at.partition): result.offset for at, result in zip(futures, found, strict=True)}

    async def committed(self, group: str, topics: Sequence[TopicName]) -> Offsets:
        request = ConsumerGroupTopicPartitions(group, self._of(topics))
        futures = self._admin.list_consumer_group_offsets([request], request_timeout=self._request_seconds)
        (result,) = await _all(futures.values())
        return {(at.topic, at.partition): max(0, at.offset) for at in result.topic_partitions}

    def _of(self, topics: Sequence[TopicName]) -> list[TopicPartition]:
        return [TopicPartition(str(topic), partition) for topic in topics for partition in self._partitions]


async def _all(futures: Any) -> list[Any]:
    return list(await asyncio.gather(*map(_one, futures)))


async def _one(future: Future[Any]) -> Any:
    try:
        return await asyncio.wrap_future(future)
    except KafkaException as error:
        raise Retryable(f"Kafka does not tell its offsets: {error}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
