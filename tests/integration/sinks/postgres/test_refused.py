"""A row that PostgreSQL refuses stops the sink exactly before it; a recorded decision or a fix gets it going."""

from __future__ import annotations

import getpass
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from schemas.records import MemoryItem, Message
from sinks.__main__ import main
from sinks.consumer import Limits, SinkLoop
from sinks.decoding import Reader, decode
from sinks.log import Fetched, RawRecord
from sinks.meters import SinkMeters
from sinks.ports import PoisonRecord
from sinks.postgres.skips import PostgresSkips
from sinks.postgres.writer import PostgresSink
from support.derived import Topics, item, message, outcome, partition_for
from support.scripted_log import CODEC, ScriptedLog, raw
from support.sink_sites import PostgresSite
from topology.metrics import SINK_ROWS, SINK_SKIPPED, Meters, build
from topology.stages import POSTGRES_SINK, REDIS_SINK
from topology.topics import TopicName

pytestmark = pytest.mark.integration

SINK = POSTGRES_SINK.group
BAD = message("m2", "secret \0 words", minute=1)
MESSAGES = TopicName.MESSAGES.value


def topics(*said: object) -> Topics:
    found = Topics()
    found.append(*said)  # type: ignore[arg-type]
    return found


def skip(site: PostgresSite, *words: object) -> Result:
    return CliRunner().invoke(main, ["skip", *map(str, words)], env={"DATABASE_URL": site.url})


def follow(site: PostgresSite, records: list[RawRecord], *, sink: str = SINK) -> Meters:
    """What a process does with these records, from where the sink stands."""
    meters = build("postgres")
    positions = {(topic, number): at for (topic, number), at in site.positions().items()}
    left = [one for one in records if one.offset >= positions.get((one.partition.topic.value, one.partition.number), 0)]
    log = ScriptedLog([Fetched(assigned={one.partition for one in records}), Fetched(records=left)])
    loop = SinkLoop(
        log=log,
        sink=PostgresSink(site.url, sink=SINK),
        reader=Reader(partial(decode, CODEC), skips=PostgresSkips(site.url, sink=sink)),
        limits=Limits(batch_records=100, batch_wait_seconds=0.0),
        meters=SinkMeters(meters),
    )
    log.ended = loop.stop
    loop.run()
    return meters


def skipped(meters: Meters) -> float | None:
    return meters.registry.get_sample_value(SINK_SKIPPED.named("postgres"), {"topic": MESSAGES})


def texts(site: PostgresSite) -> list[str]:
    return [text for (text,) in site.ask("SELECT text FROM messages ORDER BY message_id")]


def talk(*bad: Message) -> list[RawRecord]:
    """Messages before and after the bad ones, all of one partition, and records of others around them."""
    said = topics(
        message("m1", "hello"), item("Lisbon"), *(bad or (BAD,)), outcome(7), message("m3", "bye", minute=2), outcome(8)
    )
    return [raw(record) for record in said.records]


def test_the_sink_stops_at_the_record_with_all_landed_that_comes_before(site: PostgresSite) -> None:
    records = talk()
    number = records[0].partition.number
    with pytest.raises(PoisonRecord) as caught:
        follow(site, records)
    told = str(caught.value)
    assert told.startswith(f"{MESSAGES}/{number} at offset 1 (key acme/c%2F1/m2): refused by table messages: ")
    assert "0x00" in told
    assert "secret" not in told
    assert caught.value.__cause__ is None
    assert texts(site) == ["hello"]
    assert site.ask("SELECT count(*) FROM memory_items") == [(1,)]
    assert site.positions()[MESSAGES, number] == 1


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_it_is_found_wherever_it_stands_among_many(site: PostgresSite, count: int) -> None:
    said = [message(f"m{n}", f"turn {n}", minute=n) for n in range(40)]
    said[count - 1] = replace(said[count - 1], text="\0")
    with pytest.raises(PoisonRecord, match=f"at offset {count - 1} "):
        follow(site, [raw(record) for record in topics(*said).records])
    assert len(texts(site)) == count - 1


def test_a_started_sink_stops_there_again_until_somebody_decides(site: PostgresSite) -> None:
    for _ in range(2):
        with pytest.raises(PoisonRecord, match="at offset 1 "):
            follow(site, talk())
    assert texts(site) == ["hello"]


def test_a_recorded_skip_passes_over_that_record_and_no_other(site: PostgresSite) -> None:
    records = talk(BAD, message("m4", "also \0 bad", minute=3))
    number = records[0].partition.number
    assert skip(site, MESSAGES, number, 1, "--reason", "a NUL of ours").exit_code == 0
    with pytest.raises(PoisonRecord, match="at offset 2 "):
        follow(site, records)
    assert texts(site) == ["hello"]
    assert skip(site, MESSAGES, number, 2, "--reason", "the same").exit_code == 0
    meters = follow(site, records)
    assert texts(site) == ["hello", "bye"]
    assert skipped(meters) == 1
    assert site.ask("SELECT count(*) FROM outcomes") == [(2,)]
    assert skipped(follow(site, records)) is None, "it is passed over once"


def test_what_is_sent_before_and_behind_a_skipped_record_is_counted(site: PostgresSite) -> None:
    records = talk()
    assert skip(site, MESSAGES, records[0].partition.number, 1, "--reason", "seen").exit_code == 0
    meters = follow(site, records)
    assert meters.registry.get_sample_value(SINK_ROWS.named("postgres"), {"table": "messages"}) == 2


