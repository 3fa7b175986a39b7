"""The databases that a sink may land in, each with a way to open a sink on it and to look at what is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import psycopg
import redis
from psycopg import sql
from psycopg.rows import args_row

from schemas.ids import TenantId
from sinks.embeddings.hashing import Hashing
from sinks.embeddings.models import Models
from sinks.embeddings.rows import MESSAGE_VECTORS
from sinks.embeddings.writer import VectorSink
from sinks.memory import MemorySink, MemoryStore
from sinks.ports import Received, Sink
from sinks.postgres.tables import TABLES
from sinks.postgres.writer import PostgresSink
from sinks.redis.keys import PREFIX
from sinks.redis.writer import RedisSink

SINK: Final = "sink-under-test"


class Site(Protocol):
    """A database under test."""

    keeps_positions: bool
    signs: tuple[str, ...]
    """What shows, in the printed contents, that a life of messages has landed; the first, that Porto has."""

    def sink(self) -> Sink:
        """A sink as a process that has just started would make it."""
        ...

    def contents(self) -> dict[str, Any]:
        """All that is there, positions aside, in a form that can be compared and printed."""
        ...

    def received(self) -> Mapping[Received, int]:
        """The counts of input records, where the sink keeps positions."""
        ...

    def wipe(self) -> None:
        """Leave it as it was made."""
        ...


class MemorySite:
    keeps_positions = True
    signs: tuple[str, ...] = ("Porto", "Faro")

    def __init__(self) -> None:
        self._store = MemoryStore()

    def sink(self) -> Sink:
        return MemorySink(self._store)

    def contents(self) -> dict[str, Any]:
        return {str(row): landed for row, landed in sorted(self._store.rows.items())}

    def received(self) -> Mapping[Received, int]:
        return self._store.received

    def wipe(self) -> None:
        self._store = MemoryStore()


class PostgresSite:
    keeps_positions = True
    signs: tuple[str, ...] = ("Porto", "Faro")

    def __init__(self, url: str) -> None:
        self.url = url

    def sink(self) -> Sink:
        return PostgresSink(self.url, sink=SINK)

    def contents(self) -> dict[str, Any]:
        with psycopg.connect(self.url) as connection:
            return {table.name: self._rows(connection, table.name, table.types) for table in TABLES}

    def received(self) -> Mapping[Received, int]:
        with psycopg.connect(self.url) as connection, connection.cursor(row_factory=args_row(_counted)) as cursor:
            return dict(cursor.execute("SELECT tenant_id, partition, hour, records FROM events_received").fetchall())

    def ask(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a query; none where it gives none."""
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(query.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def wipe(self) -> None:
        names = sql.SQL(", ").join(sql.Identifier(table.name) for table in TABLES)
        with psycopg.connect(self.url, options="-c search_path=generation_1,public") as connection:
            connection.execute(sql.SQL("TRUNCATE {}, sink_offsets, sink_skips, events_received").format(names))

    @staticmethod
    def _rows(connection: psycopg.Connection[Any], table: str, columns: dict[str, str]) -> list[tuple[Any, ...]]:
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        every = sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier(table))
        return sorted(connection.execute(every).fetchall(), key=repr)

    def positions(self) -> dict[tuple[str, int], int]:
        with psycopg.connect(self.url) as connection:
            found = connection.execute("SELECT topic, partition, next_offset FROM sink_offsets").fetchall()
        return {(topic, number): next_offset for topic, number, next_offset in found}


class VectorSite(PostgresSite):
    """The vectors of `hashing@1` in a migrated database."""

    signs: tuple[str, ...] = ("'m1', '[",)

    def sink(self) -> Sink:
        Models(url=self.url).create(Hashing.name)
        return VectorSink(self.url, sink=SINK, embedder=Hashing())

    def contents(self) -> dict[str, Any]:
        names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in MESSAGE_VECTORS.types)
        with psycopg.connect(self.url) as connection:
            found = connection.execute(sql.SQL("SELECT {} FROM message_vectors").format(names)).fetchall()
        return {"message_vectors": sorted(found, key=repr)}

    def wipe(self) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute("TRUNCATE message_vectors, sink_offsets, events_received")


class RedisSite:
    keeps_positions = False
    signs: tuple[str, ...] = ("Porto", "Faro")

    def __init__(self, url: str, generation: int) -> None:
        self._url = url
        self._generation = generation
        self.client = redis.Redis.from_url(url, decode_responses=True)

    def sink(self) -> Sink:
        return RedisSink(self._url, ttl_seconds=60, generation=self._generation, turns_generation=self._generation)

    def contents(self) -> dict[str, Any]:
        return {key: self.client.hgetall(key) for key in sorted(self._keys())}

    def received(self) -> Mapping[Received, int]:
        return {}

    def wipe(self) -> None:
        for key in self._keys():
            self.client.delete(key)

    def _keys(self) -> list[str]:
        return list(self.client.scan_iter(f"{PREFIX}:{self._generation}:*"))


def _counted(tenant_id: TenantId | None, partition: int, hour: datetime, records: int) -> tuple[Received, int]:
    return Received(tenant_id=tenant_id, partition=partition, hour=hour.astimezone(UTC)), records
