"""One partition of an agent's table: RocksDB, and the marks that say how far it has come.

Reads and writes the local database and nothing else. A RocksDB that lags behind the changelog is normal (a process died
between a commit and its local write) and is caught up before use; one that is ahead of it holds a lost commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Final

from rocksdict import Rdict, WriteBatch

from schemas.codec import Codec
from schemas.state import Positions

POSITIONS_KEY: Final = b"\x00positions"
"""Reserved key of the changelog and of the table: `Positions`. Sorts before every store, whose prefixes are letters."""

APPLIED_KEY: Final = b"\x00applied"
"""Only in RocksDB: the changelog offset of the last checkpoint it took part in, in decimal."""

_AFTER_EVERY_KEY: Final = b"\xff"
"""No key begins with it: stores' keys are UTF-8, reserved ones begin with NUL."""


class PartitionTable:
    """The rows of one partition number; implements `streams.stores.KeyValueTable`.

    What RocksDB raises where the database is closed or the disk is full passes through.
    """

    def __init__(self, database: Rdict, codec: Codec) -> None:
        self._database = database
        self._codec = codec

    def get(self, key: bytes) -> bytes | None:
        value: bytes | None = self._database.get(key)
        return value

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        rows: Iterator[tuple[bytes, bytes]] = iter(self._database.items(from_key=prefix))  # type: ignore[arg-type]
        yield from takewhile(lambda row: row[0].startswith(prefix), rows)

    @property
    def applied_offset(self) -> int | None:
        """Changelog offset of the last record that is in this database; None in an empty one."""
        stored = self._database.get(APPLIED_KEY)
        return None if stored is None else int(stored)

    @property
    def next_offsets(self) -> Mapping[str, int]:
        """Where to read on, by input topic; empty before the first checkpoint."""
        stored = self._database.get(POSITIONS_KEY)
        return {} if stored is None else self._codec.decode(stored, Positions).next_offsets

    @property
    def readability(self) -> tuple[int, ...]:
        """Which of the last records could be read; see `streams.processors.poison_limit`."""
        stored = self._database.get(POSITIONS_KEY)
        return () if stored is None else self._codec.decode(stored, Positions).readability

    def apply(self, changes: Mapping[bytes, bytes | None], applied_offset: int) -> None:
        """Write a checkpoint's changes and its mark, all or nothing. A change to None deletes."""
        batch = WriteBatch(raw_mode=True)
        for key, value in changes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(APPLIED_KEY, str(applied_offset).encode())
        self._database.write(batch)

    def close(self) -> None:
        """Let go of the database, so that it can be opened again: RocksDB lets one handle live at a time."""
        del self._database

    def wipe(self) -> None:
        """Empty the database, so that the next restore rebuilds it from the start of the changelog."""
        self._database.delete_range(b"", _AFTER_EVERY_KEY)
