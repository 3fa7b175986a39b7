"""The first judge: the input folded once, in one thread, by the same processors; its rows against those found.

Free of I/O. What arrival may change (when, by which record, at which revision) is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

from chaos.found import Difference, Found, Place, Row, Rows, Stored
from schemas.codec import Codec
from schemas.records import Evidence, ItemStatus, MemoryItem, Message, Outcome, Position, Profile, Record
from streams.extraction.rules import RuleExtractor
from streams.ports import Output, RawRecord, SourceRecord, Stores
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.replay import Replay
from topology.topics import TopicName

JUDGE = "oracle"
LEARNED = frozenset({"recorded_at", "revision", "source", "cause"})
RECORDS: Mapping[str, tuple[TopicName, type[Record]]] = {
    "messages": (TopicName.MESSAGES, Message),
    "evidence": (TopicName.EVIDENCE, Evidence),
    "items": (TopicName.ITEMS, MemoryItem),
    "profiles": (TopicName.PROFILES, Profile),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a single thread makes of the input."""

    views: Mapping[str, Rows]
    outcomes: Mapping[Place, Row]


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
    return Expected(
        views=views, outcomes={(each.source.partition, each.source.offset): shown(each) for each in outcomes}
    )


def judge(expected: Expected, found: Found) -> Iterator[Difference]:
    """Tables, topics, outcomes and Redis against what is expected."""
    for view, rows in expected.views.items():
        yield from compare(f"table {view}", rows, found.tables[view])
        yield from compare(f"topic {view}", rows, found.topics[view])
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


def shown_rows(view: str, records: Iterable[tuple[str, Record]]) -> Rows:
    """Plain rows. Whether a retracted item was ever seen, and an empty profile, is a matter of arrival: left out."""
    rows = {key: shown(record) for key, record in records}
    return {key: row for key, row in rows.items() if is_visible(view, row)}


def is_visible(view: str, row: Row) -> bool:
    if view == "items":
        return bool(row["status"] != ItemStatus.RETRACTED.value)
    return view != "profiles" or bool(row["slots"] or row["top"])


def shown(record: Record) -> Row:
    """A record as plain values, without what arrival may change."""
    row = plain(record)
    if isinstance(record, MemoryItem):
        row["validity"] = joined(row["validity"])
    return {name: value for name, value in row.items() if name not in LEARNED}


def plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value


def joined(intervals: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """Intervals as PostgreSQL keeps a multirange: empty ones gone, touching ones one."""
    made: list[list[Any]] = []
    for each in intervals:
        begin, end = each["valid_from"], each["valid_to"]
        if begin is not None and begin == end:
            continue
        if made and made[-1][1] is not None and made[-1][1] == begin:
            made[-1][1] = end
        else:
            made.append([begin, end])
    return made


def _raw(event: Stored) -> RawRecord:
    return RawRecord(
        position=Position(topic=TopicName.EVENTS, partition=event.partition, offset=event.offset),
        timestamp=event.timestamp,
        key=event.key,
        value=event.value,
        headers=tuple(event.headers),
    )
