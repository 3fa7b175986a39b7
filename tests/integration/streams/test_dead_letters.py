"""Dead letters against a real broker and the real extract: found, understood, mended, sent once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer

from schemas.codec import Codec
from schemas.enums import EventType
from schemas.errors import Retryable
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import partition_of
from schemas.records import ConversationEvent, Message, Outcome, Position
from schemas.registry import RegistrySchemaIds
from streams.__main__ import cli
from streams.dead_letters.desk import DeadLetterDesk
from streams.dead_letters.letters import Action, ActionKind, record_of
from streams.ports import Output
from support.broker import PARTITIONS, fresh_topics, read_all, send
from support.infrastructure import PROJECT, Infrastructure
from topology.kafka import producer_config
from topology.settings import Settings
from topology.topics import TopicName

pytestmark = pytest.mark.integration

KEY = "acme/c1"
HOME = partition_of(KEY, PARTITIONS)
WAIT_SECONDS = 120.0
GOOD = ConversationEvent(
    event_id=EventId("e1"),
    type=EventType.MESSAGE_RECORDED,
    tenant_id=TenantId("acme"),
    conversation_id=ConversationId("c1"),
    message_id=MessageId("m1"),
    user_id=UserId("anna"),
    text="I live in Porto.",
    occurred_at=datetime(2024, 3, 1, 9, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A broker with fresh topics, an extract at work on them, and the commands."""

    kafka: str
    environment: Mapping[str, str]
    codec: Codec

    def run(self, *words: object, stdin: str = "") -> Result:
        return CliRunner().invoke(cli, ["dead-letters", *map(str, words)], env=dict(self.environment), input=stdin)

    def poison(self, *values: bytes) -> None:
        send(self.kafka, TopicName.EVENTS, [(HOME, KEY.encode(), value) for value in values])

    def letter(self) -> None:
        """One dead letter more, as good as extract's but for its headers."""
        send(self.kafka, TopicName.EVENTS_DEAD_LETTERS, [(HOME, KEY.encode(), b"\xff")])

    def outcomes(self, count: int) -> list[tuple[str, tuple[str, ...]]]:
        """Status and reasons of every outcome of the conversation's partition, once there are `count`."""
        found: list[Outcome] = []

        def complete() -> bool:
            records = read_all(self.kafka, TopicName.OUTCOMES)
            found[:] = [self.codec.decode(record.value() or b"", Outcome) for record in records]
            return len(found) >= count

        wait_for(complete, f"{count} outcomes")
        assert {each.source.partition for each in found} == {HOME}
        return [(each.status.value, each.reasons) for each in sorted(found, key=lambda each: each.source.offset)]

    def messages(self) -> list[Message]:
        records = read_all(self.kafka, TopicName.MESSAGES)
        return [self.codec.decode(record.value() or b"", Message) for record in records]

    def desk(self) -> DeadLetterDesk:
        return DeadLetterDesk(producer_config(Settings(kafka_bootstrap_servers=self.kafka)), PARTITIONS)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS:.0f} s: {what}"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def registered(infrastructure: Infrastructure) -> None:
    """Every schema registered."""
    whole = {**os.environ, **infrastructure.environment}
    subprocess.run([sys.executable, "-m", "schemas", "register"], cwd=PROJECT, env=whole, check=True, timeout=120)


@pytest.fixture
def site(infrastructure: Infrastructure, registered: None) -> Iterator[Site]:
    """Fresh topics, and nobody at work on them."""
    fresh_topics(infrastructure.kafka)
    environment = {
        **infrastructure.environment,
        "PARTITIONS": str(PARTITIONS),
        "FUTURE_TOLERANCE_SECONDS": "0",
    }
    with closing(RegistrySchemaIds(infrastructure.registry_url)) as ids:
        yield Site(kafka=infrastructure.kafka, environment=environment, codec=Codec(ids))


