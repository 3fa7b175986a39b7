"""How far the sinks have landed the stream, as the database that answers knows it.

One small statement. Its result changes in the transaction of any row that an answer may rest on.
"""

from __future__ import annotations

from api.readers import statements
from api.readers.database import Database


class LandedReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def mark(self) -> str:
        """Differs when anything has landed, or another generation or model of embeddings serves. Raises Retryable."""
        async with self._database.read(None) as rows:
            found = await rows.one(statements.LANDED, {})
        return "" if found is None else str(found["mark"])
