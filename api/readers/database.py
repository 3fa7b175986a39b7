"""The transactions that questions run in: one a request, of one tenant, which PostgreSQL itself holds it to.

Where connections come from is `api.readers.pools`; which server answers is decided here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, LiteralString, TypeAlias, TypeVar

import psycopg
from psycopg import InterfaceError, OperationalError, sql
from psycopg.errors import InsufficientPrivilege, UndefinedColumn, UndefinedFunction, UndefinedTable
from psycopg.rows import tuple_row
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from api.readers import plans
from api.readers.pools import Connection, Pool, borrow
from schemas.ids import TenantId
from topology.errors import Misconfigured, Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.readers.replica import Replica

Parameters: TypeAlias = Mapping[str, object]
R = TypeVar("R")

RETRY_AFTER_SECONDS: Final = 1.0
TENANTS: Final = 1_024
"""Whose first statement is kept ready."""
_SETTLED: Final = b"; SET LOCAL plan_cache_mode = force_generic_plan"
NOBODY: Final = ""
"""No tenant has this id: without one, the policies show no row."""


class RefusedByDatabase(Exception):
    """PostgreSQL refused a statement of ours for what it is: a fault of this release. Says no value of a person's."""


class Rows:
    """One transaction's questions. `settled`: of each statement one plan serves for all values (api.readers.plans)."""

    def __init__(self, connection: Connection, *, settled: bool = False) -> None:
        self._connection, self._settled = connection, settled

    async def all(self, statement: LiteralString, parameters: Parameters) -> list[dict[str, Any]]:
        return await (await self._run(self._connection.cursor(), statement, parameters)).fetchall()

    async def one(self, statement: LiteralString, parameters: Parameters) -> dict[str, Any] | None:
        return await (await self._run(self._connection.cursor(), statement, parameters)).fetchone()

    async def packed(self, statement: LiteralString, parameters: Parameters) -> list[tuple[Any, ...]]:
        """As tuples, which come in PostgreSQL's binary form: for bytes, and for many numbers."""
        cursor = self._connection.cursor(binary=True, row_factory=tuple_row)
        return await (await self._run(cursor, statement, parameters)).fetchall()

    async def script(self, statements: LiteralString, parameters: Parameters) -> list[tuple[Any, ...]]:
        """Several statements at once, with the values written into them; the rows of those that have any."""
        cursor = psycopg.AsyncClientCursor(self._connection, row_factory=tuple_row)
        await self._run(cursor, statements, parameters)
        found: list[tuple[Any, ...]] = []
        while True:
            found += await cursor.fetchall() if cursor.description else ()
            if not cursor.nextset():
                return found

    async def _run(
        self, cursor: psycopg.AsyncCursor[R], statement: LiteralString, parameters: Parameters
    ) -> psycopg.AsyncCursor[R]:
        text = plans.settled(statement, parameters) if self._settled else statement
        return await cursor.execute(text, parameters)


class Database:
    """PostgreSQL as the readers see it: a primary, and a replica for what it is known to show already."""

    def __init__(self, pool: Pool, replica: Replica | None = None) -> None:
        self._pool, self._replica = pool, replica

    @asynccontextmanager
    async def read(self, tenant_id: TenantId | None, *, settled: bool = False) -> AsyncIterator[Rows]:
        """A transaction that sees one state of the database throughout, and of it this tenant's rows alone.

        `tenant_id` None: before a tenant is known, and no tenant's rows; always asked of the primary. `settled`: its
        statements are planned once a connection, and not for their values.
        Raises Retryable while the database is away, out of connections, or slower than its timeout, Misconfigured
        where its schema is not there or the login may not read it, RefusedByDatabase for a faulty statement.
        """
        async with AsyncExitStack() as stack:
            stack.enter_context(_errors_named())
            begin = _begin(tenant_id or NOBODY) + (_SETTLED if settled else b"")
            yield Rows(await self._begun(stack, tenant_id, begin), settled=settled)

    async def _begun(self, stack: AsyncExitStack, tenant_id: TenantId | None, begin: bytes) -> Connection:
        """A connection in such a transaction, given back when `stack` ends."""
        if tenant_id is not None and self._replica is not None:
            connection = await self._replica.begun(stack, begin)
            if connection is not None:
                return connection
        return await borrow(self._pool, stack, begin)


@lru_cache(TENANTS)
def _begin(tenant_id: str) -> bytes:
    """For the transaction and no longer: a connection that is borrowed next belongs to nobody."""
    tenant = sql.Literal(tenant_id).as_bytes(None)
    return b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL alluvium.tenant_id = " + tenant


@contextmanager
def _errors_named() -> Iterator[None]:
    """Errors of the driver as what the service must do about them."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, PoolClosed, TooManyRequests) as error:
        raise Retryable(f"PostgreSQL: {type(error).__name__}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
    except (UndefinedTable, UndefinedColumn, UndefinedFunction) as error:
        raise Misconfigured("PostgreSQL lacks tables: run `python -m sinks migrate`") from error
    except InsufficientPrivilege as error:
        raise Misconfigured("PostgreSQL lets this login not do what it must: see docs/security.md") from error
    except psycopg.Error as error:
        raise RefusedByDatabase(f"{type(error).__name__} ({error.sqlstate})") from None
