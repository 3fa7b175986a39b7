"""The steps by which messages come into blocks and out of them: each one transaction, done or not begun.

One connection, for one thread. Only one process at a time works for a tenant; what is in nobody's hands is found again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, LiteralString, TypeAlias

import psycopg
from psycopg.conninfo import make_conninfo

from sinks.postgres.sealing import statements
from sinks.postgres.sealing.plan import Block, Kind, Step
from sinks.postgres.sealing.work import Connection, TenantWork, blocks_of
from sinks.postgres.writer import PASSING, PATIENCE, SESSION
from topology.errors import Misconfigured, Retryable

RETRY_AFTER_SECONDS: Final = 1.0

Connect: TypeAlias = Callable[..., psycopg.Connection[tuple[Any, ...]]]


class Sealing:
    """The sealer's hands.

    Raises Retryable, with the connection dropped, where the server or the way to it fails,
    Misconfigured where it has no such tables."""

    def __init__(self, url: str, *, connect: Connect = psycopg.Connection.connect) -> None:
        self._url, self._connect_to = url, connect
        self._connection: Connection | None = None

    def due(self) -> list[str]:
        """The tenants for whom there is something to do now."""
        with self._transaction() as connection:
            connection.execute(statements.COLLECT)
            return [tenant_id for (tenant_id,) in connection.execute(statements.DUE)]

    def tenants(self, only: str | None = None) -> list[str]:
        """All of whom anything was ever written, or the only one."""
        with self._transaction() as connection:
            connection.execute(statements.COLLECT)
            return [tenant_id for (tenant_id,) in connection.execute(statements.TENANTS, {"tenant_id": only})]

    def step(self, tenant_id: str) -> Step | None:
        """What is most urgent for the tenant; None where nothing is, or another process is at it."""
        with self._tenant(tenant_id) as work:
            return work.next() if work else None

    def blocks(self, tenant_id: str) -> list[Block]:
        with self._transaction() as connection:
            return blocks_of(connection, tenant_id)

    def rewrite(self, tenant_id: str, number: int) -> Step | None:
        """Seal the messages of a block anew, as they are now; None where it is no more.

        Waits for who is at the tenant.
        """
        with self._tenant(tenant_id, statements.WAIT) as work:
            found = [block for block in blocks_of(work.connection, tenant_id) if block.number == number] if work else []
            return work.replace(Kind.REWRITTEN, found) if work and found else None

    def find_missing(self, tenant_id: str) -> Step | None:
        """Put into the tail what stands and is neither there nor in a block, which would be a fault of ours.

        Waits for who is at the tenant.
        """
        with self._tenant(tenant_id, statements.WAIT) as work:
            return work.find_missing() if work else None

    def tidy(self) -> None:
        """Let the tail shed what was taken out of it, which every question reads past until then."""
        with self._failures():
            self._open().execute(statements.VACUUM)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _tenant(self, tenant_id: str, lock: LiteralString = statements.LOCK) -> Iterator[TenantWork | None]:
        """A transaction that has the tenant for itself, if any has not."""
        with self._transaction() as connection:
            if connection.execute(lock, {"tenant_id": tenant_id}).fetchone() != (True,):
                yield None
                return
            work = TenantWork(connection=connection, tenant_id=tenant_id)
            connection.execute(statements.BEGIN, {"tenant_id": tenant_id})
            yield work
            unsealed, _, urgent = work.look()
            connection.execute(statements.END, {"tenant_id": tenant_id, "unsealed": unsealed, "urgent": int(urgent)})

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._failures():
            connection = self._open()
            with connection.transaction():
                yield connection

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except PASSING as error:
            self.close()
            raise Retryable(f"PostgreSQL: {error}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
        except psycopg.errors.UndefinedTable as error:
            raise Misconfigured("PostgreSQL lacks tables: run `python -m sinks migrate`") from error

    def _open(self) -> Connection:
        if self._connection is None:
            session = SESSION | {"statement_timeout": "120s", "idle_in_transaction_session_timeout": "60s"}
            options = " ".join(f"-c {name}={value}" for name, value in session.items())
            target = make_conninfo(self._url, application_name="sealer", options=options, **PATIENCE)
            self._connection = self._connect_to(target, autocommit=True)
        return self._connection
