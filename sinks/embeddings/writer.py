"""The embeddings sink: messages to vectors, and the vectors to PostgreSQL with the position they reach.

Lands as every table of PostgreSQL is landed; what is its own is the embedder, and where positions are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import psycopg

from sinks.embeddings.ports import Embedder
from sinks.embeddings.rows import MESSAGE_VECTORS, vector_rows
from sinks.ports import SinkRecord
from sinks.postgres.rows import Row
from sinks.postgres.tables import Table
from sinks.postgres.writer import Connect, PostgresSink
from topology.errors import Misconfigured


class VectorSink(PostgresSink):
    """A `sinks.ports.Sink`. Its vectors belong to no generation: what a message says is the same in each.

    `prepare` embeds, so that the next batch is embedded while one is landed.
    """

    tables: ClassVar[tuple[Table[Any], ...]] = (MESSAGE_VECTORS,)

    def __init__(
        self, url: str, *, sink: str, embedder: Embedder, connect: Connect = psycopg.Connection.connect
    ) -> None:
        super().__init__(url, sink=sink, connect=connect)
        self._embedder = embedder

    def _rows(self, records: Sequence[SinkRecord]) -> dict[str, list[Row]]:
        rows = vector_rows(records, self._embedder)
        return {MESSAGE_VECTORS.name: rows} if rows else {}

    def _require_tables(self, connection: psycopg.Connection[Any]) -> None:
        asked = "SELECT 1 FROM embedding_models WHERE name = %s"
        if connection.execute(asked, [self._embedder.name]).fetchone() is None:
            self.stop()
            raise Misconfigured(f"there is no model {self._embedder.name} any more: somebody dropped it")
