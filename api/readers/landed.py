"""How far the sinks have landed the stream, as the database that answers knows it.

One small statement. Its result changes in the transaction of any row that an answer may rest on.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.readers import statements
from api.readers.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Differs when anything has landed, or another generation or model of embeddings serves."""

    landed: str
    model: str | None = None
    """The model of embeddings that serves."""


class LandedReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self) -> Mark:
        """Raises Retryable."""
        async with self._database.read(None) as rows:
            (found,) = await rows.all(statements.LANDED, {})
        return Mark(landed=found["landed"], model=found["model"])
