"""What a sink promises, and what it is given: the seam between the consumer loop and a database.

Free of I/O. One behaviour suite (`tests/conformance/sinks`) holds every implementation to this page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from schemas.construction import quickly_made
from schemas.ids import TenantId
from schemas.records import Position, Record
from topology.tombstones import Words
from topology.topics import TopicName


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One partition of one topic."""

    topic: TopicName
    number: int

    def at(self, offset: int) -> Position:
        return Position(topic=self.topic, partition=self.number, offset=offset)

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class SinkRecord:
    """A record of one of our own topics, decoded. `value` is None for a tombstone."""

    partition: Partition
    offset: int
    timestamp: datetime
    """The broker's, of a tombstone that of its cause; aware, UTC."""
    key: str
    value: Record | None
    words: Words = Words.KEPT
    """What a tombstone says of what its key said before."""

    @property
    def position(self) -> Position:
        return self.partition.at(self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What input records are counted by: whose key names them, where they lie, and the hour of the broker's time."""

    tenant_id: TenantId | None
    partition: int
    hour: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A stretch of the log: all records of it, and how far it goes.

    Records of one partition are in order of offset; a key lives in one partition, so of two records of a key the later
    one in the batch is the newer. `progress` holds the next offset to read of every partition that moved, also where
    it moved over nothing but markers of transactions: `records` may be empty. `received` counts the input records in
    it, of which nothing else is known here: their partitions are part of the progress.
    """

    records: tuple[SinkRecord, ...]
    progress: Mapping[Partition, int]
    received: Mapping[Received, int] = field(default_factory=dict)

    def before(self, index: int) -> Batch:
        """The part before the record of that number: the position of its partition stands at it, none is beyond."""
        first_left: dict[Partition, int] = {}
        for record in self.records[index:]:
            first_left.setdefault(record.partition, record.offset)
        return Batch(records=self.records[:index], progress={**self.progress, **first_left}, received=self.received)

    def after(self, index: int) -> Batch:
        """What is left when `before` is done and the record of that number is passed over."""
        return Batch(records=self.records[index + 1 :], progress=self.progress)

    def index_of(self, position: Position) -> int:
        """The number of the record at `position`, which must be there."""
        return next(at for at, record in enumerate(self.records) if record.position == position)


class Sink(Protocol):
    """A database that follows the log and only ever moves forward.

    The promise, whatever is repeated, cut elsewhere, or killed in between:

    - a row never goes back to an older version (generation, offset of the record in the topic that was read);
    - a deletion leaves a versioned row without its words, so that a late older version finds it there;
    - a batch that is written twice leaves what writing it once leaves;
    - `write` returns only when the batch is durable, and either all of it is or none;
    - where the sink keeps positions, what the batch received is counted once, with the position.

    Raises, everywhere: Retryable where the database is away or busy (call again with the same argument); anything else
    is final for this process, which must stop with nothing acknowledged.
    """

    def start(self, partitions: Collection[Partition], /) -> Mapping[Partition, int]:
        """Take over `partitions`, all that this process reads from now on; those of an earlier call are let go.

        Returns the next offset of each partition whose position the sink keeps beside its rows: 0 for one it never
        saw. A partition that is not named goes on from the group's committed offset. From then on a former owner's
        `write` raises Fenced, where the sink keeps positions; where it does not, the versions alone refuse it.
        """
        ...

    def prepare(self, batch: Batch, /) -> Batch:
        """The same batch as the sink would rather be given it, with what can be made of it beforehand.

        The one method that may be called while another thread is in `write`. Asks nobody, and raises nothing: what is
        wrong with a record is for `write` to say, which takes a batch that was not prepared as well.
        """
        ...

    def write(self, batch: Batch) -> Mapping[str, int]:
        """Land a batch that continues where the last one, or `start`, ended. Returns rows sent, by table.

        Raises Fenced, or PoisonRecord for a record that the database can never take; then what stands `before` it in
        the batch is durable, and nothing else: the next `write` continues there, with or without that record.
        """
        ...

    def stop(self) -> None:
        """Let the connection go; idempotent."""
        ...


class Fenced(Exception):
    """Another process has taken the partition over, so this one must stop: its picture of the log is stale."""


class PoisonRecord(Exception):
    """A record of our own that cannot be read or landed. A sink has no dead letters: it stops, and somebody looks."""

    def __init__(self, position: Position, reason: str, *, key: str = "") -> None:
        named = f" (key {key})" if key else ""
        super().__init__(f"{position.topic}/{position.partition} at offset {position.offset}{named}: {reason}")
        self.position = position
        self.reason = reason
        self.key = key
        self.rows: Mapping[str, int] = {}
        """What a sink has sent of the batch before it, by table."""


class Skips(Protocol):
    """What operators have decided of records that a sink cannot land."""

    def reason_for(self, position: Position, /) -> str | None:
        """Why the record there may be passed over; None: it may not. Raises Retryable."""
        ...


class NoSkips:
    """Nobody has decided anything: whatever cannot be landed stops the sink."""

    def reason_for(self, _position: Position, /) -> str | None:
        return None


NO_SKIPS = NoSkips()
