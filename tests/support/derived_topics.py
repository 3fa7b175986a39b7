"""The derived topics on the real broker, with some talk on them, sent in transactions as the agents send theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast
from uuid import uuid4

from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from schemas.catalogue import shipped
from schemas.codec import Codec
from schemas.enums import ItemStatus
from schemas.registry import Registry, RegistrySchemaIds
from sinks.decoding import decode
from sinks.log import RawRecord
from sinks.ports import Partition, SinkRecord
from support import broker
from support.derived import Tombstone, Topics, evidence, item, message, outcome, profile
from topology.stages import POSTGRES_SINK
from topology.topics import TopicName

TURNS: Final = 120
IN_A_TRANSACTION: Final = 17
_ANSWER_SECONDS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What is on the broker: all records of the derived topics, in order within their partitions."""

    kafka: str
    records: list[SinkRecord]

    def ends(self, topics: Iterable[TopicName]) -> dict[Partition, int]:
        """Where their partitions end, behind the markers of transactions."""
        latest = cast("OffsetSpec", OffsetSpec.latest())  # type: ignore[no-untyped-call]
        asked = {TopicPartition(topic, n): latest for topic in topics for n in range(broker.PARTITIONS)}
        admin = AdminClient({"bootstrap.servers": self.kafka})
        found = admin.list_offsets(asked)
        return {
            Partition(topic=TopicName(one.topic), number=one.partition): future.result(_ANSWER_SECONDS).offset
            for one, future in found.items()
        }

    def told(self, group: str) -> dict[Partition, int]:
        """What the group has been told."""
        admin = AdminClient({"bootstrap.servers": self.kafka})
        (found,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
        return {
            Partition(topic=TopicName(one.topic), number=one.partition): one.offset
            for one in found.result(_ANSWER_SECONDS).topic_partitions
        }


def speak(kafka: str, registry_url: str) -> Spoken:
    """Fresh topics with some talk."""
    broker.fresh_topics(kafka)
    with closing(Registry(registry_url)) as registry:
        list(registry.register(shipped()))
    with closing(RegistrySchemaIds(registry_url)) as ids:
        _send(kafka, Codec(ids), _talk())
        return Spoken(kafka=kafka, records=list(_read_back(kafka, Codec(ids))))


def _talk() -> Topics:
    """Edits and deletions, items that change and go, evidence that is taken back."""
    topics = Topics()
    for n in range(TURNS):
        hobby, conversation = f"hobby{n % 30}", f"c{n % 5}"
        topics.append(message(f"m{n}", f"turn {n}", minute=n, conversation=conversation), outcome(n), profile(hobby))
        topics.append(evidence(hobby, f"m{n}", slot="hobby"), item(hobby, slot="hobby"))
        if n % 7 == 0:
            topics.append(message(f"m{n // 2}", f"edited {n}", minute=n // 2, conversation=f"c{n // 2 % 5}"))
        if n % 11 == 0:
            topics.append(message(f"m{n}", None, minute=n, conversation=conversation))
            topics.append(Tombstone(of=evidence(hobby, f"m{n}", slot="hobby")))
            topics.append(item(hobby, slot="hobby", status=ItemStatus.RETRACTED))
        if n % 13 == 0:
            topics.append(Tombstone(of=item(hobby, slot="hobby")))
    return topics


def _send(kafka: str, words: Codec, topics: Topics) -> None:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": uuid4().hex})
    producer.init_transactions(30)
    for start in range(0, len(topics.records), IN_A_TRANSACTION):
        producer.begin_transaction()
        for record in topics.records[start : start + IN_A_TRANSACTION]:
            value = None if record.value is None else words.encode(record.value)
            where = record.position
            producer.produce(where.topic, key=record.key, value=value, partition=where.partition)
        producer.commit_transaction(30)


def _read_back(kafka: str, words: Codec) -> Iterator[SinkRecord]:
    """The records with the offsets that the broker gave them."""
    for topic in POSTGRES_SINK.inputs:
        for one in broker.read_all(kafka, topic):
            number, offset = one.partition(), one.offset()
            assert number is not None
            assert offset is not None
            raw = RawRecord(
                partition=Partition(topic=topic, number=number),
                offset=offset,
                timestamp=datetime.fromtimestamp(one.timestamp()[1] / 1_000, UTC),
                key=one.key(),
                value=one.value(),
            )
            yield decode(words, raw)
