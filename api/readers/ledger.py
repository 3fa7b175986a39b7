"""What the service writes down beside its answers: rows of the audit log, and when keys were used.

A connection of its own, opened when it is needed and again after an error; one transaction at a time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

import orjson
import psycopg
from psycopg.types.json import Jsonb

from api.audit.entries import AuditEntry
from api.audit.trail import Unstorable
from api.readers.pools import NOTICING
from api.uses import LastUse
from schemas.ids import TenantId

CONNECT_SECONDS: Final = 5
STATEMENT_TIMEOUT_MS: Final = 10_000

NAME_TENANT: LiteralString = "SELECT set_config('alluvium.tenant_id', %(tenant_id)s, true)"
"""For the rest of the transaction: row-level security lets through what is this tenant's, and nothing else."""
_COLUMNS: LiteralString = """
    tenant_id, at, entry_id, request_id, trace_id, principal_id, principal, action, endpoint, status, user_ids,
    conversation_ids, item_ids, detail
"""
ADD_ENTRIES: LiteralString = (
    "INSERT INTO audit_log ("
    + _COLUMNS
    + ") SELECT "
    + _COLUMNS
    + "FROM jsonb_populate_recordset(NULL::audit_log, %(entries)s) ON CONFLICT DO NOTHING"
)
"""However many there are, with the parameters of `written`."""
_USED: LiteralString = """
    UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at)
    FROM unnest(%(key_ids)s::uuid[], %(moments)s::timestamptz[]) AS used (key_id, at)
    WHERE api_keys.tenant_id = %(tenant_id)s AND api_keys.key_id = used.key_id
"""


class Ledger:
    """`AuditStore` and `UseStore` in PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._busy = asyncio.Lock()

    async def write(self, entries: Sequence[AuditEntry]) -> None:
        by_tenant: defaultdict[TenantId, list[AuditEntry]] = defaultdict(list)
        for entry in entries:
            by_tenant[entry.tenant_id].append(entry)
        try:
            async with self._transaction() as connection:
                for tenant_id, some in by_tenant.items():
                    await connection.execute(NAME_TENANT, {"tenant_id": tenant_id})
                    await connection.execute(ADD_ENTRIES, written(some))
        except (psycopg.DataError, psycopg.IntegrityError, UnicodeError, orjson.JSONEncodeError) as error:
            raise Unstorable(type(error).__name__) from error

    async def write_uses(self, uses: LastUse) -> None:
        by_tenant: defaultdict[TenantId, dict[UUID, datetime]] = defaultdict(dict)
        for (tenant_id, key_id), at in uses.items():
            by_tenant[tenant_id][key_id] = at
        async with self._transaction() as connection:
            for tenant_id, moments in by_tenant.items():
                told = {"tenant_id": tenant_id, "key_ids": list(moments), "moments": list(moments.values())}
                await connection.execute(NAME_TENANT, {"tenant_id": tenant_id})
                await connection.execute(_USED, told)

    async def close(self) -> None:
        async with self._busy:
            await self._drop()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """After whatever error the connection is given up: the next transaction has a new one."""
        async with self._busy:
            try:
                self._connection = self._connection or await self._connect()
                async with self._connection.transaction():
                    yield self._connection
            except BaseException:
                await self._drop()
                raise

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            self._url,
            autocommit=True,
            application_name="alluvium-api-ledger",
            connect_timeout=CONNECT_SECONDS,
            options=f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
            **NOTICING,
        )

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def written(entries: Sequence[AuditEntry]) -> dict[str, Any]:
    """The parameters of ADD_ENTRIES, all of one tenant."""
    return {"entries": Jsonb([entry.as_json() for entry in entries], dumps=orjson.dumps)}
