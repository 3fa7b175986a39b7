"""The tables of generations, and the pointer to the one that answers.

One connection a call. Raises Retryable where PostgreSQL is away, Misconfigured where it lacks what is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from sinks.postgres.schemas import schema_of
from topology.errors import Misconfigured, Retryable
from topology.generations import Serving, topic_of
from topology.topics import TOPICS

CONNECT_SECONDS: Final = 5
SWAP_SECONDS: Final = 60.0
SWAP_LOCK: Final = "200ms"
"""A reader may hold one view and wait for another; whoever moves the pointer gives way, well before PostgreSQL looks
for deadlocks (1 s), and tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generations:
    """Of the database at `url`."""

    url: str

    def create(self, number: int) -> bool:
        """Make its tables as those of the one that serves; False where they are there."""
        with self._connection() as connection:
            made = _one(connection, "SELECT create_generation(%s) AS made", number)
            return bool(made["made"])

    def serving(self) -> Serving:
        with self._connection() as connection:
            found = _one(connection, "SELECT number, direct FROM serving_generation")
        return Serving(number=found["number"], direct=found["direct"])

    def serve(self, serving: Serving, extractor: str | None) -> None:
        """Let the views show it, at one moment for all of them."""
        retrying = Retrying(
            retry=retry_if_exception_type(psycopg.errors.LockNotAvailable),
            wait=wait_random_exponential(multiplier=0.05, max=1.0),
            stop=stop_after_delay(SWAP_SECONDS),
            reraise=True,
        )
        try:
            retrying(self._swap, serving, extractor)
        except psycopg.errors.LockNotAvailable as error:
            raise Retryable("PostgreSQL: the views are in use all the time", retry_after_seconds=5) from error

    def drop(self, number: int) -> None:
        """Remove its tables, and how far sinks were with its topics; harmless where that is done."""
        topics = [topic_of(topic.name, number) for topic in TOPICS if topic.of_generation]
        with self._connection() as connection:
            if _one(connection, "SELECT number FROM serving_generation FOR UPDATE")["number"] == number:
                raise Misconfigured(f"generation {number} serves: promote another one first")
            schema = sql.Identifier(schema_of(number))
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
            connection.execute("DELETE FROM sink_offsets WHERE topic = ANY(%s)", [topics])

    def _swap(self, serving: Serving, extractor: str | None) -> None:
        with self._connection() as connection:
            connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(SWAP_LOCK))
            arguments = (serving.number, serving.direct, extractor)
            connection.execute("SELECT serve_generation(%s, %s, %s)", arguments)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """A transaction."""
        try:
            with psycopg.connect(self.url, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as connection:
                yield connection
        except psycopg.errors.LockNotAvailable:
            raise
        except psycopg.OperationalError as error:
            raise Retryable(f"PostgreSQL: {error}", retry_after_seconds=5) from error
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
            raise Misconfigured("PostgreSQL knows no generations: run `python -m sinks migrate`") from error
        except psycopg.errors.InvalidSchemaName as error:
            raise Misconfigured(f"PostgreSQL has no tables of that generation: {error}") from error


def _one(
    connection: psycopg.Connection[dict[str, Any]], statement: LiteralString, *parameters: object
) -> dict[str, Any]:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None, "these statements give a row"
    return row
