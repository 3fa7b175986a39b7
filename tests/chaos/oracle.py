"""The first judge: the input folded once, in one thread, by the same processors; its rows against those found.

Free of I/O. What arrival may change (when, by which record, at which revision) is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chaos.found import Difference, Found, Place, Row, Rows, Stored
from chaos.rows import RECORDS, shown, shown_rows, stored_rows
from schemas.codec import Codec
from schemas.records import Outcome, Position
from streams.extraction.rules import RuleExtractor
from streams.ports import Output, RawRecord, SourceRecord, Stores
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.replay import Replay
from topology.topics import TopicName

JUDGE = "oracle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a single thread makes of the input."""

    views: Mapping[str, Rows]
    outcomes: Mapping[Place, Row]
    stores: Mapping[str, Rows]
    """What both agents remember, by store."""


class _AsItStands(ExtractProcessor):
    """Sends nothing on: a record that was rerouted stands in the topic already, where the broker put it."""

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        return [output for output in super().process(record, stores) if output.topic != TopicName.EVENTS]


def fold(events: Iterable[Stored], codec: Codec, partitions: int) -> Expected:
    """The views and outcomes of the events in the order of their positions."""
    replay = Replay([_AsItStands(RuleExtractor(), partitions), ConsolidateProcessor()], codec=codec)
    replay.take(_raw(event) for event in events)
    views = {view: shown_rows(view, replay.latest(topic, record).items()) for view, (topic, record) in RECORDS.items()}
    outcomes = [value for _, value in replay.sent(TopicName.OUTCOMES, Outcome) if value is not None]
    tables = [table for stage in replay.stages for table in stage.tables]
    return Expected(
        views=views,
        outcomes={(each.source.partition, each.source.offset): shown(each) for each in outcomes},
        stores=stored_rows({key: value for table in tables for key, value in table.scan(b"")}, codec),
    )


def judge(expected: Expected, found: Found) -> Iterator[Difference]:
    """Tables, topics, changelogs, outcomes and Redis against what is expected."""
    for view, rows in expected.views.items():
        yield from compare(f"table {view}", rows, found.tables[view])
        yield from compare(f"topic {view}", rows, found.topics[view])
    for store, remembered in expected.stores.items():
        yield from compare(f"changelog {store}", remembered, found.changelogs[store])
    yield from _outcomes(expected, found)
    yield from _redis(expected.views, found)


def compare(where: str, expected: Rows, found: Rows) -> Iterator[Difference]:
    for key in sorted(expected.keys() | found.keys()):
        want, have = expected.get(key), found.get(key)
        if have is None:
            yield Difference(verdict="lost", judge=JUDGE, where=where, key=key, expected=want)
        elif want is None:
            yield Difference(verdict="duplicated", judge=JUDGE, where=where, key=key, found=have)
        elif want != have:
            yield _diverged(where, key, want, have)


def _diverged(where: str, key: str, want: Row, have: Row) -> Difference:
    names = sorted(name for name in want.keys() | have.keys() if want.get(name) != have.get(name))
    return Difference(
        verdict="diverged",
        judge=JUDGE,
        where=where,
        key=key,
        expected={name: want.get(name) for name in names},
        found={name: have.get(name) for name in names},
    )


def _outcomes(expected: Expected, found: Found) -> Iterator[Difference]:
    last = dict(found.outcome_records)
    for place, want in expected.outcomes.items():
        for where, have in (("table outcomes", found.outcomes.get(place)), ("topic outcomes", last.get(place))):
            if have is None:
                yield Difference(verdict="outcomes_missing", judge=JUDGE, where=where, key=str(place), expected=want)
            elif have != want:
                yield _diverged(where, str(place), want, have)


def _redis(views: Mapping[str, Rows], found: Found) -> Iterator[Difference]:
    """What Redis has must be right; what it lacks is lost only where nothing was taken from it."""
    profiles = views["profiles"]
    for each in compare("redis profiles", profiles, found.redis_profiles):
        if not (each.verdict == "lost" and found.redis_forgot):
            yield each
    for key, text in found.redis_turns.items():
        message = views["messages"].get(key)
        if message is None or message["text"] != text:
            want = message and message["text"]
            yield Difference(verdict="diverged", judge=JUDGE, where="redis turns", key=key, expected=want, found=text)


def _raw(event: Stored) -> RawRecord:
    return RawRecord(
        position=Position(topic=TopicName.EVENTS, partition=event.partition, offset=event.offset),
        timestamp=event.timestamp,
        key=event.key,
        value=event.value,
        headers=tuple(event.headers),
    )
