"""The PostgreSQL sink: a batch and the position it reaches in one transaction, rows by COPY and a versioned upsert.

One connection, for one thread; only `prepare` may be called beside it. What a row holds is decided in `rows`, its bytes
in `copying`, what a statement says in `statements.sql`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sinks.ports import Batch, Fenced, Partition, PoisonRecord, Received, SinkRecord
from sinks.postgres.copying import TableCopy, copy_of
from sinks.postgres.refusals import first_refused
from sinks.postgres.rows import Row, rows_of
from sinks.postgres.schemas import schema_of
from sinks.postgres.statements import statements
from sinks.postgres.tables import TABLES, Table
from topology.errors import Misconfigured, Retryable
from topology.generations import FIRST, name_of, topic_of

RETRY_AFTER_SECONDS = 0.5
SESSION = {
    "statement_timeout": "30s",
    # A process frozen inside a transaction would hold its offset rows, and so keep the next owner waiting for ever.
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "15s",
}
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

PASSING = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.ReadOnlySqlTransaction,  # a fail-over is under way
)

_QUOTED_VALUE = re.compile(r': ".*')
_REFUSED = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


Connect: TypeAlias = Callable[..., psycopg.Connection[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """What this process knows of a partition it owns: under which epoch, and up to where it has written."""

    epoch: int
    next_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied(Batch):
    """A batch with the rows it gives, as COPY takes them."""

    copies: tuple[TableCopy, ...]


class PostgresSink:
    """A `sinks.ports.Sink` that keeps positions under the name `sink`.

    It lands the memory of one generation, in that generation's tables; two sinks of one name fence each other, whatever
    their consumer groups. Another sink of this database says which tables are its own, and what rows they get.
    """

    tables: ClassVar[tuple[Table[Any], ...]] = TABLES

    def __init__(
        self, url: str, *, sink: str, generation: int = FIRST, connect: Connect = psycopg.Connection.connect
    ) -> None:
        self._url = url
        self._connect_to = connect
        self._sink = sink
        self._generation = generation
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._owned: dict[Partition, Owned] = {}

    def start(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """As the port says. Raises Misconfigured where the generation has no tables."""
        with self._transaction() as connection:
            wanted = {"sink": self._sink, "generation": self._generation, **self._names(partitions)}
            found = connection.execute(statements()["claim_positions"], wanted).fetchall()
        self._owned = {
            Partition(topic=name_of(topic), number=number): Owned(epoch=epoch, next_offset=next_offset)
            for topic, number, next_offset, epoch in found
        }
        return {partition: owned.next_offset for partition, owned in self._owned.items()}

    def prepare(self, batch: Batch) -> Batch:
        """With its rows as bytes; as it is where some record does not fit, which is for `write` to find again."""
        try:
            return self._copied(batch)
        except (PoisonRecord, *_REFUSED):
            return batch

    def write(self, batch: Batch) -> Mapping[str, int]:
        try:
            return self._write(batch if isinstance(batch, Copied) else self._copied(batch))
        except PoisonRecord as unfit:
            self._stand_at(batch, unfit)
            raise
        except _REFUSED as error:
            found = first_refused(len(batch.records), lambda count: self._trial(batch.records[:count]))
            # without their details, which quote what a person said
            if found is None:
                raise type(error)(_first_line(error)) from None
            at, (table, refusal) = found
            poison = _poison(batch.records[at], table, refusal)
            self._stand_at(batch, poison)
            raise poison from None

    def _copied(self, batch: Batch) -> Copied:
        rows = self._rows(batch.records)
        return Copied(
            records=batch.records,
            progress=batch.progress,
            received=batch.received,
            copies=tuple(copy_of(table, rows[table.name]) for table in self.tables if table.name in rows),
        )

    def _rows(self, records: Sequence[SinkRecord]) -> dict[str, list[Row]]:
        """The rows of records by table. Raises PoisonRecord."""
        return rows_of(records, self._generation)

    def _write(self, batch: Copied) -> Mapping[str, int]:
        with self._transaction() as connection:
            if self._advance(connection, batch.progress):
                self._land(connection, batch.copies)
                self._count(connection, batch.received)
        for partition, next_offset in batch.progress.items():
            self._owned[partition] = Owned(epoch=self._owned[partition].epoch, next_offset=next_offset)
        return {copy.table.name: copy.rows for copy in batch.copies}

    def _stand_at(self, batch: Batch, poison: PoisonRecord) -> None:
        """Land what comes before the record. Raises PoisonRecord for an earlier one, and stands at that."""
        poison.rows = self.write(batch.before(batch.index_of(poison.position)))

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _advance(self, connection: psycopg.Connection[Any], progress: Mapping[Partition, int]) -> bool:
        """Move the positions. False where this batch is committed already. Raises Fenced."""
        owned = [self._owned[partition] for partition in progress]
        moved = {
            "sink": self._sink,
            **self._names(progress),
            "epochs": [one.epoch for one in owned],
            "expected": [one.next_offset for one in owned],
            "next": list(progress.values()),
        }
        advanced = connection.execute(statements()["advance_positions"], moved).rowcount
        if advanced == len(progress):
            return True
        if advanced == 0 and connection.execute(statements()["count_advanced"], moved).fetchone() == (len(progress),):
            return False
        raise Fenced(f"{len(progress) - advanced} of {', '.join(map(str, progress))} belong to another process now")

    def _land(self, connection: psycopg.Connection[Any], copies: Iterable[TableCopy]) -> None:
        for copy in copies:
            self._land_table(connection, copy)

    def _land_table(self, connection: psycopg.Connection[Any], copy: TableCopy) -> None:
        self._stage(connection, copy)
        last = copy.table.last if copy.takes_words else ()
        for statement in filter(None, (copy.table.first, "upsert_rows", *last)):
            connection.execute(_compose(statement, copy.table))

    def _stage(self, connection: psycopg.Connection[Any], copy: TableCopy) -> None:
        with connection.cursor() as cursor, cursor.copy(_compose("copy_rows", copy.table)) as sending:
            sending.write(copy.data)

    def _count(self, connection: psycopg.Connection[Any], received: Mapping[Received, int]) -> None:
        if received:
            counted = {
                "tenants": [one.tenant_id for one in received],
                "partitions": [one.partition for one in received],
                "hours": [one.hour for one in received],
                "records": list(received.values()),
            }
            connection.execute(statements()["count_received"], counted)

    def _trial(self, records: Sequence[SinkRecord]) -> tuple[str, psycopg.Error] | None:
        """Whether PostgreSQL takes the records, and which table does not; whatever it says, it is taken back."""
        table = ""
        try:
            with self._transaction(undo=True) as connection:
                rows = self._rows(records)
                for each in (one for one in self.tables if one.name in rows):
                    table = each.name
                    self._land_table(connection, copy_of(each, rows[table]))
        except _REFUSED as error:
            return table, error
        return None

    @contextmanager
    def _transaction(self, *, undo: bool = False) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """One transaction. Raises Retryable, with the connection dropped, where the server or the way to it fails."""
        try:
            connection = self._connection or self._connect()
            with connection.transaction(force_rollback=undo):
                yield connection
        except _REFUSED:
            raise
        except PASSING as error:
            self.stop()
            raise Retryable(f"PostgreSQL: {error}", retry_after_seconds=RETRY_AFTER_SECONDS) from error

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        session = SESSION | {"search_path": f"{schema_of(self._generation)},public"}
        options = " ".join(f"-c {name}={value}" for name, value in session.items())
        own = {"application_name": self._sink, "client_encoding": "UTF8", "options": options}
        target = make_conninfo(self._url, **own, **PATIENCE)
        connection = self._connection = self._connect_to(target, autocommit=True)
        self._require_tables(connection)
        for table in self.tables:
            connection.execute(_compose("create_staging", table))
        return connection

    def _require_tables(self, connection: psycopg.Connection[Any]) -> None:
        """Else the views over the generation that answers would be found in their place."""
        if connection.execute("SELECT to_regnamespace(%s)", [schema_of(self._generation)]).fetchone() == (None,):
            self.stop()
            raise Misconfigured(
                f"PostgreSQL has no tables for generation {self._generation}: run `python -m sinks migrate`, and for a "
                f"later one `python -m sinks generations create {self._generation}`"
            )

    def _names(self, partitions: Collection[Partition]) -> dict[str, object]:
        """Partitions as the brokers know them."""
        topics = [topic_of(partition.topic, self._generation) for partition in partitions]
        return {"topics": topics, "partitions": [partition.number for partition in partitions]}


def _first_line(error: psycopg.Error) -> str:
    """What is wrong, without the value that is, which may be what a person said."""
    return _QUOTED_VALUE.sub("", str(error).partition("\n")[0])


def _poison(record: SinkRecord, table: str, refusal: psycopg.Error) -> PoisonRecord:
    return PoisonRecord(record.position, f"refused by table {table}: {_first_line(refusal)}", key=record.key)


def _compose(statement: str, table: Table[Any]) -> sql.Composed:
    """A statement of `statements.sql` about one table."""
    changed = [name for name in table.types if name not in table.key]
    return sql.SQL(statements()[statement]).format(
        table=sql.Identifier(table.name),
        staging=sql.Identifier(f"staging_{table.name}"),
        columns=_identifiers(table.types),
        key=_identifiers(table.key),
        changed=_identifiers(changed),
        excluded=sql.SQL(", ").join(sql.Identifier("excluded", name) for name in changed),
    )


def _identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
