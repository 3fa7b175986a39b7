"""Typed stores over a byte-keyed table, with the writes of one run held back until its checkpoint.

Free of I/O of its own: the table behind it is RocksDB in an agent, a sorted dictionary in tests and replays.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any, Protocol, TypeVar, cast

from schemas.codec import Codec
from schemas.records import Record
from topology.stages import Store

R = TypeVar("R", bound=Record)

_AFTER_ANY_KEY = b"\xff"
"""Keys are UTF-8, in which this byte never occurs: a prefix and this is greater than every key below the prefix."""


class KeyValueTable(Protocol):
    """Bytes to bytes, ordered by key: what a run reads."""

    def get(self, key: bytes) -> bytes | None: ...

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key begins with `prefix`, in order of key."""
        ...


class MemoryTable:
    """A KeyValueTable in memory, for tests and replays."""

    def __init__(self) -> None:
        self._rows: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []

    def get(self, key: bytes) -> bytes | None:
        return self._rows.get(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        at = bisect_left(self._keys, prefix)
        while at < len(self._keys) and self._keys[at].startswith(prefix):
            yield self._keys[at], self._rows[self._keys[at]]
            at += 1

    def write(self, changes: dict[bytes, bytes | None]) -> None:
        """Apply a run's changes; None deletes."""
        for key, value in changes.items():
            if value is None:
                if self._rows.pop(key, None) is not None:
                    del self._keys[bisect_left(self._keys, key)]
            else:
                if key not in self._rows:
                    insort(self._keys, key)
                self._rows[key] = value


class RunStores:
    """The stores as one run sees them: the table, under this run's own writes.

    Values are decoded once a run and encoded once, at its end, however often they change in between. A scan costs
    what lies below its prefix, and reads the table for it once a run.
    """

    def __init__(self, table: KeyValueTable, codec: Codec) -> None:
        self._table = table
        self._codec = codec
        self._seen: dict[bytes, Record | None] = {}
        self._ordered: list[bytes] = []
        self._unordered: list[bytes] = []
        self._scanned: set[bytes] = set()
        self._written: set[bytes] = set()

    def get(self, store: Store[R], key: str) -> R | None:
        row = self._row_key(store, key)
        if row not in self._seen:
            stored = self._table.get(row)
            self._see(row, None if stored is None else self._codec.decode(stored, store.record))
        return cast("R | None", self._seen[row])

    def put(self, store: Store[R], key: str, value: R) -> None:
        self._write(self._row_key(store, key), value)

    def delete(self, store: Store[R], key: str) -> None:
        if self.get(store, key) is not None:
            self._write(self._row_key(store, key), None)

    def scan(self, store: Store[R], prefix: str) -> Iterator[tuple[str, R]]:
        start = self._row_key(store, prefix)
        if start not in self._scanned:
            self._load(store, start)
        cut = len(store.prefix) + 1
        for row in self._seen_below(start):
            value = self._seen[row]
            if value is not None:
                yield row[cut:].decode(), cast("R", value)

    def written(self, store: Store[R]) -> Iterator[tuple[str, R | None]]:
        start = self._row_key(store, "")
        for row in sorted(row for row in self._written if row.startswith(start)):
            yield row[len(start) :].decode(), cast("R | None", self._seen[row])

    def changes(self) -> dict[bytes, bytes | None]:
        """What this run changed, encoded: the records of the changelog and the rows of the table. None deletes."""
        return {
            row: None if (value := self._seen[row]) is None else self._codec.encode(value)
            for row in sorted(self._written)
        }

    def _see(self, row: bytes, value: Record | None) -> None:
        if row not in self._seen:
            self._unordered.append(row)
        self._seen[row] = value

    def _write(self, row: bytes, value: Record | None) -> None:
        self._see(row, value)
        self._written.add(row)

    def _load(self, store: Store[Any], start: bytes) -> None:
        for row, stored in self._table.scan(start):
            if row not in self._seen:
                self._see(row, self._codec.decode(stored, store.record))
        self._scanned.add(start)

    def _seen_below(self, start: bytes) -> list[bytes]:
        for row in self._unordered:
            insort(self._ordered, row)
        self._unordered.clear()
        first = bisect_left(self._ordered, start)
        return self._ordered[first : bisect_left(self._ordered, start + _AFTER_ANY_KEY, lo=first)]

    @staticmethod
    def _row_key(store: Store[Any], key: str) -> bytes:
        return f"{store.prefix}/{key}".encode()
