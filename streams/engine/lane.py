"""A lane: one partition number across all inputs of an agent, worked serially from reading to checkpoint.

What reads, commits or closes blocks: it belongs in a worker thread. `checkpoint` runs once at a time; `read` may
overlap it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import Codec
from schemas.keys import partition_of
from schemas.records import Record
from schemas.state import Positions
from streams.engine.broker import CALL_TIMEOUT_SECONDS, Broker, is_passing, patiently
from streams.engine.fetched import FetchedRecord
from streams.engine.meter import RunMeter
from streams.engine.table import POSITIONS_KEY, PartitionTable
from streams.engine.tracing import traced
from streams.engine.transaction import Sendable, TransactionalWriter
from streams.ports import Output, Processor, RawRecord
from streams.processors.poison_limit import NO_LIMIT, PoisonLimit, PoisonTally
from streams.run import fold_run
from streams.stores import RecentRows, RunStores
from topology.errors import Misconfigured
from topology.generations import FIRST, group_of, topic_of
from topology.tracing import OFF, Tracing

MARK_SECONDS: Final = 60.0
"""How often a quiet lane writes down how far it has read. Without it the stored position stays before the last commit
marker, and once retention has removed that marker the position would seem to point at records that are gone."""


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """A stretch of records of one lane: the one event that the Faust agent sees."""

    lane: Lane
    records: Sequence[RawRecord]
    start_offsets: Mapping[str, int]
    """Where the run before it ended, by topic."""
    next_offsets: Mapping[str, int]
    """Where to read on after this run, by topic; commit markers at the end of a partition are passed over."""
    epoch: int
    taken_at: float
    settled: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """How large a run may become: whichever comes first."""

    max_records: int
    max_wait_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneContext:
    """What all lanes of a process share."""

    processor: Processor
    codec: Codec
    broker: Broker
    partitions: int
    limits: RunLimits
    meter: RunMeter
    poison: PoisonLimit = NO_LIMIT
    generation: int = FIRST
    tracing: Tracing = OFF

    @property
    def group(self) -> str:
        return group_of(self.processor.stage, self.generation)

    @property
    def topics(self) -> tuple[str, ...]:
        """The inputs, as the brokers call them; so the changelog."""
        return tuple(topic_of(topic, self.generation) for topic in self.processor.stage.inputs)

    @property
    def changelog(self) -> str:
        changelog = self.processor.stage.changelog
        assert changelog is not None, "an agent has a changelog"
        return topic_of(changelog, self.generation)


class Lane:
    """Owns one partition number from takeover to release. Not reused: the next assignment makes new lanes."""

    def __init__(
        self, context: LaneContext, partition: int, table: PartitionTable, writer: TransactionalWriter
    ) -> None:
        self.partition = partition
        self.table = table
        self.closed = False
        self.epoch = 0
        self.busy = asyncio.Lock()
        self._context = context
        self._writer = writer
        self._reader: Consumer | None = None
        self._reading = threading.Lock()
        self._read_offsets: dict[str, int] = {}
        self._done_offsets: dict[str, int] = {}
        self._marked_offsets: dict[str, int] = {}
        self._marked_at = 0.0
        self._tally = PoisonTally(limit=context.poison)
        self._recent = RecentRows()
        self.aborts = 0
        self.lag = 0
        """Records between the last checkpoint and the ends that the latest read heard of."""

    @property
    def done_offsets(self) -> Mapping[str, int]:
        """Everything before these offsets, by topic, is checkpointed or was a commit marker."""
        return dict(self._done_offsets)

    def open(self) -> None:
        """Start reading at the table's positions, or at the beginning. Raises Misconfigured where records are gone."""
        assert self._reader is None, "a lane is opened once"
        self._reader = self._context.broker.reader(
            {"queued.max.messages.kbytes": 4096, "queued.min.messages": 4 * self._context.limits.max_records}
        )
        self._tally = replace(self._tally, readability=self.table.readability)
        self.rewind()

    def rewind(self) -> None:
        """Read again from the last checkpoint; runs of an earlier epoch are void."""
        with self._reading:
            if self._reader is None:
                return
            self.epoch += 1
            self._recent.clear()
            self._read_offsets = dict(self._start_offsets(self._reader))
            self._done_offsets = dict(self._read_offsets)
            self._mark(self.table.next_offsets)
            self._reader.assign(
                [TopicPartition(topic, self.partition, offset) for topic, offset in self._read_offsets.items()]
            )

    def _start_offsets(self, reader: Consumer) -> Iterator[tuple[str, int]]:
        known = self.table.next_offsets
        for topic in self._context.topics:
            start, end = _limits_of(reader, TopicPartition(topic, self.partition))
            offset = known.get(topic, start)
            if not start <= offset <= end:
                raise Misconfigured(
                    f"{topic}-{self.partition}: this agent stands at {offset}, the topic holds {start} to {end}; "
                    "records were removed before they were read, or the topic was made anew"
                )
            yield topic, offset

    def read(self) -> Run:
        """The next run, empty where nothing came within the limits' time or the lane is closed."""
        limits = self._context.limits
        with self._reading:
            reader, start_offsets = self._reader, dict(self._read_offsets)
            messages = reader.consume(limits.max_records, timeout=limits.max_wait_seconds) if reader else ()
            records = self._take(messages)
            self.lag = self._lag(reader) if reader else 0
            return Run(
                lane=self,
                records=records,
                start_offsets=start_offsets,
                next_offsets=dict(self._read_offsets),
                epoch=self.epoch,
                taken_at=time.monotonic(),
            )

    def _take(self, messages: Sequence[Message]) -> list[RawRecord]:
        """The records among `messages`, and a note of how far they come."""
        read = [message for message in messages if message.error() is None]
        self._note_reached(read)
        if len(read) < len(messages):
            for message in messages:
                if (error := message.error()) is not None:
                    self._take_note(message, error)
        return [FetchedRecord(message) for message in read]

    def _note_reached(self, read: Sequence[Message]) -> None:
        """Where the last record of each topic ends; looked for from behind, where it is soon found."""
        wanting = set(self._read_offsets)
        for message in reversed(read):
            topic = message.topic() or ""
            if topic in wanting:
                self._read_offsets[topic] = (message.offset() or 0) + 1
                wanting.remove(topic)
                if not wanting:
                    return

    def _take_note(self, message: Message, error: KafkaError) -> None:
        """What is no record: the end of a partition, or a fault that passes; any other is raised."""
        topic, offset = message.topic() or "", message.offset() or 0
        if error.code() == KafkaError._PARTITION_EOF:
            self._read_offsets[topic] = max(self._read_offsets[topic], offset)
        elif not is_passing(KafkaException(error)):
            raise KafkaException(error)

    def rest(self, run: Run) -> None:
        """Note how far an empty run came: commit markers behind the last record are not work."""
        if run.epoch == self.epoch:
            self._done_offsets = dict(run.next_offsets)

    def wants_mark(self, run: Run) -> bool:
        """Whether an empty run is worth a checkpoint of its own: it came further than what is stored, a while ago."""
        return run.next_offsets != self._marked_offsets and time.monotonic() - self._marked_at > MARK_SECONDS

    def _mark(self, offsets: Mapping[str, int]) -> None:
        self._marked_offsets, self._marked_at = dict(offsets), time.monotonic()

    def checkpoint(self, run: Run) -> None:
        """Fold the run and make its effects and its position durable together.

        Raises Aborted (nothing happened; rewind and try again), Retryable (nothing was begun; try again), Fenced,
        PoisonRecord where the stage owns no dead letters, or TooMuchPoison where it does. After any other error the
        process must end: what became of the transaction is unknown.
        """
        if run.start_offsets != self._done_offsets:
            raise AssertionError(f"run starts at {run.start_offsets}, the last one ended at {self._done_offsets}")
        context = self._context
        with traced(context.tracing, context.processor, run.records, run.taken_at) as processor:
            self._checkpoint(run, processor)

    def _checkpoint(self, run: Run, processor: Processor) -> None:
        stores = RunStores(self.table, self._context.codec, self._recent)
        folded = fold_run(processor, self._context.codec, run.records, stores)
        tally = self._tally.after(len(run.records), folded.rejections)
        changes = stores.changes()
        positions = Positions(next_offsets=run.next_offsets, readability=tally.readability)
        changes[POSITIONS_KEY] = self._context.codec.encode(positions)
        sendable = [self._sendable(output) for output in folded.outputs]
        changelog = self._context.changelog
        sendable += map(Sendable, repeat(changelog), repeat(self.partition), changes.keys(), changes.values())
        committing = time.monotonic()
        applied = self._writer.commit(sendable, changelog)
        self.table.apply(changes, applied)
        self._recent.keep(stores)
        self._done_offsets = dict(run.next_offsets)
        self._mark(run.next_offsets)
        self._tally = tally
        self.aborts = 0
        self._context.meter.checkpointed(run, folded, committing)

    def _sendable(self, output: Output) -> Sendable:
        partition = output.partition
        if partition is None:
            assert output.routing is not None, "an output has a routing or a partition"
            partition = partition_of(output.routing, self._context.partitions)
        key, value = output.key, output.value
        return Sendable(
            topic_of(output.topic, self._context.generation),
            partition,
            key.encode() if isinstance(key, str) else key,
            self._context.codec.encode(value) if isinstance(value, Record) else value,
            output.headers,
        )

    def _lag(self, reader: Consumer) -> int:
        ends = {
            topic: reader.get_watermark_offsets(TopicPartition(topic, self.partition), cached=True)[1]
            for topic in self._done_offsets
        }
        return sum(max(0, end - self._done_offsets[topic]) for topic, end in ends.items())

    def close(self) -> None:
        """Stop reading and let go of table and producer; what was read and not checkpointed is the next owner's."""
        with self._reading:
            reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        self.table.close()
        self._writer.close()


def _limits_of(reader: Consumer, where: TopicPartition) -> tuple[int, int]:
    return patiently(lambda: reader.get_watermark_offsets(where, timeout=CALL_TIMEOUT_SECONDS))
