"""Rows to the bytes of a binary COPY, without a connection: so they can be made while another batch is landed.

psycopg's own formatter makes them; it belongs to `Copy`, which wants a live connection, and is not public by itself.
`tests/integration/sinks/postgres/test_copying.py` holds the bytes against those of `Copy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import orjson
import psycopg
from psycopg import pq
from psycopg._copy_base import BinaryFormatter
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, Transformer
from psycopg.types import TypeInfo

from sinks.postgres.rows import Row
from sinks.postgres.tables import Table


class _Jsonb(Dumper):
    """Python's own encoder took a tenth of a row's time."""

    format = pq.Format.BINARY
    oid = psycopg.adapters.types["jsonb"].oid

    def dump(self, obj: object) -> bytes:
        return _JSONB_VERSION + orjson.dumps(obj)


class _TextArray(Dumper):
    """Reasons and redactions are few, and most rows have none: each list of them is made once."""

    format = pq.Format.BINARY
    oid = psycopg.adapters.types["text"].array_oid

    def dump(self, obj: Iterable[str]) -> Buffer | None:
        return _text_array(tuple(obj))


@lru_cache(maxsize=1_024)
def _text_array(texts: tuple[str, ...]) -> Buffer | None:
    usual = Transformer()
    usual.set_dumper_types([_TextArray.oid], pq.Format.BINARY)
    (made,) = usual.dump_sequence([list(texts)], [PyFormat.BINARY])
    return made


class _Halfvec(Dumper):
    """pgvector's, which the rows hold in its binary form already."""

    format = pq.Format.BINARY
    oid = 2_147_483_000  # no database's own, where it differs; a COPY sends none

    def dump(self, obj: Buffer) -> Buffer:
        return obj


class _Context:
    """What psycopg adapts values by: its own ways, but for the few above."""

    connection: None = None

    def __init__(self) -> None:
        self.adapters: Final = AdaptersMap(psycopg.adapters)
        self.adapters.register_dumper(None, _Jsonb)
        self.adapters.register_dumper(None, _TextArray)
        self.adapters.types.add(TypeInfo("halfvec", _Halfvec.oid, 0))
        self.adapters.register_dumper(None, _Halfvec)


_JSONB_VERSION: Final = b"\x01"
_CONTEXT: Final = _Context()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCopy:
    """The rows of one batch in one table, as COPY takes them."""

    table: Table[Any]
    rows: int
    data: bytes
    """A whole binary COPY: signature, rows, trailer."""
    takes_words: bool
    """Whether one is among them by which words are to leave a history."""


def copy_of(table: Table[Any], rows: list[Row]) -> TableCopy:
    """Raises psycopg.DataError for a value that has no bytes in its column's type; what the server minds, it says."""
    return TableCopy(table=table, rows=len(rows), data=_binary(table, rows), takes_words=_takes_words(table, rows))


def _binary(table: Table[Any], rows: Iterable[Row]) -> bytes:
    transformer = Transformer(_CONTEXT)
    transformer.set_dumper_types(_oids(table), pq.Format.BINARY)
    formatter = BinaryFormatter(transformer)
    try:
        parts = [formatter.write_row(row) for row in rows]
    except (ValueError, TypeError, OverflowError) as error:
        raise psycopg.DataError(f"a value that {table.name} cannot hold: {type(error).__name__}") from error
    return b"".join([*parts, formatter.end()])


@cache
def _oids(table: Table[Any]) -> list[int]:
    return [_CONTEXT.adapters.types.get_oid(name) for name in table.types.values()]


def _takes_words(table: Table[Any], rows: Iterable[Row]) -> bool:
    names = list(table.types)
    harmless = [(names.index(name), value) for name, value in table.harmless]
    return any(row[at] != value for row in rows for at, value in harmless)
