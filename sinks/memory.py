"""A sink into dictionaries, for tests: it keeps the newest record of each key, and positions behind a fence.

No process but its own sees it; the store outlives the sinks, as a database outlives processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from schemas.records import Record
from sinks.ports import Batch, Fenced, Partition, Received, SinkRecord
from topology.generations import FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """A row: its version, and what it holds; None once it is gone."""

    version: tuple[int, int]
    value: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    epoch: int
    next_offset: int


@dataclass(slots=True, kw_only=True)
class MemoryStore:
    """What is durable: rows by (topic, key), positions by partition, counts of input records."""

    rows: dict[tuple[str, str], Landed] = field(default_factory=dict)
    positions: dict[Partition, Owned] = field(default_factory=dict)
    received: Counter[Received] = field(default_factory=Counter)


class MemorySink:
    """A `sinks.ports.Sink` over a store that other sinks may share."""

    def __init__(self, store: MemoryStore, *, generation: int = FIRST) -> None:
        self._store = store
        self._generation = generation
        self._owned: dict[Partition, Owned] = {}

    def start(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        unseen = Owned(epoch=0, next_offset=0)
        found = {partition: self._store.positions.get(partition, unseen) for partition in partitions}
        self._owned = {}
        self._own({p: Owned(epoch=kept.epoch + 1, next_offset=kept.next_offset) for p, kept in found.items()})
        return {partition: owned.next_offset for partition, owned in self._owned.items()}

    def prepare(self, batch: Batch, /) -> Batch:
        """As it is: there is little to make."""
        return batch

    def write(self, batch: Batch) -> Mapping[str, int]:
        if any(self._store.positions[partition] != self._owned[partition] for partition in batch.progress):
            raise Fenced("another sink has taken partitions over")
        for record in batch.records:
            self._land(record)
        self._store.received.update(batch.received)
        self._own({p: Owned(epoch=self._owned[p].epoch, next_offset=at) for p, at in batch.progress.items()})
        return {"rows": len(batch.records)}

    def stop(self) -> None:
        """There is nothing to let go."""

    def _own(self, owned: dict[Partition, Owned]) -> None:
        self._owned.update(owned)
        self._store.positions.update(owned)

    def _land(self, record: SinkRecord) -> None:
        row, version = (record.partition.topic, record.key), (self._generation, record.offset)
        kept = self._store.rows.get(row)
        if kept is None or kept.version < version:
            self._store.rows[row] = Landed(version=version, value=record.value)
