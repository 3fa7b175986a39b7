"""The models that messages have vectors of: made, told about, switched, dropped.

One transaction a call. Raises Retryable where PostgreSQL is away or busy, Misconfigured where it lacks what is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import class_row, dict_row

from sinks.embeddings.ports import DIMENSIONS
from topology.errors import Misconfigured, Retryable
from topology.stages import EMBEDDINGS_SINK, POSTGRES_SINK, of_model
from topology.topics import TopicName

CONNECT_SECONDS: Final = 5
LOCK: Final = "1s"
"""A partition comes and goes under a lock that readers wait behind: who gets none in time is to come again."""
RETRY_AFTER_SECONDS: Final = 5.0

_MODELS: Final[LiteralString] = """
    SELECT name, state, since, reached.positions IS NOT NULL AS started, coalesce(
        (SELECT sum(greatest(0, ahead.next_offset - coalesce((reached.positions ->> ahead.partition::text)::bigint, 0)))
         FROM sink_offsets AS ahead WHERE ahead.sink = %(ahead)s AND ahead.topic = %(topic)s), 0)::bigint AS behind
    FROM embedding_models
    LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(partition, next_offset) AS positions
        FROM sink_offsets WHERE sink = %(prefix)s || name AND topic = %(topic)s
    ) AS reached ON true
    ORDER BY name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model and how far it is. `behind` counts offsets of messages that PostgreSQL has and the model has not read."""

    name: str
    state: str
    since: datetime
    started: bool
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Of the database at `url`."""

    url: str

    def every(self) -> list[Model]:
        parameters = {
            "ahead": POSTGRES_SINK.group,
            "prefix": of_model(EMBEDDINGS_SINK, "").group,
            "topic": TopicName.MESSAGES,
        }
        with self._transaction() as connection, connection.cursor(row_factory=class_row(Model)) as cursor:
            return cursor.execute(_MODELS, parameters).fetchall()

    def create(self, name: str) -> bool:
        """Make room for its vectors; the first model serves. False where that is done."""
        with self._transaction() as connection:
            if not _told(connection, "SELECT make_message_vectors() AS told"):
                raise Misconfigured("PostgreSQL has no pgvector: let a superuser say CREATE EXTENSION vector")
            return _told(connection, "SELECT create_embedding_model(%s, %s) AS told", name, DIMENSIONS)

    def serve(self, name: str) -> None:
        """Let questions be answered by it, at one moment for all."""
        with self._transaction() as connection:
            if not _told(connection, "SELECT serve_embedding_model(%s) AS told", name):
                raise Misconfigured(f"there is no model {name}: `python -m sinks models build {name}` makes it")

    def drop(self, name: str) -> None:
        """Remove its vectors, and how far its sink was, which stops when it notices."""
        with self._transaction() as connection:
            if not _told(
                connection, "SELECT drop_embedding_model(%s, %s) AS told", name, of_model(EMBEDDINGS_SINK, name).group
            ):
                raise Misconfigured(f"there is no model {name}")

    @contextmanager
    def _transaction(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        try:
            with psycopg.connect(self.url, connect_timeout=CONNECT_SECONDS, row_factory=dict_row) as connection:
                connection.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK])
                yield connection
        except psycopg.OperationalError as error:
            raise Retryable(f"PostgreSQL: {error}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
            raise Misconfigured("PostgreSQL knows no embedding models: run `python -m sinks migrate`") from error


def _told(connection: psycopg.Connection[dict[str, Any]], statement: LiteralString, *parameters: object) -> bool:
    row = connection.execute(statement, parameters).fetchone()
    assert row is not None, "these statements give a row"
    return bool(row["told"])