@pytest.fixture
def extracting(site: Site, tmp_path: Path) -> Iterator[Site]:
    """The site with an extract at work."""
    environment = {**os.environ, **site.environment, "STATE_DIR": str(tmp_path / "state")}
    with (tmp_path / "extract.log").open("wb") as log:
        extract = subprocess.Popen(
            [sys.executable, "-m", "streams", "extract"], cwd=PROJECT, env=environment, stdout=log, stderr=log
        )
    try:
        yield site
    finally:
        extract.terminate()  # it leaves its group: the next one need not wait for its session to end
        extract.wait(WAIT_SECONDS)


def test_poison_is_found_understood_fixed_and_stored_once(extracting: Site) -> None:
    site = extracting
    site.poison(site.codec.encode(replace(GOOD, text="I live in\x00 Porto.")), b"\xff not Avro")
    assert [status for status, _ in site.outcomes(2)] == ["dead_lettered"] * 2

    listed = [row.split("\t") for row in site.run("list").stdout.splitlines()[1:]]
    assert [(row[0], row[3], row[4]) for row in listed] == [
        (str(HOME), "nul_in_text", "open"),
        (str(HOME), "bad_wire_format", "open"),
    ]
    assert "Porto" not in site.run("list").stdout
    first, second = ((row[0], row[1]) for row in listed)
    shown = site.run("show", *first).stdout
    assert "ConversationEvent" in shown
    assert "breaks     text: nul_in_text" in shown
    assert "ff 20 6e 6f 74 20 41 76 72 6f" in site.run("show", *second).stdout

    event = json.loads(site.run("show", *first, "--event").stdout)
    mended = json.dumps({**event, "text": "I live in Porto."})
    fixed = site.run("fix", *first, "--file", "-", stdin=mended)
    assert fixed.exit_code == 0, fixed.output
    assert site.outcomes(3)[-1][0] == "stored"
    (message,) = site.messages()
    assert (message.message_id, message.text, message.occurred_at) == ("m1", GOOD.text, GOOD.occurred_at)

    twice = site.run("fix", *first, "--file", "-", stdin=mended)
    assert (twice.exit_code, "was fixed by" in twice.output) == (1, True)
    assert [row.split("\t")[3] for row in site.run("list").stdout.splitlines()[1:]] == ["bad_wire_format"]
    assert {row.split("\t")[4] for row in site.run("list", "--all").stdout.splitlines()[1:]} == {"fixed", "open"}
    sent = [m for m in read_all(site.kafka, TopicName.EVENTS) if dict(m.headers() or []).get("alluvium.dead_letter")]
    assert [dict(m.headers() or []) for m in sent] == [
        {"alluvium.dead_letter": f"{TopicName.EVENTS_DEAD_LETTERS}/{first[0]}/{first[1]}".encode()}
    ]


def test_a_letter_is_requeued_once_unless_asked_again(extracting: Site) -> None:
    site = extracting
    ahead = replace(GOOD, occurred_at=datetime.now(UTC) + timedelta(seconds=5))
    site.poison(site.codec.encode(ahead))
    assert site.outcomes(1) == [("dead_lettered", ("time_in_future",))]

    time.sleep(max(0.0, (ahead.occurred_at - datetime.now(UTC)).total_seconds()))
    assert site.run("requeue", HOME, 0).exit_code == 0
    twice = site.run("requeue", HOME, 0)
    assert (twice.exit_code, "was requeued by" in twice.output) == (1, True)
    assert site.run("requeue", HOME, 0, "--again").exit_code == 0
    assert [status for status, _ in site.outcomes(3)] == ["dead_lettered", "stored", "duplicate"]
    assert len(site.messages()) == 1
    assert site.run("show", HOME, 0).stdout.count("requeued  ") == 2


