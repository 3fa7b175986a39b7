"""Rows as COPY takes them: made without a connection, and the same bytes that psycopg would have sent itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import psycopg
import pytest
from psycopg.abc import Buffer
from psycopg.copy import Writer
from psycopg.types.json import set_json_dumps

from schemas.ids import ItemId
from schemas.records import Record
from sinks.postgres.copying import copy_of
from sinks.postgres.rows import Row, rows_of
from sinks.postgres.tables import MESSAGES, TABLE_BY_NAME, Table
from sinks.postgres.writer import PostgresSink
from support.derived import NOON, Topics, a_life, batch_of, item, message
from support.sink_sites import SINK, PostgresSite


class Kept(Writer):
    """Sends nothing."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: Buffer) -> None:
        self.data += bytes(data)


def as_psycopg_sends(site: PostgresSite, table: Table[Any], rows: list[Row]) -> bytes:
    """By the public way: a copy of psycopg's own, on a connection that knows the types."""
    with psycopg.connect(site.url) as connection:
        set_json_dumps(orjson.dumps, connection)
        with psycopg.Copy(connection.cursor(), binary=True, writer=(kept := Kept())) as copy:
            copy.set_types(list(table.types.values()))
            for row in rows:
                copy.write_row(row)
    return kept.data


@pytest.mark.integration
def test_the_bytes_are_those_that_psycopg_sends(site: PostgresSite) -> None:
    """What would break with psycopg's private formatter: every sink, at its first batch."""
    life = a_life()
    life.append(replace(message("m1", "hullo"), edited_at=NOON))
    rows = rows_of(life.records, 1)
    assert rows.keys() == TABLE_BY_NAME.keys()
    for name, found in rows.items():
        table = TABLE_BY_NAME[name]
        assert copy_of(table, found).data == as_psycopg_sends(site, table, found), name


def a_row(**changed: object) -> Row:
    topics = Topics()
    topics.append(message("m1", "hello"))
    (row,) = rows_of(topics.records, 1)["messages"]
    return tuple(changed.get(name, value) for name, value in zip(MESSAGES.types, row, strict=True))


@pytest.mark.integration
@pytest.mark.parametrize("redactions", [[], ["payment_card"], ["a", "b", "a"], ['quoted, "and" {braced}', ""]])
def test_lists_of_texts_are_those_that_psycopg_sends(site: PostgresSite, redactions: list[str]) -> None:
    rows = [a_row(redactions=redactions)] * 2
    assert copy_of(MESSAGES, rows).data == as_psycopg_sends(site, MESSAGES, rows)


@pytest.mark.parametrize(
    "unfit",
    [
        replace(item("Porto"), superseded_by=ItemId("no uuid")),
        message("m1", "\ud800"),
        replace(message("m1", "a"), revision=2**63),
    ],
)
def test_what_cannot_be_landed_is_left_for_write_to_find(unfit: Record) -> None:
    topics = Topics()
    topics.append(unfit)
    batch = batch_of(topics.records)
    assert PostgresSink("", sink=SINK).prepare(batch) is batch
