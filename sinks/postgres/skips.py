"""The decisions of operators about records that a sink cannot land, in PostgreSQL for every sink.

Connects, and imports the driver, when it is asked, which is when a record cannot be landed: others never need it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from schemas.records import Position
from sinks.postgres.statements import statements
from topology.errors import Retryable
from topology.generations import FIRST, topic_of
from topology.topics import TopicName

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 5
RETRY_AFTER_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """One decision."""

    sink: str
    topic: str
    partition: int
    offset: int
    reason: str
    skipped_by: str
    recorded_at: datetime
    passed: bool | None
    """Whether the sink is beyond the record; None where it keeps no positions in PostgreSQL."""


class PostgresSkips:
    """`sinks.ports.Skips` of one sink and generation. Every method raises Retryable."""

    def __init__(self, url: str, *, sink: str, generation: int = FIRST) -> None:
        self._url = url
        self._sink = sink
        self._generation = generation

    def reason_for(self, position: Position) -> str | None:
        with self._connection() as connection:
            row = connection.execute(statements()["reason_to_skip"], self._at(position)).fetchone()
        return None if row is None else str(row[0])

    def record(self, position: Position, *, reason: str, by: str) -> bool:
        """Write a decision down. False where there is one for the record already, which stands."""
        with self._connection() as connection:
            decision = {**self._at(position), "reason": reason, "by": by}
            return connection.execute(statements()["record_skip"], decision).rowcount == 1

    def passed(self, position: Position) -> bool:
        """Whether the sink is known to be beyond the record."""
        with self._connection() as connection:
            row = connection.execute(statements()["position"], self._at(position)).fetchone()
        return row is not None and int(row[0]) > position.offset

    def every(self) -> list[Skip]:
        """The decisions of all sinks."""
        from psycopg.rows import class_row

        with self._connection() as connection, connection.cursor(row_factory=class_row(Skip)) as cursor:
            return cursor.execute(statements()["list_skips"]).fetchall()

    def _at(self, position: Position) -> dict[str, object]:
        topic = topic_of(TopicName(position.topic), self._generation)
        where = {"topic": topic, "partition": position.partition, "offset": position.offset}
        return {"sink": self._sink, **where}

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        import psycopg

        try:
            with psycopg.connect(self._url, connect_timeout=CONNECT_SECONDS) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise Retryable(f"PostgreSQL: {error}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
