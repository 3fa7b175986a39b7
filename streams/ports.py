"""What a processor sees of the world: records in, typed stores, outputs out.

Free of I/O. The engine and the replay stand on the other side; a processor never learns which of them runs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias, TypeVar

from schemas.construction import quickly_made
from schemas.records import Position, Record
from topology.stages import Stage, Store
from topology.topics import TopicName

R = TypeVar("R", bound=Record)

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """A record as the broker gave it."""

    position: Position
    timestamp: datetime
    """The broker's (LogAppendTime) or the producer's, whichever the topic keeps; aware, UTC."""
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def topic(self) -> str:
        return self.position.topic


class SourceRecord(NamedTuple):
    """A record that could be read: its bytes, and what they say. `value` is None for a tombstone.

    A tuple, since one is made for every record.
    """

    raw: RawRecord
    value: Record | None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A record to be sent inside the checkpoint.

    Its partition is that of `routing` under murmur2, or `partition` where that is given (exactly one of the two).
    A value that is a Record is encoded by the codec; bytes go as they are; None is a tombstone.
    """

    topic: TopicName
    key: str | bytes | None
    value: Record | bytes | None
    routing: str | None = None
    partition: int | None = None
    headers: Headers = ()

    def __post_init__(self) -> None:
        if (self.routing is None) == (self.partition is None):
            raise ValueError(f"an output to {self.topic} needs a routing or a partition, and not both")


class Stores(Protocol):
    """The state of one partition number, typed by store. Writes are seen by later reads of the same run."""

    def get(self, store: Store[R], key: str) -> R | None: ...

    def put(self, store: Store[R], key: str, value: R) -> None: ...

    def delete(self, store: Store[R], key: str) -> None:
        """Deleting what is not there is allowed and changes nothing."""
        ...

    def scan(self, store: Store[R], prefix: str) -> Iterator[tuple[str, R]]:
        """Rows whose key begins with `prefix`, in the order of the keys' UTF-8 bytes."""
        ...

    def written(self, store: Store[R]) -> Iterator[tuple[str, R | None]]:
        """Rows of `store` that this run has put or deleted (None), as they stand now, in order of key."""
        ...


class PoisonRecord(Exception):
    """A record that can never succeed. `reason` is a snake_case word for outcomes and metrics; `detail` for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Processor(Protocol):
    """One stage as a pure fold over records: no I/O, clock, randomness or global.

    `process` must raise PoisonRecord before it writes to a store, or not at all.
    """

    @property
    def stage(self) -> Stage: ...

    @property
    def inputs(self) -> Mapping[TopicName, type[Record]]:
        """What the values of each input topic are read as."""
        ...

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]: ...

    def reject(self, raw: RawRecord, poison: PoisonRecord) -> Iterable[Output]:
        """What to send in place of a record that cannot be read; a stage that owns no dead letters raises `poison`."""
        ...

    def finish(self, stores: Stores) -> Iterable[Output]:
        """Outputs that are wanted once a run: the state they show does not depend on how records were cut into runs."""
        ...
