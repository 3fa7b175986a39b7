"""What tests do to the broker: fresh topics, events in, records out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from confluent_kafka.cimpl import NewTopic

from topology.cluster import spec_of
from topology.settings import Settings
from topology.topics import TOPICS, Topic

PARTITIONS = 4
_WAIT_SECONDS = 60.0


def fresh_topics(kafka: str, topics: Sequence[Topic] = TOPICS) -> None:
    """These topics, or every one of the topology, empty; what was there before is gone, with its groups' offsets."""
    admin = AdminClient({"bootstrap.servers": kafka})
    names = [str(topic.name) for topic in topics]
    there = _ids(admin, names)
    if there:
        _await(admin.delete_topics(sorted(there)).values())
    wanted = [
        NewTopic(spec.name, num_partitions=spec.partitions, replication_factor=1, config=dict(spec.config))
        for spec in (spec_of(topic, Settings(partitions=PARTITIONS)) for topic in topics)
    ]
    _create(admin, wanted)
    deadline = time.monotonic() + _WAIT_SECONDS
    while len(_ids(admin, names).items() - there.items()) < len(names):
        assert time.monotonic() < deadline, "the new topics did not appear"
        time.sleep(0.05)


def _ids(admin: AdminClient, names: Sequence[str]) -> dict[str, str]:
    """Ids of the topics that the broker shows: for a moment it still takes records for one that is gone by now."""
    found = {}
    for name, future in admin.describe_topics(TopicCollection(list(names))).items():
        try:
            found[name] = str(future.result(_WAIT_SECONDS).topic_id)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
    return found


def _create(admin: AdminClient, wanted: Sequence[NewTopic]) -> None:
    """A deletion is done in the background: its topic exists for a moment longer."""
    missing = list(wanted)
    while missing:
        futures = admin.create_topics(missing)
        missing = [topic for topic in missing if not _created(futures[topic.topic])]


def _created(future: object) -> bool:
    try:
        future.result(_WAIT_SECONDS)  # type: ignore[attr-defined]
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise
    return True


def _await(futures: Iterable[object]) -> None:
    for future in futures:
        future.result(_WAIT_SECONDS)  # type: ignore[attr-defined]


def send(kafka: str, topic: str, records: Iterable[tuple[int, bytes | None, bytes | None]]) -> int:
    """Produce (partition, key, value) records; returns how many, once the broker has them all."""
    producer = Producer(
        {
            "bootstrap.servers": kafka,
            "enable.idempotence": True,
            "linger.ms": 5,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    failed: list[KafkaError] = []
    count = 0
    for partition, key, value in records:
        producer.produce(topic, value=value, key=key, partition=partition, on_delivery=_note(failed))
        producer.poll(0)
        count += 1
    assert producer.flush(_WAIT_SECONDS) == 0
    assert not failed
    return count


def _note(failed: list[KafkaError]):  # type: ignore[no-untyped-def]
    def on_delivery(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    return on_delivery


def read_all(kafka: str, topic: str, isolation: str = "read_committed") -> Iterator[Message]:
    """Every record of a topic that is there now, partition by partition mixed."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": "test-reader",
            "enable.auto.commit": False,
            "isolation.level": isolation,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 50,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        ended: set[int | None] = set()
        while len(ended) < PARTITIONS:
            for message in consumer.consume(2_000, timeout=1.0):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()


def alter(kafka: str, topic: str, setting: str, value: str) -> None:
    """Give one setting of a topic another value."""
    entry = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, str(topic), incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": kafka})
    _await(admin.incremental_alter_configs([resource]).values())
