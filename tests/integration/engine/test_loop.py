"""The checkpointed loop against a real broker: whatever is killed, each record counts once."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from integration.engine.workers import WAIT_SECONDS, Workers, wait_for
from schemas.codec import Codec, ShippedSchemaIds
from schemas.enums import EventType
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import partition_of
from schemas.records import ConversationEvent, Outcome
from schemas.state import ConversationState
from streams.engine.lanes import EXIT_TOO_MUCH_POISON
from support.broker import PARTITIONS, alter, fresh_topics, read_all, send
from support.counting import routing
from support.infrastructure import Infrastructure
from support.stumbling_worker import TIMES_AWAY
from topology.errors import MISCONFIGURED
from topology.kafka import RECORD_BYTES
from topology.topics import TopicName

pytestmark = pytest.mark.integration

CODEC = Codec(ShippedSchemaIds())
POISON = b"\xff not a record"
GRACE_SECONDS = 30.0  # what deploy.local and docker-compose.yml wait at the least before they kill


@pytest.fixture
def workers(infrastructure: Infrastructure, tmp_path: Path) -> Iterator[Workers]:
    fresh_topics(infrastructure.kafka)
    found = Workers(infrastructure.kafka, tmp_path)
    yield found
    found.stop()


def feed(kafka: str, first: int, count: int) -> None:
    """Numbered events over twenty conversations, every hundredth of them poison."""
    send(kafka, TopicName.EVENTS, (_event(number) for number in range(first, first + count)))


def _event(number: int) -> tuple[int, bytes, bytes]:
    key = routing("t", f"c{number % 20}")
    event = ConversationEvent(
        event_id=EventId(f"e{number}"),
        type=EventType.MESSAGE_RECORDED,
        tenant_id=TenantId("t"),
        conversation_id=ConversationId(f"c{number % 20}"),
        message_id=MessageId(f"m{number}"),
        user_id=UserId("u"),
        text="hello",
        occurred_at=datetime(2026, 5, 3, tzinfo=UTC),
    )
    value = POISON if number % 100 == 99 else CODEC.encode(event)
    return partition_of(key, PARTITIONS), key.encode(), value


def outcomes(kafka: str) -> Counter[tuple[int, int]]:
    """How many outcomes each input record has."""
    found = (CODEC.decode(message.value() or b"", Outcome) for message in read_all(kafka, TopicName.OUTCOMES))
    return Counter((outcome.source.partition, outcome.source.offset) for outcome in found)


def state(kafka: str) -> dict[bytes, tuple[str, ...]]:
    """The counted event ids of each conversation, as a recovering worker would read them."""
    rows: dict[bytes, tuple[str, ...]] = {}
    for message in read_all(kafka, TopicName.EXTRACT_CHANGELOG):
        if (key := message.key()) and not key.startswith(b"\x00"):
            rows[key] = CODEC.decode(message.value() or b"", ConversationState).event_ids
    return rows


def wait_for_outcomes(kafka: str, count: int) -> None:
    wait_for(lambda: len(outcomes(kafka)) >= count, f"{count} outcomes")


def assert_each_once(kafka: str, count: int) -> None:
    """`count` events were fed, numbered from 0: each has one outcome and each good one is counted once."""
    assert set(outcomes(kafka).values()) == {1}
    assert len(outcomes(kafka)) == count
    counted = Counter(event for events in state(kafka).values() for event in events)
    assert counted == Counter(f"e{number}" for number in range(count) if number % 100 != 99)


def test_poison_goes_to_the_dead_letters_as_it_came(infrastructure: Infrastructure, workers: Workers) -> None:
    workers.start("a")
    feed(infrastructure.kafka, 0, 400)
    wait_for_outcomes(infrastructure.kafka, 400)
    assert_each_once(infrastructure.kafka, 400)
    assert [m.value() for m in read_all(infrastructure.kafka, TopicName.EVENTS_DEAD_LETTERS)] == [POISON] * 4
    assert workers.kill("a", signal.SIGTERM) == 0, workers.log("a")


def test_kill_9_and_a_second_worker_lose_nothing_and_double_nothing(
    infrastructure: Infrastructure, workers: Workers
) -> None:
    kafka = infrastructure.kafka
    workers.start("a")
    feed(kafka, 0, 1_000)
    wait_for_outcomes(kafka, 200)
    workers.kill("a")
    workers.start("b")
    feed(kafka, 1_000, 1_000)
    wait_for_outcomes(kafka, 1_200)
    workers.start("a")
    feed(kafka, 2_000, 1_000)
    wait_for_outcomes(kafka, 3_000)
    assert_each_once(kafka, 3_000)


def test_a_frozen_worker_that_wakes_up_is_fenced(infrastructure: Infrastructure, workers: Workers) -> None:
    kafka = infrastructure.kafka
    frozen = workers.start("a")
    feed(kafka, 0, 500)
    wait_for_outcomes(kafka, 500)
    feed(kafka, 500, 2_000)
    frozen.send_signal(signal.SIGSTOP)
    workers.start("b")
    wait_for_outcomes(kafka, 2_500)
    frozen.send_signal(signal.SIGCONT)
    feed(kafka, 2_500, 500)
    wait_for_outcomes(kafka, 3_000)
    assert_each_once(kafka, 3_000)


@pytest.mark.parametrize("keep", ["nothing", "an older copy"])
def test_a_table_is_rebuilt_from_its_changelog(infrastructure: Infrastructure, workers: Workers, keep: str) -> None:
    kafka, folder = infrastructure.kafka, workers.folder
    workers.start("a")
    feed(kafka, 0, 300)
    wait_for_outcomes(kafka, 300)
    workers.kill("a", signal.SIGTERM)
    shutil.copytree(folder / "a", folder / "older")
    workers.start("a")
    feed(kafka, 300, 300)
    wait_for_outcomes(kafka, 600)
    workers.kill("a", signal.SIGTERM)
    shutil.rmtree(folder / "a")
    if keep == "an older copy":
        shutil.copytree(folder / "older", folder / "a")
    workers.start("a")
    feed(kafka, 600, 300)
    wait_for_outcomes(kafka, 900)
    assert_each_once(kafka, 900)


def test_a_table_ahead_of_its_changelog_is_not_trusted(infrastructure: Infrastructure, workers: Workers) -> None:
    """As after a broker that acknowledged a commit and lost its markers: the records are gone, the rows are not."""
    kafka = infrastructure.kafka
    workers.start("a")
    feed(kafka, 0, 300)
    wait_for_outcomes(kafka, 300)
    workers.kill("a", signal.SIGTERM)
    fresh_topics(kafka)
    workers.start("a")
    feed(kafka, 0, 300)
    wait_for_outcomes(kafka, 300)
    assert_each_once(kafka, 300)
    assert "table rebuilt from its changelog" in workers.log("a")


def test_an_open_transaction_of_a_dead_owner_is_settled(infrastructure: Infrastructure, workers: Workers) -> None:
    """It has the lane's transactional id, so taking over aborts it; its record never becomes state."""
    kafka = infrastructure.kafka
    abandoned = Producer({"bootstrap.servers": kafka, "transactional.id": "extract-v1-0"})
    abandoned.init_transactions(30)
    abandoned.begin_transaction()
    abandoned.produce(TopicName.EXTRACT_CHANGELOG, value=b"never", key=b"c/never", partition=0)
    abandoned.flush(10)
    workers.start("a")
    feed(kafka, 0, 400)
    wait_for_outcomes(kafka, 400)
    assert_each_once(kafka, 400)
    assert b"c/never" not in state(kafka)


