"""What administrators see and change: questions on the pool, changes of keys by `KeyDesk` in a thread.

Raises Retryable while PostgreSQL is away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, LiteralString, TypeVar
from uuid import UUID

import psycopg

from api import pages
from api.audit.entries import AuditEntry
from api.models.admin import Key, Tenant, TenantPage
from api.readers.database import Database
from api.readers.keys import KeyDesk, KeyProperties, NewSecret, Row
from schemas.ids import TenantId
from topology.errors import Retryable

T = TypeVar("T")

RETRY_AFTER_SECONDS: Final = 1.0
_KEYS: LiteralString = """
    SELECT key_id, tenant_id, name, scopes, rate_limited, created_at, expires_at, revoked_at, rotated_at,
        previous_until, last_used_at
    FROM api_keys
    WHERE tenant_id = %(tenant_id)s
    ORDER BY created_at, key_id
"""
_TENANTS: LiteralString = (
    "SELECT tenant_id, keys, users, events::bigint, last_used_at FROM list_tenants(%(after)s, %(limit)s)"
)


class AdminReader:
    """`api.ports.AdminDesk` in PostgreSQL."""

    def __init__(self, desk: KeyDesk, database: Database) -> None:
        self._desk, self._database = desk, database

    async def keys(self, tenant_id: TenantId) -> list[Key]:
        async with self._database.read(tenant_id) as rows:
            return [Key(**row) for row in await rows.all(_KEYS, {"tenant_id": tenant_id})]

    async def create(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Key:
        return Key(**await _done(lambda: self._desk.create(wanted, digest, told)))

    async def found(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Key | None:
        return _key(await _done(lambda: self._desk.found(wanted, digest, told)))

    async def rotate(
        self, key: tuple[TenantId, UUID], secret: NewSecret, told: AuditEntry, may: Callable[[Key], None]
    ) -> Key | None:
        return _key(await _done(lambda: self._desk.rotate(key, secret, told, lambda row: may(Key(**row)))))

    async def revoke(self, key: tuple[TenantId, UUID], told: AuditEntry) -> Key | None:
        return _key(await _done(lambda: self._desk.revoke(key, told)))

    async def tenants(self, asker: TenantId, limit: int, cursor: str | None) -> TenantPage:
        (after,) = pages.decode(cursor, 1) or (None,)
        async with self._database.read(asker) as rows:
            found, last = pages.cut(await rows.all(_TENANTS, {"after": after, "limit": limit + 1}), limit)
        return TenantPage(
            tenants=[Tenant(**row) for row in found], next_cursor=pages.encode(last["tenant_id"]) if last else None
        )


def _key(row: Row | None) -> Key | None:
    return None if row is None else Key(**row)


async def _done(what: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(what)
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Retryable(f"PostgreSQL: {type(error).__name__}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