def test_all_letters_of_a_reason_are_sent_or_left_together(site: Site) -> None:
    site.letter()
    site.letter()
    refused = site.run("requeue", "--all-of-reason", "unknown")
    assert (refused.exit_code, refused.stdout) == (1, "0 sent again, 2 left: they would be refused again\n")
    assert list(read_all(site.kafka, TopicName.EVENTS)) == []
    assert site.run("requeue", "--all-of-reason", "unknown", "--anyway").exit_code == 0
    came_from = [dict(m.headers() or [])["alluvium.dead_letter"] for m in read_all(site.kafka, TopicName.EVENTS)]
    assert came_from == [f"{TopicName.EVENTS_DEAD_LETTERS}/{HOME}/{offset}".encode() for offset in (0, 1)]
    assert site.run("list").exit_code == 1
    assert site.run("requeue", "--all-of-reason", "unknown", "--anyway").exit_code == 1


def test_a_letter_is_set_aside_with_a_reason(site: Site) -> None:
    site.letter()
    assert site.run("discard", HOME, 0, "--because", "a test of the sender").exit_code == 0
    assert site.run("list").exit_code == 1
    assert ": a test of the sender" in site.run("show", HOME, 0).stdout
    twice = site.run("discard", HOME, 0, "--because", "again")
    assert (twice.exit_code, "because a test of the sender" in twice.output) == (1, True)
    assert list(read_all(site.kafka, TopicName.EVENTS)) == []
    assert site.run("list", "--all", "--since", "1h").exit_code == 0
    assert site.run("list", "--all", "--reason", "bad_avro").exit_code == 1
    assert site.run("list", "--all", "--since", "2999-01-01T00:00:00Z").exit_code == 1


def test_where_no_letter_stands_is_said(site: Site) -> None:
    for where in ((HOME, 0), (99, 0)):
        result = site.run("show", *where)
        assert (result.exit_code, "no dead letter stands at" in result.output) == (1, True)


def test_an_action_behind_an_open_transaction_is_seen(site: Site) -> None:
    """Extract has one open nearly always: what stands behind it is hidden from readers of committed records."""
    site.letter()
    busy = Producer({"bootstrap.servers": site.kafka, "transactional.id": "test-busy"})
    busy.init_transactions(30)
    busy.begin_transaction()
    busy.produce(TopicName.EVENTS_DEAD_LETTERS, value=b"never", partition=HOME)
    busy.flush(10)
    site.desk().send([record_of(_discarded(0))])
    ending = threading.Timer(2.0, busy.abort_transaction)
    ending.start()
    result = site.run("discard", HOME, 0, "--because", "twice")
    ending.join()
    assert (result.exit_code, "was discarded by ana" in result.output) == (1, True)


def test_who_comes_second_sends_and_who_was_first_is_told(site: Site) -> None:
    first, second = site.desk(), site.desk()
    with pytest.raises(Retryable, match="somebody else"):
        first.send([record_of(_discarded(0))])
    second.send([record_of(_discarded(0))])
    assert len(list(read_all(site.kafka, TopicName.EVENTS_DEAD_LETTERS))) == 1


def test_neither_event_nor_action_stands_alone(site: Site) -> None:
    event = Output(topic=TopicName.EVENTS, key=KEY, value=b"\xff", routing=KEY)
    nowhere = replace(record_of(_discarded(0)), partition=PARTITIONS + 5)
    desk = site.desk()
    with pytest.raises(Retryable, match="nothing was sent"):
        desk.send([event, nowhere])
    assert list(read_all(site.kafka, TopicName.EVENTS)) == []
    assert desk.send([event, record_of(_discarded(0))]) >= 0
    assert len(list(read_all(site.kafka, TopicName.EVENTS))) == 1


@pytest.mark.parametrize("words", [("list",), ("discard", 0, 0, "--because", "x")])
def test_a_broker_that_is_away_is_said(words: tuple[object, ...]) -> None:
    environment = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    result = CliRunner().invoke(cli, ["dead-letters", *map(str, words)], env=environment)
    assert (result.exit_code, "the broker is away" in result.output) == (75, True)


def _discarded(offset: int) -> Action:
    at = Position(topic=TopicName.EVENTS_DEAD_LETTERS, partition=HOME, offset=offset)
    return Action(letter=at, kind=ActionKind.DISCARDED, by="ana", at=datetime.now(UTC), because="a test")
