"""Typed stores over a byte-keyed table, with the writes of one run held back until its checkpoint.

Free of I/O of its own: the table behind it is RocksDB in an agent, a sorted dictionary in tests and replays.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, Final, Protocol, TypeVar, cast

from schemas.codec import Codec
from schemas.records import Record
from topology.stages import Store

R = TypeVar("R", bound=Record)


UNSEEN: Final = object()

RECENT_ROWS: Final = 500
"""Of a store and lane; at the most twice as many, and a run's. A conversation's row may hold 131,072 characters."""


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


class _Recent:
    """Rows of one store, by key; what was not touched for long is forgotten, half of all at a time."""

    __slots__ = ("old", "young")

    def __init__(self) -> None:
        self.young: dict[str, Record | None] = {}
        self.old: dict[str, Record | None] = {}

    def get(self, key: str) -> Record | object | None:
        value = self.young.get(key, UNSEEN)
        return self.old.get(key, UNSEEN) if value is UNSEEN else value

    def keep(self, rows: Mapping[str, Record | None], most: int) -> None:
        self.young.update(rows)
        if len(self.young) > most:
            self.young, self.old = {}, self.young


class RecentRows:
    """Decoded rows as the latest checkpoints left a table, so that the next runs neither read nor decode them again.

    Right as long as nobody else writes the table; clear it when in doubt.
    """

    def __init__(self, most: int = RECENT_ROWS) -> None:
        self._most = most
        self._stores: dict[str, _Recent] = {}

    def of(self, prefix: str) -> _Recent:
        return self._stores.setdefault(prefix, _Recent())

    def keep(self, stores: RunStores) -> None:
        """The rows that a run has seen, once what it changed stands in the table."""
        for prefix, rows in stores.seen():
            self.of(prefix).keep(rows, self._most)

    def clear(self) -> None:
        self._stores.clear()


class _Rows:
    """The rows of one store that a run has seen, by key: read, put or deleted (None)."""

    __slots__ = ("decode", "fresh", "ordered", "recent", "scanned", "seen", "start", "written")

    def __init__(self, store: Store[Any], codec: Codec, recent: _Recent) -> None:
        self.recent = recent
        self.start = f"{store.prefix}/".encode()
        self.decode = codec.decoder(store.record)
        self.seen: dict[str, Record | None] = {}
        self.written: set[str] = set()
        self.scanned: set[str] = set()
        self.ordered: list[str] = []
        self.fresh: list[str] = []
        """Seen since the keys were last put in order, which only a scan needs."""

    def see(self, key: str, value: Record | None) -> None:
        if key not in self.seen:
            self.fresh.append(key)
        self.seen[key] = value

    def below(self, prefix: str) -> list[str]:
        """Keys that begin with `prefix`, in order: texts are ordered as their UTF-8 bytes are."""
        for key in self.fresh:
            insort(self.ordered, key)
        self.fresh.clear()
        first, size = bisect_left(self.ordered, prefix), len(prefix)
        return self.ordered[first : bisect_right(self.ordered, prefix, lo=first, key=lambda key: key[:size])]


class RunStores:
    """The stores as one run sees them: the table, under this run's own writes.

    Values are decoded once a run and encoded once, at its end, however often they change in between. A scan costs
    what lies below its prefix, and reads the table for it once a run.
    """

    def __init__(self, table: KeyValueTable, codec: Codec, recent: RecentRows | None = None) -> None:
        self._table = table
        self._codec = codec
        self._recent = RecentRows() if recent is None else recent
        self._stores: dict[str, _Rows] = {}
        """By prefix."""

    def get(self, store: Store[R], key: str) -> R | None:
        rows = self._stores.get(store.prefix) or self._open(store)
        value = rows.seen.get(key, UNSEEN)
        return cast("R | None", self._fetch(rows, key) if value is UNSEEN else value)

    def put(self, store: Store[R], key: str, value: R) -> None:
        rows = self._stores.get(store.prefix) or self._open(store)
        if key not in rows.seen:
            rows.fresh.append(key)
        rows.seen[key] = value
        rows.written.add(key)

    def delete(self, store: Store[R], key: str) -> None:
        if self.get(store, key) is not None:
            rows = self._stores[store.prefix]
            rows.seen[key] = None
            rows.written.add(key)

    def scan(self, store: Store[R], prefix: str) -> Iterator[tuple[str, R]]:
        rows = self._stores.get(store.prefix) or self._open(store)
        if prefix not in rows.scanned:
            self._load(rows, prefix)
        for key in rows.below(prefix):
            value = rows.seen[key]
            if value is not None:
                yield key, cast("R", value)

    def written(self, store: Store[R]) -> Iterator[tuple[str, R | None]]:
        rows = self._stores.get(store.prefix) or self._open(store)
        for key in sorted(rows.written):
            yield key, cast("R | None", rows.seen[key])

    def changes(self) -> dict[bytes, bytes | None]:
        """What this run changed, encoded: the records of the changelog and the rows of the table. None deletes."""
        encode = self._codec.encode
        changed = [
            (rows.start + key.encode(), None if (value := rows.seen[key]) is None else encode(value))
            for rows in self._stores.values()
            for key in rows.written
        ]
        return dict(sorted(changed, key=itemgetter(0)))

    def seen(self) -> Iterator[tuple[str, Mapping[str, Record | None]]]:
        """The rows that this run has seen, as they stand now, by the prefix of their store."""
        for prefix, rows in self._stores.items():
            yield prefix, rows.seen

    def _open(self, store: Store[Any]) -> _Rows:
        return self._stores.setdefault(store.prefix, _Rows(store, self._codec, self._recent.of(store.prefix)))

    def _fetch(self, rows: _Rows, key: str) -> Record | None:
        value = rows.recent.get(key)
        if value is UNSEEN:
            stored = self._table.get(rows.start + key.encode())
            value = None if stored is None else rows.decode(stored)
        known = cast("Record | None", value)
        rows.see(key, known)
        return known

    def _load(self, rows: _Rows, prefix: str) -> None:
        for row, stored in self._table.scan(rows.start + prefix.encode()):
            key = row[len(rows.start) :].decode()
            if key not in rows.seen:
                known = rows.recent.get(key)
                rows.see(key, rows.decode(stored) if known is UNSEEN else cast("Record | None", known))
        rows.scanned.add(prefix)
