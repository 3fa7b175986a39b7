"""What a sink promises, and what it is given: the seam between the consumer loop and a database.

Free of I/O. One behaviour suite (`tests/conformance/sinks`) holds every implementation to this page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schemas.records import Position, Record
from topology.topics import TopicName

GENERATION = 1
"""The generation of derived topics that this release lands: a row's version is (generation, offset)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One partition of one topic."""

    topic: TopicName
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkRecord:
    """A record of one of our own topics, decoded. `value` is None for a tombstone."""

    position: Position
    timestamp: datetime
    """The broker's; aware, UTC."""
    key: str
    value: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A stretch of the log: all records of it, and how far it goes.

    Records of one partition are in order of offset; a key lives in one partition, so of two records of a key the later
    one in the batch is the newer. `progress` holds the next offset to read of every partition that moved, also where
    it moved over nothing but markers of transactions: `records` may be empty.
    """

    records: tuple[SinkRecord, ...]
    progress: Mapping[Partition, int]


class Sink(Protocol):
    """A database that follows the log and only ever moves forward.

    The promise, whatever is repeated, cut elsewhere, or killed in between:

    - a row never goes back to an older version (generation, offset of the record in the topic that was read);
    - a deletion leaves a versioned row without its words, so that a late older version finds it there;
    - a batch that is written twice leaves what writing it once leaves;
    - `write` returns only when the batch is durable, and either all of it is or none.

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

    def write(self, batch: Batch) -> Mapping[str, int]:
        """Land a batch that continues where the last one, or `start`, ended. Returns rows sent, by table.

        Raises Fenced, or PoisonRecord for a record that the database can never take.
        """
        ...

    def stop(self) -> None:
        """Let the connection go; idempotent."""
        ...


class Fenced(Exception):
    """Another process has taken the partition over, so this one must stop: its picture of the log is stale."""


class PoisonRecord(Exception):
    """A record of our own that cannot be read or landed. A sink has no dead letters: it stops, and somebody looks."""

    def __init__(self, position: Position, reason: str) -> None:
        super().__init__(f"{position.topic}/{position.partition} at offset {position.offset}: {reason}")
        self.position = position
        self.reason = reason
