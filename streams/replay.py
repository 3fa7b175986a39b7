"""The agents' processors over any records, without Kafka: topics, tables and partitions in memory.

Runs the same folds as the engine (`streams.run`), so what it gives is what the agents would give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from schemas import transcript
from schemas.codec import Codec, ShippedSchemaIds
from schemas.ids import TenantId
from schemas.keys import conversation_routing, partition_of
from schemas.records import ConversationEvent, MemoryItem, Outcome, Position, Profile, Record
from streams.extraction.port import Extractor
from streams.ports import Headers, Output, Processor, RawRecord
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.processors.policy import ExtractPolicy
from streams.run import fold_run
from streams.stores import MemoryTable, RunStores
from topology.topics import TopicName

R = TypeVar("R", bound=Record)

PARTITIONS = 4
RUN_RECORDS = 500
_BEGINNING = datetime.min.replace(tzinfo=UTC)


class MemoryLog:
    """Topics in memory, each with the same number of partitions. Time is that of the latest record."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._records: dict[tuple[str, int], list[RawRecord]] = {}
        self._now = _BEGINNING

    def add(self, raw: RawRecord) -> None:
        """Take a record as it is; within a partition, records must come in order of offset."""
        self._records.setdefault((raw.position.topic, raw.position.partition), []).append(raw)
        self._now = max(self._now, raw.timestamp)

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers = ()) -> None:
        """Send a record: it gets the next offset of its partition."""
        self.add(
            RawRecord(
                position=Position(topic=topic, partition=partition, offset=self.end(topic, partition)),
                timestamp=self._now,
                key=key,
                value=value,
                headers=headers,
            )
        )

    def end(self, topic: str, partition: int) -> int:
        """The offset that the next record gets."""
        records = self._records.get((topic, partition))
        return records[-1].position.offset + 1 if records else 0

    def read(self, topic: str, partition: int, start: int, most: int) -> Sequence[RawRecord]:
        """Up to `most` records, from the `start`th of the partition on."""
        return self._records.get((topic, partition), [])[start : start + most]

    def records(self, topic: str) -> Iterator[RawRecord]:
        """All records of a topic, partition by partition."""
        for partition in range(self.partitions):
            yield from self._records.get((topic, partition), [])


class StageReplay:
    """One stage over all partitions of a log: its tables, and how far it has read."""

    def __init__(self, processor: Processor, codec: Codec, log: MemoryLog, run_records: int) -> None:
        self._processor = processor
        self._codec = codec
        self._log = log
        self._run_records = run_records
        self._read: Counter[tuple[str, int]] = Counter()
        self.tables = [MemoryTable() for _ in range(log.partitions)]

    def advance(self) -> int:
        """One run of each partition, over what its inputs hold; how many records that were."""
        return sum(self._run(partition) for partition in range(self._log.partitions))

    def _run(self, partition: int) -> int:
        records = self._take(partition)
        if records:
            stores = RunStores(self.tables[partition], self._codec)
            folded = fold_run(self._processor, self._codec, records, stores)
            self.tables[partition].write(stores.changes())
            for output in folded.outputs:
                self._send(output)
        return len(records)

    def _take(self, partition: int) -> Sequence[RawRecord]:
        taken: list[RawRecord] = []
        for topic in self._processor.stage.inputs:
            at = self._read[topic, partition]
            records = self._log.read(topic, partition, at, self._run_records - len(taken))
            self._read[topic, partition] += len(records)
            taken.extend(records)
        return taken

    def _send(self, output: Output) -> None:
        partition = output.partition
        if partition is None:
            assert output.routing is not None
            partition = partition_of(output.routing, self._log.partitions)
        key = output.key.encode() if isinstance(output.key, str) else output.key
        value = self._codec.encode(output.value) if isinstance(output.value, Record) else output.value
        self._log.append(output.topic, partition, key, value, output.headers)


class Replay:
    """Stages in the order of the stream, over one log."""

    def __init__(
        self,
        processors: Sequence[Processor],
        *,
        codec: Codec | None = None,
        partitions: int = PARTITIONS,
        run_records: int = RUN_RECORDS,
    ) -> None:
        self.codec = codec or Codec(ShippedSchemaIds())
        self.log = MemoryLog(partitions)
        self.stages = [StageReplay(each, self.codec, self.log, run_records) for each in processors]

    def take(self, records: Iterable[RawRecord]) -> None:
        """Add records, and work until every stage has read everything."""
        for raw in records:
            self.log.add(raw)
        for stage in self.stages:
            while stage.advance():
                pass

    def take_events(self, events: Iterable[ConversationEvent]) -> None:
        """Send events as a chat system would, each when it occurs, and work until every stage has read everything."""
        for event in events:
            self.log.add(event_record(event, self.codec, self.log))
        self.take(())

    def sent(self, topic: TopicName, record: type[R]) -> Iterator[tuple[str, R | None]]:
        """Everything in a topic, key and value, partition by partition; a tombstone is None."""
        for raw in self.log.records(topic):
            key = (raw.key or b"").decode()
            yield key, None if raw.value is None else self.codec.decode(raw.value, record)

    def latest(self, topic: TopicName, record: type[R]) -> Mapping[str, R]:
        """The topic as compaction would leave it: the last value of each key, in order of key."""
        last = dict(self.sent(topic, record))
        return {key: value for key, value in sorted(last.items()) if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a replay left behind."""

    outcomes: Mapping[str, int]
    items: tuple[MemoryItem, ...]
    profiles: tuple[Profile, ...]


def event_record(event: ConversationEvent, codec: Codec, log: MemoryLog) -> RawRecord:
    """The record by which a well-behaved producer would send the event at the time it occurred."""
    routing = conversation_routing(event.tenant_id, event.conversation_id)
    partition = partition_of(routing, log.partitions)
    return RawRecord(
        position=Position(topic=TopicName.EVENTS, partition=partition, offset=log.end(TopicName.EVENTS, partition)),
        timestamp=event.occurred_at,
        key=routing.encode(),
        value=codec.encode(event),
    )


def both_stages(
    extractor: Extractor, policy: ExtractPolicy | None = None, partitions: int = PARTITIONS
) -> list[Processor]:
    """Extract and consolidate."""
    return [ExtractProcessor(extractor, partitions, policy), ConsolidateProcessor()]


def replay_file(path: Path, extractor: Extractor, tenant_id: TenantId | None = None) -> Remembered:
    """What a conversation file would leave behind. Raises ValueError for a line that is neither event nor message."""
    replay = Replay(both_stages(extractor))
    replay.take_events(transcript.read(path, tenant_id or TenantId("replay")))
    outcomes = Counter(str(value.status) for _, value in replay.sent(TopicName.OUTCOMES, Outcome) if value is not None)
    return Remembered(
        outcomes=dict(outcomes),
        items=tuple(replay.latest(TopicName.ITEMS, MemoryItem).values()),
        profiles=tuple(replay.latest(TopicName.PROFILES, Profile).values()),
    )
