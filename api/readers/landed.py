"""How far the sinks have landed the stream, as the database that answers knows it.

One small statement. Its result changes in the transaction of any row that an answer may rest on.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.models.recall import RecallAnswer
from api.readers import statements
from api.readers.database import Database
from api.readers.shapes import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Differs when anything has landed, or another generation or model of embeddings serves."""

    landed: str
    model: str | None = None
    """The model of embeddings that serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """An answer, and what the database held in the transaction that it was made in."""

    answer: RecallAnswer
    mark: Mark


def marked_by(row: Row) -> Mark:
    """The mark in a row with the columns of `statements.LANDED`."""
    return Mark(landed=row["landed"], model=row["model"])


class LandedReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self) -> Mark:
        """Raises Retryable."""
        async with self._database.read(None) as rows:
            (found,) = await rows.all(statements.LANDED, {})
        return marked_by(found)
