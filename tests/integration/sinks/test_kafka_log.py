"""KafkaLog on the real broker: markers of transactions, held partitions, a group that shares out anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import psutil
import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer
from confluent_kafka.admin import AdminClient

from deploy.local.stack import COMPONENT_VARIABLE, MARKER_VARIABLE
from sinks.log import Adrift, Fetched, KafkaLog, RawRecord
from sinks.ports import Partition
from support import broker
from support.infrastructure import Infrastructure
from topology.kafka import consumer_config
from topology.settings import Settings
from topology.topics import TopicName

pytestmark = pytest.mark.integration

TOPIC = TopicName.MESSAGES
FIRST = Partition(topic=TOPIC, number=0)
Open: TypeAlias = Callable[[], KafkaLog]


@pytest.fixture
def kafka(infrastructure: Infrastructure) -> str:
    broker.fresh_topics(infrastructure.kafka)
    return infrastructure.kafka


@pytest.fixture
def group() -> str:
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture
def open_log(kafka: str, group: str) -> Iterator[Open]:
    opened: list[KafkaLog] = []

    def open_one() -> KafkaLog:
        settings = Settings(kafka_bootstrap_servers=kafka, session_timeout_seconds=6)
        opened.append(KafkaLog(consumer_config(settings, group=group), [TOPIC]))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"


def take_over(log: KafkaLog) -> Mapping[Partition, int]:
    """Wait for the group's decision, then read from the beginning."""
    assigned = None
    deadline = time.monotonic() + 30
    while not assigned:
        assert time.monotonic() < deadline, "no partition was assigned"
        assigned = log.fetch(10, 0.2).assigned
    positions = dict.fromkeys(assigned, 0)
    log.resume(positions)
    return positions


def read_until(log: KafkaLog, enough: Callable[[Fetched], bool]) -> Fetched:
    """Everything that comes until it is enough."""
    records: list[RawRecord] = []
    ends: dict[Partition, int] = {}

    def met() -> bool:
        fetched = log.fetch(100, 0.1)
        assert fetched.assigned is None
        records.extend(fetched.records)
        ends.update(fetched.ends)
        return enough(Fetched(records=records, ends=ends))

    until(met)
    return Fetched(records=records, ends=ends)


def in_transactions(kafka: str, *transactions: list[bytes], abort: bool = False) -> None:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": uuid4().hex})
    producer.init_transactions(30)
    for values in transactions:
        producer.begin_transaction()
        for value in values:
            producer.produce(TOPIC, key=b"k", value=value, partition=0)
        producer.flush(30)
        producer.abort_transaction(30) if abort else producer.commit_transaction(30)


