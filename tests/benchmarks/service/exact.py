"""Recall by looking at everything: the same ranking over every message of the scope, whatever that takes.

Runs in this process on the service's own reader, with the one step replaced that narrows a wide scope to its likeliest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from unittest import mock

from api.models.recall import RecallRequest
from api.readers import pools, recall_statements, turns
from api.readers.database import Database, Rows
from api.readers.pools import make_pool
from api.readers.recall import RecallReader
from api.readers.turns import Question, Read
from benchmarks.service.filling import TENANT
from topology.retention import RetentionPolicies
from topology.settings import Settings

_read = turns.read

BEST: Final = 10
PATIENCE_MS: Final = 300_000
"""For a statement that reads a million messages."""


async def everything(rows: Rows, question: Question, _likely: None) -> Read:
    """All turns of the scope that match, with their neighbours, and the statistics of all."""
    (size,) = await rows.all(recall_statements.SCOPE, question.scope.parameters)
    return await _read(rows, replace(question, size=size["messages"]), None)


async def exact_answers(url: str, requests: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The ids of the best of each request, best first."""
    with _looking_at_everything():
        pool = make_pool(Settings(database_url=url))
        await pool.open()
        try:
            reader = RecallReader(Database(pool), RetentionPolicies())
            return [await _answer(reader, request) for request in requests]
        finally:
            await pool.close()


@contextmanager
def _looking_at_everything() -> Iterator[None]:
    session = {**pools.SESSION, "statement_timeout": PATIENCE_MS}
    with (
        mock.patch.object(pools, "SESSION", session),
        mock.patch.object(turns, "READ_WHOLE", 10**9),
        mock.patch.object(turns, "WHOLE_TURNS", 10**9),
        mock.patch.object(turns, "likely", autospec=True, return_value=None),
        mock.patch.object(turns, "read", everything),
    ):
        yield


async def _answer(reader: RecallReader, request: Mapping[str, Any]) -> list[str]:
    found = await reader.recall(TENANT, RecallRequest(**{**request, "limit": BEST}), datetime.now(UTC))
    return [result.id for result in found]


def overlap(exact: Sequence[Sequence[str]], found: Sequence[Sequence[str]]) -> float:
    """The share of the exact best that is among those found, over all questions."""
    wanted = sum(len(best) for best in exact)
    both = sum(len(set(best) & set(answer)) for best, answer in zip(exact, found, strict=True))
    return both / wanted if wanted else 1.0
