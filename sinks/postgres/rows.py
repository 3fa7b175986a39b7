"""Records to rows: one record gives one row to each table that follows its topic.

Free of I/O, and pure. A tombstone gives a row as well: its key, its flag and its version, and nothing of what was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias
from uuid import UUID

from schemas.keys import split_key
from schemas.records import Record
from sinks.ports import PoisonRecord, SinkRecord
from sinks.postgres.tables import TABLES, Table
from sinks.projections import newest

Row: TypeAlias = tuple[object, ...]
"""Values in the order of `Table.types`."""


def rows_of(records: Iterable[SinkRecord], generation: int) -> dict[str, list[Row]]:
    """The rows of a batch by table, one a primary key: the newest. Tables without rows are left out.

    Raises PoisonRecord, naming the record that does not fit its table.
    """
    grouped: dict[str, list[SinkRecord]] = {}
    for record in records:
        grouped.setdefault(record.position.topic, []).append(record)
    projected = {
        table.name: _newest_rows(table, grouped[table.topic], generation) for table in TABLES if table.topic in grouped
    }
    return {name: rows for name, rows in projected.items() if rows}


def row_of(table: Table[Any], record: SinkRecord, generation: int) -> Row:
    """The record as a row of `table`. Raises PoisonRecord."""
    try:
        values = _gone(table, record) if record.value is None else values_of(table, record.value)
    except ValueError as error:
        raise PoisonRecord(record.position, f"does not fit table {table.name}: {error}", key=record.key) from error
    return (*values, generation, record.position.offset)


def _newest_rows(table: Table[Any], records: Iterable[SinkRecord], generation: int) -> list[Row]:
    rows = (row_of(table, record, generation) for record in records)
    return list(newest(rows, _KEYS[table.name]).values())


def values_of(table: Table[Any], record: Record) -> Row:
    values = _PROJECTIONS[table.name](record)
    return (*values, False) if table.gone else tuple(values)


def _projection(table: Table[Any]) -> Callable[[Record], list[object]]:
    """The values of a record's columns: all fields in one call of C, then the few that are computed in their places."""
    some_field = next(column.path for column in table.columns if column.path)
    fields = attrgetter(*(column.path or some_field for column in table.columns))
    computed = [(at, column.of) for at, column in enumerate(table.columns) if not column.path]

    def project(record: Record) -> list[object]:
        values = list(fields(record))
        for at, of in computed:
            values[at] = of(record)
        return values

    return project


def _key(table: Table[Any]) -> Callable[[Row], object]:
    names = list(table.types)
    return itemgetter(*map(names.index, table.key))


_PROJECTIONS = {table.name: _projection(table) for table in TABLES}
_KEYS = {table.name: _key(table) for table in TABLES}


def _gone(table: Table[Any], record: SinkRecord) -> Row:
    """A tombstone's row: what its Kafka key names, when it came, and the flag."""
    if table.gone is None:
        raise ValueError(f"{table.topic} has no tombstones")
    parts = split_key(record.key)
    known: dict[str, object] = dict(zip(table.named, parts, strict=True)) | dict.fromkeys(
        table.stamped, record.timestamp
    )
    return (*(_typed(known.get(column.name), column.type) for column in table.columns), True)


def _typed(value: object, type_name: str) -> object:
    return UUID(value) if type_name == "uuid" and isinstance(value, str) else value