@pytest.mark.parametrize("fault", ["nowhere", "oversized"])
def test_an_aborted_checkpoint_is_folded_again_by_the_same_process(
    infrastructure: Infrastructure, workers: Workers, fault: str
) -> None:
    kafka = infrastructure.kafka
    feed(kafka, 0, 400)
    alter(kafka, TopicName.OUTCOMES, "max.message.bytes", str(RECORD_BYTES // 2))
    stumbled = workers.start("a", "support.stumbling_worker", fault)
    wait_for_outcomes(kafka, 400)
    alter(kafka, TopicName.OUTCOMES, "max.message.bytes", str(RECORD_BYTES))
    assert "checkpoint aborted" in workers.log("a")
    assert stumbled.poll() is None, workers.log("a")
    assert_each_once(kafka, 400)


def test_a_run_that_cannot_begin_is_waited_with_by_the_same_process(
    infrastructure: Infrastructure, workers: Workers
) -> None:
    kafka = infrastructure.kafka
    feed(kafka, 0, 400)
    waited = workers.start("a", "support.stumbling_worker", "away")
    wait_for_outcomes(kafka, 400)
    assert workers.log("a").count("waits with a run") == TIMES_AWAY
    assert waited.poll() is None, workers.log("a")
    assert_each_once(kafka, 400)


def test_partitions_may_be_taken_away_in_the_middle_of_a_takeover(
    infrastructure: Infrastructure, workers: Workers
) -> None:
    """An open transaction in its changelog keeps the takeover of a partition waiting while another worker joins."""
    kafka = infrastructure.kafka
    stranger = Producer({"bootstrap.servers": kafka, "transactional.id": "a stranger"})
    stranger.init_transactions(30)
    stranger.begin_transaction()
    stranger.produce(TopicName.EXTRACT_CHANGELOG, value=b"never", key=b"c/never", partition=2)
    assert stranger.flush(30) == 0
    feed(kafka, 0, 400)
    first = workers.start("a")
    wait_for(lambda: "takes partitions over" in workers.log("a"), "a has all partitions, and waits for one of them")
    workers.start("b")
    wait_for(lambda: len(shares(kafka)) == 2, "b has half of them")
    assert "lanes opened" not in workers.log("a")
    stranger.abort_transaction(30)
    wait_for_outcomes(kafka, 400)
    assert_each_once(kafka, 400)
    assert "takeover given up" in workers.log("a")
    assert first.poll() is None, workers.log("a")


def shares(kafka: str) -> list[int]:
    """How many partitions of the events each member of the group has, of those who have any."""
    admin = AdminClient({"bootstrap.servers": kafka})
    members = admin.describe_consumer_groups(["extract-v1"])["extract-v1"].result(WAIT_SECONDS).members
    found = [[one for one in member.assignment.topic_partitions if one.topic == TopicName.EVENTS] for member in members]
    return [len(share) for share in found if share]


def test_partitions_that_leave_and_come_back_find_their_worker_alive(
    infrastructure: Infrastructure, workers: Workers
) -> None:
    """RocksDB lets one handle live at a time: a lane that kept its own would crash the worker on the way back."""
    kafka = infrastructure.kafka
    stayed = workers.start("a")
    feed(kafka, 0, 400)
    wait_for_outcomes(kafka, 400)
    workers.start("b")
    wait_for(lambda: "lanes opened" in workers.log("b"), "b owns partitions")
    feed(kafka, 400, 400)
    wait_for_outcomes(kafka, 800)
    assert workers.kill("b", signal.SIGTERM) == 0, workers.log("b")
    feed(kafka, 800, 400)
    wait_for_outcomes(kafka, 1_200)
    assert_each_once(kafka, 1_200)
    assert stayed.poll() is None, workers.log("a")


def test_too_much_poison_stops_the_worker_and_a_restart_drains_no_more(
    infrastructure: Infrastructure, workers: Workers
) -> None:
    """The counting worker takes 20 in a row here; what it has set aside before it stopped is all there will be."""
    kafka = infrastructure.kafka
    limits = {"POISON_LONGEST_RUN": "20", "POISON_WINDOW_RECORDS": "40", "RUN_MAX_RECORDS": "8"}
    key = routing("t", "c1")
    send(kafka, TopicName.EVENTS, [(partition_of(key, PARTITIONS), key.encode(), POISON)] * 60)
    assert workers.start("a", **limits).wait(WAIT_SECONDS) == EXIT_TOO_MUCH_POISON
    told = workers.log("a")
    assert f"{TopicName.EVENTS}-{partition_of(key, PARTITIONS)}: 21 records in a row could not be read" in told
    set_aside = len(list(read_all(kafka, TopicName.EVENTS_DEAD_LETTERS)))
    assert set_aside <= 20
    assert workers.start("a", **limits).wait(WAIT_SECONDS) == EXIT_TOO_MUCH_POISON
    assert len(list(read_all(kafka, TopicName.EVENTS_DEAD_LETTERS))) == set_aside
    shutil.rmtree(workers.folder / "a")
    assert workers.start("a", **limits).wait(WAIT_SECONDS) == EXIT_TOO_MUCH_POISON
    assert len(list(read_all(kafka, TopicName.EVENTS_DEAD_LETTERS))) == set_aside
    workers.start("a", POISON_LONGEST_RUN="0", POISON_LARGEST_SHARE="1")
    wait_for_outcomes(kafka, 60)
    assert len(list(read_all(kafka, TopicName.EVENTS_DEAD_LETTERS))) == 60


def test_a_worker_with_a_name_comes_back_without_a_rebalance_of_the_others(
    infrastructure: Infrastructure, workers: Workers
) -> None:
    """Static membership: killed and started again within the session, it gets its partitions back, and nobody stops."""
    kafka = infrastructure.kafka
    for name in ("a", "b"):
        workers.start(name, INSTANCE_ID=name, SESSION_TIMEOUT_SECONDS="30")
    wait_for(lambda: all(halves(workers, name) for name in ("a", "b")), "each has half of the partitions")
    stayed = workers.log("b").count("lanes opened")
    for number in (signal.SIGKILL, signal.SIGTERM):
        before = workers.log("a").count("lanes opened")
        workers.kill("a", number)
        workers.start("a", INSTANCE_ID="a", SESSION_TIMEOUT_SECONDS="30")
        wait_for(lambda before=before: workers.log("a").count("lanes opened") > before, "a works again")  # type: ignore[misc]
    feed(kafka, 0, 400)
    wait_for_outcomes(kafka, 400)
    assert_each_once(kafka, 400)
    assert workers.log("b").count("lanes opened") == stayed


def halves(workers: Workers, name: str) -> bool:
    """Whether the latest partitions of a worker are half of all."""
    opened = [json.loads(line) for line in workers.log(name).splitlines() if '"lanes opened"' in line]
    return bool(opened) and len(opened[-1]["partitions"]) == PARTITIONS // 2


def test_sigterm_finishes_the_checkpoint_in_hand_within_the_grace_period(
    infrastructure: Infrastructure, workers: Workers
) -> None:
    """In the middle of a stream; what is stopped leaves no transaction open and nothing half done."""
    kafka = infrastructure.kafka
    feed(kafka, 0, 3_000)
    workers.start("a")
    wait_for_outcomes(kafka, 300)
    began = time.monotonic()
    assert workers.kill("a", signal.SIGTERM) == 0, workers.log("a")
    assert time.monotonic() - began < GRACE_SECONDS
    assert "checkpoint aborted" not in workers.log("a")
    workers.start("a")
    wait_for_outcomes(kafka, 3_000)
    assert_each_once(kafka, 3_000)


def test_a_worker_refuses_a_changelog_that_could_forget(infrastructure: Infrastructure, workers: Workers) -> None:
    alter(infrastructure.kafka, TopicName.EXTRACT_CHANGELOG, "cleanup.policy", "compact,delete")
    assert workers.start("a").wait(WAIT_SECONDS) == MISCONFIGURED
    told = workers.log("a")
    assert f"{TopicName.EXTRACT_CHANGELOG}: cleanup.policy is compact,delete, wanted compact" in told
    alter(infrastructure.kafka, TopicName.EXTRACT_CHANGELOG, "cleanup.policy", "compact")
    assert workers.start("a", APP_ENV="production").wait(WAIT_SECONDS) == MISCONFIGURED
    assert "replication factor is 1, wanted 3 or more in production" in workers.log("a")
