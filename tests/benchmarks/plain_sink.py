"""What `make bench-sink` holds the sink against: the loop that anybody would write, and the limit.

The plain loop has one thread and no positions of its own: fetch, decode, `executemany`, commit, tell the group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from itertools import groupby
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaException, Message
from psycopg import sql
from psycopg.types.json import Jsonb

from schemas.codec import Codec
from sinks.postgres.copying import TableCopy
from sinks.postgres.rows import Row, said
from sinks.postgres.tables import Table
from sinks.postgres.writer import PostgresSink
from topology.generations import FIRST
from topology.kafka import ClientConfig


class StraightCopy(PostgresSink):
    """Rows as they come into a table without constraints, indexes or generated columns: the limit."""

    def _land_table(self, connection: psycopg.Connection[Any], copy: TableCopy) -> None:
        columns = sql.SQL(", ").join(map(sql.Identifier, copy.table.types))
        plain = sql.Identifier(f"plain_{copy.table.name}")
        command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(plain, columns)
        with connection.cursor() as cursor, cursor.copy(command) as sending:
            sending.write(copy.data)


class PlainLoop:
    """`executemany` with the driver's own pipelining; a table a topic, whose record is the table's."""

    def __init__(self, url: str, codec: Codec, tables: Iterable[Table[Any]], *, batch_records: int) -> None:
        self._url = url
        self._codec = codec
        self._tables = {table.topic.value: table for table in tables}
        self._upserts = {topic: _upsert(table) for topic, table in self._tables.items()}
        self._batch_records = batch_records

    def run(self, config: ClientConfig, landed: Callable[[int], bool]) -> None:
        """Until `landed`, told of the records of each batch once they are durable, says that it is enough.

        It is told of none as well, when the first batch has been fetched.
        """
        with closing(Consumer(dict(config))) as consumer, psycopg.connect(self._url) as connection:
            consumer.subscribe(list(self._tables))
            enough = False
            while not enough:
                messages = consumer.consume(self._batch_records, 0.05)
                if messages:
                    landed(0)
                    self._land(connection, messages)
                    connection.commit()
                    consumer.commit(asynchronous=True)
                    enough = landed(len(messages))

    def _land(self, connection: psycopg.Connection[Any], messages: list[Message]) -> None:
        messages.sort(key=_topic)
        for topic, group in groupby(messages, key=_topic):
            row = partial(self._row, self._tables[topic])
            with connection.cursor() as cursor:
                cursor.executemany(self._upserts[topic], map(row, group))

    def _row(self, table: Table[Any], message: Message) -> Row:
        payload = message.value()
        assert payload is not None, "the benchmark sends no tombstones"
        offset = message.offset()
        assert offset is not None, "every message that was consumed has an offset"
        values = said(table, self._codec.decoder(table.record)(payload), FIRST, offset)
        kinds = zip(table.types.values(), values, strict=True)
        return tuple(Jsonb(value) if kind == "jsonb" else value for kind, value in kinds)


def _topic(message: Message) -> str:
    if (error := message.error()) is not None:
        raise KafkaException(error)
    return str(message.topic())


def _upsert(table: Table[Any]) -> sql.Composed:
    changed = [column for column in table.types if column not in table.key]
    return sql.SQL(
        "INSERT INTO {table} AS kept ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE "
        "SET ({changed}) = ROW ({excluded}) "
        "WHERE (kept.generation, kept.version_offset) < (excluded.generation, excluded.version_offset)"
    ).format(
        table=sql.Identifier(table.name),
        columns=sql.SQL(", ").join(map(sql.Identifier, table.types)),
        values=sql.SQL(", ").join(sql.SQL("%s::" + kind) for kind in table.types.values()),
        key=sql.SQL(", ").join(map(sql.Identifier, table.key)),
        changed=sql.SQL(", ").join(map(sql.Identifier, changed)),
        excluded=sql.SQL(", ").join(sql.Identifier("excluded", column) for column in changed),
    )
