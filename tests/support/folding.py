"""One stage over records in any runs, with everything it sent and kept as bytes: for comparing two ways of running it.

All records stand on partition 0 of one, so that their order is the test's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from schemas.keys import join_key
from schemas.records import ConversationEvent, MemoryCommand, MessageExtraction, Outcome, Position, Record
from streams.ports import Output, Processor, RawRecord
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from streams.replay import MemoryLog, event_record
from streams.run import fold_run
from streams.stores import MemoryTable, RunStores
from support.memory import CODEC
from support.speech import WordExtractor
from topology.topics import TopicName


@dataclass(slots=True, kw_only=True)
class Stage:
    """A stage, its table and all that it sent."""

    processor: Processor
    table: MemoryTable = field(default_factory=MemoryTable)
    outputs: list[Output] = field(default_factory=list)

    def run(self, *runs: Sequence[RawRecord]) -> Stage:
        for records in runs:
            stores = RunStores(self.table, CODEC)
            self.outputs.extend(fold_run(self.processor, CODEC, records, stores).outputs)
            self.table.write(stores.changes())
        return self

    @property
    def rows(self) -> dict[bytes, bytes]:
        return dict(self.table.scan(b""))

    def sent(self, *, profiles: bool = False) -> list[tuple[Output, bytes | None]]:
        """Every output and its bytes, in order; profiles apart, which are sent once a run."""
        chosen = [output for output in self.outputs if (output.topic == TopicName.PROFILES) is profiles]
        return [(output, _encoded(output.value)) for output in chosen]

    def last_profiles(self) -> dict[object, bytes | None]:
        return {output.key: value for output, value in self.sent(profiles=True)}

    @property
    def outcomes(self) -> list[Outcome]:
        return [output.value for output in self.outputs if isinstance(output.value, Outcome)]

    @property
    def extractions(self) -> list[MessageExtraction]:
        return [output.value for output in self.outputs if isinstance(output.value, MessageExtraction)]


def extract() -> Stage:
    return Stage(processor=ExtractProcessor(WordExtractor(), 1))


def consolidate() -> Stage:
    return Stage(processor=ConsolidateProcessor())


def event_records(events: Iterable[ConversationEvent]) -> list[RawRecord]:
    """As a chat system sends them, in this order."""
    log = MemoryLog(1)
    for event in events:
        log.add(event_record(event, CODEC, log))
    return list(log.records(TopicName.EVENTS))


def extraction_records(extractions: Iterable[MessageExtraction]) -> list[RawRecord]:
    return [
        RawRecord(
            position=Position(topic=TopicName.EXTRACTIONS, partition=0, offset=offset),
            timestamp=each.recorded_at,
            key=join_key(each.tenant_id, each.user_id).encode(),
            value=CODEC.encode(each),
        )
        for offset, each in enumerate(extractions)
    ]


def command_records(commands: Iterable[MemoryCommand]) -> list[RawRecord]:
    return [
        RawRecord(
            position=Position(topic=TopicName.COMMANDS, partition=0, offset=offset),
            timestamp=each.issued_at + timedelta(seconds=1),
            key=join_key(each.tenant_id, each.user_id, each.command_id).encode(),
            value=CODEC.encode(each),
        )
        for offset, each in enumerate(commands)
    ]


def _encoded(value: Record | bytes | None) -> bytes | None:
    return CODEC.encode(value) if isinstance(value, Record) else value