def group_offset(kafka: str, group: str) -> int:
    admin = AdminClient({"bootstrap.servers": kafka})
    (asked,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    return next((tp.offset for tp in asked.result(10).topic_partitions if tp.partition == 0), -1)


def test_the_end_of_a_partition_lies_behind_the_markers(kafka: str, open_log: Open) -> None:
    in_transactions(kafka, [b"a", b"b"], [b"c"])
    log = open_log()
    take_over(log)
    found = read_until(log, lambda seen: seen.ends.get(FIRST, 0) == 5)
    assert [(record.offset, record.value) for record in found.records] == [(0, b"a"), (1, b"b"), (3, b"c")]
    assert log.bounds(FIRST) == (0, 5)


def test_the_end_moves_over_what_was_taken_back(kafka: str, open_log: Open) -> None:
    """Else a group would never be seen to reach the end, and its lag would never be 0."""
    log = open_log()
    take_over(log)
    in_transactions(kafka, [b"a", b"b"], abort=True)
    assert read_until(log, lambda seen: seen.ends.get(FIRST, 0) == 3).records == []


def test_an_open_transaction_is_not_seen(kafka: str, open_log: Open) -> None:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": uuid4().hex})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(TOPIC, key=b"k", value=b"not yet", partition=0)
    producer.flush(30)
    log = open_log()
    take_over(log)
    assert read_until(log, lambda seen: seen.ends.get(FIRST) == 0).records == []
    producer.abort_transaction(30)


def test_what_the_group_is_told_arrives(kafka: str, group: str, open_log: Open) -> None:
    log = open_log()
    take_over(log)
    log.commit({FIRST: 7})

    def acknowledged() -> bool:
        log.fetch(1, 0.1)
        return group_offset(kafka, group) == 7

    until(acknowledged)
    assert log.committed([FIRST, Partition(topic=TOPIC, number=1)]) == {FIRST: 7}


def test_asking_about_no_partition_needs_no_broker() -> None:
    settings = Settings(kafka_bootstrap_servers="127.0.0.1:1")
    with closing(KafkaLog(consumer_config(settings, group="nobody"), [TOPIC])) as log:
        assert log.committed([]) == {}


def test_what_the_group_is_told_last_arrives_even_when_it_is_left_at_once(kafka: str, group: str) -> None:
    settings = Settings(kafka_bootstrap_servers=kafka, session_timeout_seconds=6)
    with closing(KafkaLog(consumer_config(settings, group=group), [TOPIC])) as log:
        take_over(log)
        log.commit({FIRST: 9})
    assert group_offset(kafka, group) == 9


def test_held_partitions_give_nothing_and_lose_nothing(kafka: str, open_log: Open) -> None:
    broker.send(kafka, TOPIC, [(0, b"k", str(number).encode()) for number in range(50)])
    log = open_log()
    take_over(log)
    first = read_until(log, lambda seen: len(seen.records) > 0)
    assert all(log.hold(0.2) == Fetched() for _ in range(3))
    log.resume({FIRST: first.records[-1].offset + 1})
    rest = read_until(log, lambda seen: seen.ends.get(FIRST) == 50)
    assert [record.offset for record in (*first.records, *rest.records)] == list(range(50))


def test_reading_again_from_an_earlier_offset_gives_the_same_records(kafka: str, open_log: Open) -> None:
    broker.send(kafka, TOPIC, [(0, b"k", str(number).encode()) for number in range(50)])
    log = open_log()
    positions = take_over(log)
    read_until(log, lambda seen: seen.ends.get(FIRST) == 50)
    log.resume({**positions, FIRST: 40})
    again = read_until(log, lambda seen: seen.ends.get(FIRST) == 50)
    assert [record.offset for record in again.records] == list(range(40, 50))


def test_two_members_share_and_the_one_that_is_left_has_all(kafka: str, group: str, open_log: Open) -> None:
    settings = Settings(kafka_bootstrap_servers=kafka, session_timeout_seconds=6)
    log = open_log()
    assert len(take_over(log)) == broker.PARTITIONS
    shares: dict[KafkaLog, int] = {log: broker.PARTITIONS}
    with closing(KafkaLog(consumer_config(settings, group=group), [TOPIC])) as other:
        shares[other] = 0

        def shared() -> bool:
            return [follow(each, shares) for each in shares] == [broker.PARTITIONS // 2] * 2

        until(shared)
    until(lambda: follow(log, shares) == broker.PARTITIONS)


def follow(log: KafkaLog, shares: dict[KafkaLog, int]) -> int:
    """Let a member have its say; how many partitions it reads now."""
    assigned = log.fetch(10, 0.1).assigned
    if assigned is not None:
        log.resume(dict.fromkeys(assigned, 0))
        shares[log] = len(assigned)
    return shares[log]


def test_an_offset_that_is_not_there_stops_the_reader(kafka: str, open_log: Open) -> None:
    log = open_log()
    take_over(log)
    log.resume({FIRST: 1_000})
    with pytest.raises(Exception, match=r"[Oo]ffset out of range"):
        until(lambda: log.fetch(1, 0.1).assigned is not None)


def test_a_member_without_a_place_in_its_group_ends_after_all() -> None:
    """However it lost its way: librdkafka says nothing of it, and a group that is empty would stay empty."""
    now = [0.0]
    config = consumer_config(Settings(kafka_bootstrap_servers="127.0.0.1:1"), group="nobody")
    with closing(KafkaLog(config, [TOPIC], clock=lambda: now[0])) as log:
        now[0] = 44.0
        assert log.fetch(1, 0.01).assigned is None
        assert log.adrift_seconds() == 44.0
        now[0] = 46.0
        with pytest.raises(Adrift, match="no place for 46 s"):
            log.hold(0.01)


def test_a_spare_member_without_partitions_has_a_place(kafka: str, group: str, open_log: Open) -> None:
    logs = [open_log() for _ in range(broker.PARTITIONS + 1)]
    shares = dict.fromkeys(logs, -1)

    def shared() -> bool:
        return sorted(follow(each, shares) for each in logs) == [0, 1, 1, 1, 1]

    until(shared, 60)
    assert [log.adrift_seconds() for log in logs] == [0.0] * len(logs)


def test_a_broker_frozen_beyond_the_session_leaves_nobody_adrift(
    infrastructure: Infrastructure, open_log: Open
) -> None:
    """With a commit in flight, which the frozen broker never answers: the way back into the group waits for its end."""
    log = open_log()
    take_over(log)
    with frozen_broker(infrastructure.state_dir):
        log.commit({FIRST: 0})
        until(lambda: log.fetch(1, 0.1).assigned == (), 20)
        assert log.adrift_seconds() > 0
        time.sleep(4)
    assert take_over(log).keys() >= {FIRST}
    assert log.adrift_seconds() == 0


@contextmanager
def frozen_broker(state_dir: Path) -> Iterator[None]:
    marks = {MARKER_VARIABLE: str(state_dir), COMPONENT_VARIABLE: "kafka"}.items()
    found = [each for each in psutil.process_iter() if each.name() == "java" and environment_of(each).items() >= marks]
    (java,) = found
    java.suspend()
    try:
        yield
    finally:
        java.resume()


def environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:
        return {}


def test_the_lag_is_what_lies_beyond_the_position(kafka: str, open_log: Open) -> None:
    broker.send(kafka, TOPIC, [(0, b"k", b"v")] * 10)
    log = open_log()
    take_over(log)
    read_until(log, lambda seen: seen.ends.get(FIRST) == 10)
    assert log.behind({FIRST: 4}) == {FIRST: 6}
