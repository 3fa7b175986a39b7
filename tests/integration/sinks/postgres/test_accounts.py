"""Events received and outcomes are held against each other: the view is empty when they agree, and only then."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from schemas.records import Position
from sinks.consumer import Limits, SinkLoop
from sinks.decoding import Reader, decode
from sinks.log import Fetched, RawRecord
from sinks.meters import SinkMeters
from sinks.ports import Partition
from sinks.postgres.writer import PostgresSink
from streams import ports
from support.extracting import CODEC, PARTITIONS, Extract, raw_of
from support.scripted_log import ScriptedLog
from support.sink_sites import SINK, PostgresSite
from support.speech import TENANT, said
from topology.metrics import build
from topology.stages import POSTGRES_SINK
from topology.topics import TopicName

pytestmark = pytest.mark.integration

DIFFERING = "SELECT tenant_id, partition, received, outcomes FROM unaccounted_events ORDER BY 1, 2"
TOPICS = (*POSTGRES_SINK.inputs, *POSTGRES_SINK.counts)


def talk() -> Extract:
    """Retries, garbage under good and bad keys, tombstones, keys of nobody, and a record on a foreign partition."""
    extract = Extract()
    records = [
        *(raw_of(said(n, f"lives:City{n}")) for n in range(1, 9)),
        raw_of(said(3, "lives:City3")),
        replace(raw_of(said(20, "a")), value=b"nonsense"),
        replace(raw_of(said(21, "a")), value=None),
        replace(raw_of(said(22, "a")), key=None),
        replace(raw_of(said(23, "a")), key=b"\xff/\xfe"),
        replace(raw_of(said(24, "a")), key=b"no slash"),
        replace(raw_of(said(25, "a")), key=b"tenant-without-a-slash"),
        replace(raw_of(said(26, "a")), key=b"another/conversation"),
        replace(raw_of(said(27, "a")), key=b""),
    ]
    for raw in records:
        at = replace(raw.position, offset=extract.replay.log.end(raw.position.topic, raw.position.partition))
        extract.take_raw(replace(raw, position=at))
    foreign = (records[0].position.partition + 1) % PARTITIONS
    extract.take_raw(
        replace(raw_of(said(9, "late")), position=Position(topic=TopicName.EVENTS, partition=foreign, offset=40))
    )
    return extract


def given(raw: ports.RawRecord) -> RawRecord:
    partition = Partition(topic=TopicName(raw.position.topic), number=raw.position.partition)
    return RawRecord(
        partition=partition, offset=raw.position.offset, timestamp=raw.timestamp, key=raw.key, value=raw.value
    )


def land(site: PostgresSite, extract: Extract, *, batch_records: int = 1_000) -> None:
    """What a process does with all that lies in the topics, from where the sink stands."""
    stood = {(topic, number): at for (topic, number), at in site.positions().items()}
    records = [given(raw) for topic in TOPICS for raw in extract.replay.log.records(topic)]
    left = [one for one in records if one.offset >= stood.get((one.partition.topic.value, one.partition.number), 0)]
    fetches = [Fetched(records=left[at : at + batch_records]) for at in range(0, len(left), batch_records)]
    log = ScriptedLog([Fetched(assigned={one.partition for one in records}), *fetches])
    loop = SinkLoop(
        log=log,
        sink=PostgresSink(site.url, sink=SINK),
        reader=Reader(partial(decode, CODEC), counted=POSTGRES_SINK.counts),
        limits=Limits(batch_records=batch_records, batch_wait_seconds=0.0),
        meters=SinkMeters(build("postgres")),
    )
    log.ended = loop.stop
    loop.run()


@pytest.mark.parametrize("batch_records", [1, 5, 1_000])
def test_whatever_comes_in_has_its_outcome(site: PostgresSite, batch_records: int) -> None:
    extract = talk()
    land(site, extract, batch_records=batch_records)
    assert site.ask(DIFFERING) == []
    events = list(extract.replay.log.records(TopicName.EVENTS))
    assert site.ask("SELECT sum(records)::int FROM events_received") == [(len(events),)]
    assert {status for (status,) in site.ask("SELECT DISTINCT status FROM outcomes")} == {
        "stored",
        "duplicate",
        "rerouted",
        "dead_lettered",
    }
    tenants = {tenant for (tenant,) in site.ask("SELECT DISTINCT tenant_id FROM events_received")}
    assert tenants == {TENANT, "another", "tenant-without-a-slash", None}


def test_a_started_sink_counts_nothing_again(site: PostgresSite) -> None:
    extract = talk()
    land(site, extract)
    counted = site.ask("SELECT * FROM events_received ORDER BY 1, 2, 3")
    land(site, extract)
    assert site.ask("SELECT * FROM events_received ORDER BY 1, 2, 3") == counted


def test_an_outcome_that_is_missing_is_shown_where_it_is(site: PostgresSite) -> None:
    land(site, talk())
    partition = raw_of(said(1, "a")).position.partition
    site.ask("DELETE FROM outcomes WHERE event_id = 'e2'")
    ((tenant, number, received, outcomes),) = site.ask(DIFFERING)
    assert (tenant, number, received - outcomes) == (TENANT, partition, 1)


def test_an_outcome_of_what_never_came_is_shown(site: PostgresSite) -> None:
    land(site, talk())
    site.ask("UPDATE events_received SET records = records - 1 WHERE tenant_id IS NULL")
    assert [(tenant, received < outcomes) for tenant, _, received, outcomes in site.ask(DIFFERING)] == [(None, True)]


def test_an_outcome_under_another_tenant_than_its_key_is_shown_twice(site: PostgresSite) -> None:
    land(site, talk())
    site.ask("UPDATE outcomes SET key_tenant_id = 'stranger' WHERE event_id = 'e2'")
    assert sorted(tenant for tenant, *_ in site.ask(DIFFERING)) == sorted(["stranger", TENANT])


def test_outcomes_of_an_earlier_release_are_held_by_the_tenant_they_name(site: PostgresSite) -> None:
    land(site, talk())
    site.ask(f"UPDATE outcomes SET key_tenant_id = NULL WHERE tenant_id = '{TENANT}' AND status = 'stored'")
    assert site.ask(DIFFERING) == []
