"""A broker in memory: partitions with transactions, as the engine's clients see them.

Has Kafka's rules of visibility (markers occupy offsets, an open transaction hides what follows it, a newer epoch
fences) and nothing of its network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Where = tuple[str, int]
Status = Literal["open", "committed", "aborted", "marker"]


@dataclass(slots=True)
class Entry:
    """One offset of a partition."""

    key: bytes | None
    value: bytes | None
    producer: str
    status: Status


@dataclass(slots=True)
class Partition:
    """What one partition holds, by offset."""

    entries: list[Entry] = field(default_factory=list)

    @property
    def end(self) -> int:
        return len(self.entries)

    @property
    def stable(self) -> int:
        """The last stable offset: where the earliest open transaction begins."""
        opened = (at for at, entry in enumerate(self.entries) if entry.status == "open")
        return next(opened, self.end)

    def mark(self, producer: str, status: Status) -> None:
        """Write a marker: it decides over all that the producer has open here, of whichever transaction."""
        for entry in self.entries:
            if entry.producer == producer and entry.status == "open":
                entry.status = status
        self.entries.append(Entry(None, None, producer, "marker"))

    def committed(self) -> Iterator[tuple[int, Entry]]:
        """Offset and record, up to the last stable offset."""
        for at, entry in enumerate(self.entries[: self.stable]):
            if entry.status == "committed":
                yield at, entry


@dataclass(slots=True)
class Transaction:
    """What the coordinator knows of one transactional id."""

    epoch: int = 0
    partitions: list[Where] = field(default_factory=list)
    decided: Status | None = None


class MemoryLog:
    """All partitions, and the coordinator of transactions."""

    def __init__(self) -> None:
        self.partitions: defaultdict[Where, Partition] = defaultdict(Partition)
        self._transactions: defaultdict[str, Transaction] = defaultdict(Transaction)

    def initialise(self, producer: str) -> int:
        """Fence whoever came before, settle what it left; the new epoch."""
        found = self._transactions[producer]
        found.epoch += 1
        found.decided = found.decided or "aborted"
        self.write_markers(producer)
        return found.epoch

    def is_current(self, producer: str, epoch: int) -> bool:
        return self._transactions[producer].epoch == epoch

    def append(self, producer: str, where: Where, key: bytes | None, value: bytes | None) -> int:
        """Write a record of the producer's open transaction; its offset."""
        found = self._transactions[producer]
        if where not in found.partitions:
            found.partitions.append(where)
        self.partitions[where].entries.append(Entry(key, value, producer, "open"))
        return self.partitions[where].end - 1

    def decide(self, producer: str, status: Status) -> None:
        """What the coordinator has written down cannot be undone, though no marker is there yet."""
        self._transactions[producer].decided = status

    def write_marker(self, producer: str) -> bool:
        """The next marker of what was decided; False where there is none left."""
        found = self._transactions[producer]
        if not found.partitions:
            found.decided = None
            return False
        assert found.decided is not None, "markers follow a decision"
        self.partitions[found.partitions.pop(0)].mark(producer, found.decided)
        return True

    def write_markers(self, producer: str) -> None:
        while self.write_marker(producer):
            pass

    def forget(self, producer: str) -> None:
        """The coordinator calls the transaction complete, and its markers were never written (KAFKA-20734)."""
        found = self._transactions[producer]
        found.partitions, found.decided = [], None

    def feed(self, where: Where, key: bytes, value: bytes, *, status: Status = "committed") -> None:
        """A record of somebody else, of a transaction of its own: its marker takes an offset, too."""
        self.partitions[where].entries.append(Entry(key, value, "feed", "open"))
        self.partitions[where].mark("feed", status)