def test_later_versions_of_a_skipped_record_land(site: PostgresSite) -> None:
    records = talk(BAD, message("m2", "mended", minute=1))
    with pytest.raises(PoisonRecord):
        follow(site, records[:3])
    skip(site, MESSAGES, records[0].partition.number, 1, "--reason", "mended by the next")
    follow(site, records)
    assert texts(site) == ["hello", "mended", "bye"]


def test_a_skip_of_a_record_that_can_be_landed_after_all_loses_nothing(site: PostgresSite) -> None:
    records = talk(message("m2", "mended", minute=1))
    skip(site, MESSAGES, records[0].partition.number, 1, "--reason", "too early")
    assert skipped(follow(site, records)) is None
    assert texts(site) == ["hello", "mended", "bye"]


def test_a_record_that_cannot_be_read_is_passed_over_alike_and_once(site: PostgresSite) -> None:
    good = talk(message("m2", "good", minute=1))
    records = [replace(one, value=b"junk") if one.key == b"acme/c%2F1/m2" else one for one in good]
    number = records[0].partition.number
    with pytest.raises(PoisonRecord, match="cannot be read"):
        follow(site, records)
    assert site.positions()[MESSAGES, number] == 1
    skip(site, MESSAGES, number, 1, "--reason", "junk")
    assert skipped(follow(site, records)) == 1
    assert texts(site) == ["hello", "bye"]


def test_a_decision_is_one_sinks_own(site: PostgresSite) -> None:
    records = talk()
    skip(site, "--sink", "redis", MESSAGES, records[0].partition.number, 1, "--reason", "for Redis")
    with pytest.raises(PoisonRecord):
        follow(site, records)
    follow(site, records, sink=REDIS_SINK.group)
    assert texts(site) == ["hello", "bye"]


def test_a_check_that_a_row_breaks_is_told_without_the_row(site: PostgresSite) -> None:
    """A record of a release that knows more than this database: a column that may not be empty is."""
    site.ask("ALTER TABLE messages ADD CONSTRAINT no_bye CHECK (text <> 'bye')")
    try:
        with pytest.raises(PoisonRecord, match=r"at offset 2 .*refused by table messages: .*no_bye") as caught:
            follow(site, talk(message("m2", "good", minute=1)))
        assert "Failing row" not in str(caught.value)
        assert texts(site) == ["hello", "good"]
    finally:
        site.ask("ALTER TABLE messages DROP CONSTRAINT no_bye")
    follow(site, talk(message("m2", "good", minute=1)))
    assert texts(site) == ["hello", "good", "bye"], "a fix gets it going"


def test_a_record_that_fits_no_row_stops_the_sink_at_its_position(site: PostgresSite) -> None:
    bad: MemoryItem = replace(item("Porto"), superseded_by="no uuid")  # type: ignore[arg-type]
    said = topics(item("Lisbon"), bad, item("Faro"))
    (partition,) = {partition_for(record) for record in said.records}
    with pytest.raises(PoisonRecord, match="does not fit table memory_items"):
        follow(site, [raw(record) for record in said.records])
    assert site.positions()[partition.topic.value, partition.number] == 1


def test_the_list_tells_who_gave_up_what_and_whether_it_is_passed(site: PostgresSite) -> None:
    records = talk()
    number = records[0].partition.number
    skip(site, MESSAGES, number, 1, "--reason", "a NUL of ours")
    skip(site, "--sink", "redis", MESSAGES, number, 1, "--reason", "there as well")
    follow(site, records)
    lines = CliRunner().invoke(main, ["skips"], env={"DATABASE_URL": site.url}).output.splitlines()
    (heading, ours, redis) = [line.split("\t") for line in lines]
    told = dict(zip(heading, ours, strict=True))
    assert (told["sink"], told["offset"], told["passed"], told["who"]) == (SINK, "1", "yes", getpass.getuser())
    assert told["reason"] == "a NUL of ours"
    assert dict(zip(heading, redis, strict=True))["passed"] == "unknown"


def test_decisions_are_only_ever_added(site: PostgresSite) -> None:
    skip(site, MESSAGES, 0, 5, "--reason", "once")
    again = skip(site, MESSAGES, 0, 5, "--reason", "twice")
    assert (again.exit_code, "given up already" in again.output) == (1, True)
    for change in ("UPDATE sink_skips SET reason = 'another'", "DELETE FROM sink_skips"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="only ever added"):
            site.ask(change)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((TopicName.EVENTS.value, 0, 5, "--reason", "x"), 2, "sink lands"),
        (("--sink", "redis", TopicName.ITEMS.value, 0, 5, "--reason", "x"), 2, "sink lands"),
        ((MESSAGES, 0, 5, "--reason", " "), 2, "some words"),
        ((MESSAGES, 0, 5), 2, "--reason"),
    ],
)
def test_a_decision_that_means_nothing_is_refused(site: PostgresSite, words: Any, code: int, told: str) -> None:
    found = skip(site, *words)
    assert (found.exit_code, told in found.output) == (code, True), found.output
    assert site.ask("SELECT * FROM sink_skips") == []


def test_what_the_sink_has_passed_cannot_be_given_up(site: PostgresSite) -> None:
    records = talk(message("m2", "good", minute=1))
    follow(site, records)
    found = skip(site, MESSAGES, records[0].partition.number, 1, "--reason", "late")
    assert (found.exit_code, "beyond it already" in found.output) == (1, True)
