"""What the PostgreSQL sink does when the database, or a record, does not play along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
import pytest

from sinks.ports import Batch, Partition
from sinks.postgres.writer import PostgresSink
from support.derived import (
    NOON,
    TENANT,
    Topics,
    a_life,
    item,
    message,
    named,
    outcome,
    profile,
)
from support.infrastructure import Infrastructure
from support.sink_sites import SINK, PostgresSite
from topology.errors import Misconfigured, Retryable
from topology.topics import TopicName

P = TypeVar("P", bound=PostgresSink)

pytestmark = pytest.mark.integration


@pytest.fixture
def sink(site: PostgresSite) -> Iterator[PostgresSink]:
    with opened(PostgresSink(site.url, sink=SINK)) as found:
        yield found


@contextmanager
def opened(sink: P) -> Iterator[P]:
    try:
        yield sink
    finally:
        sink.stop()


def batch(*said: object) -> Batch:
    topics = Topics()
    topics.append(*said)  # type: ignore[arg-type]
    (whole,) = topics.batches()
    return whole


def land(sink: PostgresSink, whole: Batch) -> None:
    sink.start(whole.progress)
    sink.write(whole)


def test_every_type_comes_back_as_it_was(site: PostgresSite, sink: PostgresSink) -> None:
    land(
        sink,
        batch(
            message("m1", "olá, \u2603 \U0001f600\tend"),
            item("Lisbon"),
            profile("Lisbon"),
            outcome(7, items=(named("Porto"),)),
        ),
    )
    assert site.ask("SELECT text, occurred_at, attributes, redactions FROM messages") == [
        ("olá, \u2603 \U0001f600\tend", NOON, {"client": "test"}, ["payment_card"])
    ]
    ((validity, search),) = site.ask("SELECT validity::text, search::text FROM memory_items")
    assert (
        validity
        == '{["2026-04-25 12:00:00.123456+00","2026-04-26 12:00:00.123456+00"),["2026-05-04 12:00:00.123456+00",)}'
    )
    assert search == "'citi':3 'fact':1 'home':2 'lisbon':4"
    assert site.ask("SELECT slots -> 0 ->> 'value' FROM profiles") == [("Lisbon",)]
    assert site.ask("SELECT item_ids::text[], reasons FROM outcomes") == [([named("Porto")], ["redacted"])]


def test_the_view_counts_outcomes_by_hour(site: PostgresSite, sink: PostgresSink) -> None:
    land(sink, batch(outcome(7), outcome(8)))
    assert site.ask("SELECT * FROM outcomes_by_hour") == [(TENANT, datetime(2026, 5, 4, 12, tzinfo=UTC), "stored", 2)]


def test_a_connection_that_breaks_is_worth_another_try(site: PostgresSite, sink: PostgresSink) -> None:
    first, second = a_life().batches(9)
    sink.start(a_life().ends)
    sink.write(first)
    site.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", SINK)
    with pytest.raises(Retryable):
        sink.write(second)
    sink.write(second)
    broken = site.contents()
    site.wipe()
    sink.start(a_life().ends)
    sink.write(first)
    sink.write(second)
    assert site.contents() == broken


class AnswerLost(PostgresSink):
    """Commits, and then loses the connection before it hears of it."""

    lose = False

    @contextmanager
    def _transaction(self, *, undo: bool = False) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with super()._transaction(undo=undo) as connection:
            yield connection
        if self.lose:
            self.lose = False
            self.stop()
            raise Retryable("the answer was lost", retry_after_seconds=0)


def test_a_commit_whose_answer_was_lost_is_not_made_twice(site: PostgresSite) -> None:
    whole = batch(message("m1", "hello"), item("Lisbon"))
    with opened(AnswerLost(site.url, sink=SINK)) as sink:
        sink.start(whole.progress)
        sink.lose = True
        with pytest.raises(Retryable):
            sink.write(whole)
        once = site.ask("SELECT xmin::text FROM messages UNION ALL SELECT xmin::text FROM sink_offsets")
        sink.write(whole)
        assert site.ask("SELECT xmin::text FROM messages UNION ALL SELECT xmin::text FROM sink_offsets") == once
        (partition,) = {p for p in whole.progress if p.topic == TopicName.MESSAGES}
        sink.write(Batch(records=(), progress={partition: 5}))
    assert site.positions()[partition.topic, partition.number] == 5


def test_a_database_without_tables_is_no_matter_of_waiting(infrastructure: Infrastructure) -> None:
    with (
        infrastructure.fresh_database() as url,
        opened(PostgresSink(url, sink=SINK)) as sink,
        pytest.raises(Misconfigured, match="sinks migrate"),
    ):
        sink.start([Partition(topic=TopicName.ITEMS, number=0)])


def test_a_database_that_is_not_there_is_waited_for() -> None:
    with opened(PostgresSink("postgresql://nobody@127.0.0.1:1/none", sink=SINK)) as sink, pytest.raises(Retryable):
        sink.start([])


def test_a_new_owner_waits_for_the_transaction_of_the_former_one(site: PostgresSite, sink: PostgresSink) -> None:
    """A former owner that hangs inside its transaction is ended by the server, after which the new one goes on."""
    here = Partition(topic=TopicName.ITEMS, number=0)
    former = psycopg.connect(site.url)
    with closing(former), opened(PostgresSink(site.url, sink=SINK)) as new:
        sink.start([here])
        former.execute("SET idle_in_transaction_session_timeout = '500ms'")
        former.execute("UPDATE sink_offsets SET next_offset = 3")
        assert new.start([here]) == {here: 0}


def test_commits_reach_the_disk(site: PostgresSite, sink: PostgresSink) -> None:
    sink.start([])
    assert site.ask("SHOW synchronous_commit") == [("on",)]
