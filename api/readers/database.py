"""The pool of connections that questions run on: one read-only transaction a request.

Reads only. `read(tenant_id)` is where a tenant would be set for row-level security.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, LiteralString, TypeAlias

from psycopg import AsyncConnection, InterfaceError, IsolationLevel, OperationalError
from psycopg.errors import UndefinedColumn, UndefinedTable
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from schemas.ids import TenantId
from topology.errors import Misconfigured, Retryable
from topology.settings import Settings

Connection: TypeAlias = AsyncConnection[DictRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]
Parameters: TypeAlias = Mapping[str, object]

MOST_CONNECTIONS = 10
"""A process; a question takes milliseconds, so ten serve hundreds of requests a second."""
BORROW_SECONDS = 5.0
STATEMENT_TIMEOUT_MS = 5_000
RETRY_AFTER_SECONDS = 1.0
SESSION = {
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "plan_cache_mode": "force_custom_plan",  # filters that may be absent need the plan of their own values
}


class Rows:
    """One transaction's questions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def all(self, statement: LiteralString, parameters: Parameters) -> list[dict[str, Any]]:
        return await (await self._connection.execute(statement, parameters)).fetchall()

    async def one(self, statement: LiteralString, parameters: Parameters) -> dict[str, Any] | None:
        return await (await self._connection.execute(statement, parameters)).fetchone()


class Database:
    """PostgreSQL as the readers see it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def read(self, tenant_id: TenantId | None) -> AsyncIterator[Rows]:  # noqa: ARG002 - for row-level security
        """A transaction that sees one state of the database throughout. `tenant_id` None: before a tenant is known.

        Raises Retryable while the database is away, out of connections, or slower than its timeout, Misconfigured
        where its schema is not there.
        """
        try:
            async with self._pool.connection() as connection:
                yield Rows(connection)
        except (OperationalError, InterfaceError, PoolTimeout, PoolClosed) as error:
            raise Retryable(f"PostgreSQL: {type(error).__name__}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
        except (UndefinedTable, UndefinedColumn) as error:
            raise Misconfigured("PostgreSQL lacks tables: run `python -m sinks migrate`") from error


def make_pool(settings: Settings) -> Pool:
    """A pool, not yet open. Connections that broke are replaced when borrowed."""
    return AsyncConnectionPool(
        settings.database_url.get_secret_value(),
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "row_factory": dict_row,
            "application_name": "alluvium-api",
            "connect_timeout": 5,
            "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
        },
        min_size=1,
        max_size=MOST_CONNECTIONS,
        timeout=BORROW_SECONDS,
        check=AsyncConnectionPool.check_connection,
        configure=_read_only,
        open=False,
    )


async def _read_only(connection: Connection) -> None:
    await connection.set_read_only(True)
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
