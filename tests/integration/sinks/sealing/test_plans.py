"""Every statement of the sealer and of the search finds an index for what it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from api.readers.index import statements as asked
from sinks.postgres.migrate import migrate
from sinks.postgres.sealing import statements as sealing
from support.infrastructure import Infrastructure
from support.plans import plan_for_all
from support.sealed import Connection, Said, add

pytestmark = pytest.mark.integration

TENANT = "t7"
ONE = {"conversation_ids": ["c1"], "message_ids": ["m1"]}
BLOCK: dict[str, object] = {
    "block": 5,
    "lexemes": ["word5"],
    "documents": [1],
    "packed": [b"abc"],
    "dead": b"",
    "gone": 1,
}
PARAMETERS: dict[str, object] = {
    "tenant_id": TENANT,
    "user_id": "u1",
    "conversation_id": None,
    "matching": "'word5' | 'word6'",
    "blocks": [5, 6],
    "most": 1_000,
    "unsealed": 1,
    "urgent": 0,
}

SEALER = {name: getattr(sealing, name) for name in vars(sealing) if name.isupper()}
SEARCH = {name: getattr(asked, name) for name in vars(asked) if name.isupper()}
WHOLE = {"COLLECT", "TENANTS"}
"""A queue that is emptied, and the list of all tenants: to be read whole."""
NO_PLAN = {"COPY_POSTINGS", "VACUUM", "LOCK", "ADD_BLOCK", "ADD_MISSING"}

_SEQUENTIAL = re.compile(r"Seq Scan on (\w+)")


@pytest.fixture(scope="module")
def crowded(infrastructure: Infrastructure) -> Iterator[Connection]:
    """Enough rows of enough tenants that a plan without its index would be seen to be worse."""
    with infrastructure.fresh_database() as url:
        migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:
            for tenant in range(10):
                said = [
                    Said(conversation=f"c{n % 40}", name=f"m{n}", user=f"u{n % 9}", text="x", minute=n)
                    for n in range(900)
                ]
                add(connection, f"t{tenant}", said)
            connection.execute(
                """
                INSERT INTO search_blocks
                SELECT 't' || n % 10, n, 0, 0, '', '{}', '', '', '', '', '', '' FROM generate_series(0, 999) AS n
                """
            )
            connection.execute(
                "INSERT INTO search_postings SELECT 't' || b % 10, b, 'word' || w, 1, 'abc' "
                "FROM generate_series(0, 99) AS b, generate_series(0, 99) AS w"
            )
            connection.execute("INSERT INTO search_work SELECT 'w' || n, 3, 0 FROM generate_series(1, 5000) AS n")
            connection.execute("INSERT INTO search_work VALUES ('t7', 1000, 0)")
            connection.execute("VACUUM ANALYZE")
            yield connection


@pytest.mark.parametrize("name", sorted(set(SEALER) - WHOLE - NO_PLAN))
def test_a_statement_of_the_sealer_uses_an_index(crowded: Connection, name: str) -> None:
    parameters = (
        PARAMETERS | ONE | BLOCK | ({"conversation_id": "c1", "message_id": "m1"} if name == "STANDING" else {})
    )
    assert sequential(crowded, SEALER[name], parameters) == []


@pytest.mark.parametrize("name", sorted(SEARCH))
@pytest.mark.parametrize(
    "scope",
    [{}, {"user_id": None}, {"user_id": None, "conversation_id": "c1"}, {"conversation_id": "c1"}],
    ids=["user", "tenant", "conversation", "both"],
)
def test_a_statement_of_a_search_uses_an_index(crowded: Connection, name: str, scope: dict[str, object]) -> None:
    assert sequential(crowded, SEARCH[name], PARAMETERS | BLOCK | scope) == []
    assert _SEQUENTIAL.findall(plan_for_all(crowded, SEARCH[name], PARAMETERS | BLOCK | scope)) == []


def sequential(connection: Connection, statement: Any, parameters: dict[str, object]) -> list[str]:
    lines = connection.execute("EXPLAIN " + statement, parameters).fetchall()
    return _SEQUENTIAL.findall("\n".join(line for (line,) in lines))


def test_a_look_does_not_grow_with_quiet_tenants(crowded: Connection) -> None:
    plan = "\n".join(line for (line,) in crowded.execute("EXPLAIN " + sealing.DUE).fetchall())
    assert "search_work_due" in plan, plan
