"""API keys as they are stored: finding whose a key is, and for the command line making, listing and revoking them.

The only table the API writes. Holds digests; a key itself is seen once, by whoever made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from api.auth import ALL, Principal, Scope
from api.readers import statements
from api.readers.database import Database

_UPSERT = """
    INSERT INTO api_keys (key_id, tenant_id, name, key_hmac, scopes, rate_limited, expires_at)
    VALUES (%(key_id)s, %(tenant_id)s, %(name)s, %(key_hmac)s, %(scopes)s, %(rate_limited)s,
        now() + make_interval(days => %(days)s))
    ON CONFLICT (key_hmac) DO UPDATE
    SET tenant_id = excluded.tenant_id, name = excluded.name, scopes = excluded.scopes,
        rate_limited = excluded.rate_limited, expires_at = excluded.expires_at, revoked_at = NULL
    RETURNING key_id
"""
_LIST = """
    SELECT key_id, tenant_id, name, scopes, rate_limited, created_at, expires_at, revoked_at, last_used_at
    FROM api_keys
    WHERE %(tenant_id)s::text IS NULL OR tenant_id = %(tenant_id)s
    ORDER BY tenant_id, created_at
"""
_REVOKE = "UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE key_id = %(key_id)s"


class StoredKeys:
    """`KeyStore` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key_hmac: bytes) -> Principal | None:
        async with self._database.read(None) as rows:
            row = await rows.one(statements.KEY, {"key_hmac": key_hmac})
        return None if row is None else _principal(row)


class KeyDesk:
    """What the command line does with keys; one short connection a call."""

    def __init__(self, url: str) -> None:
        self._url = url

    def put(
        self, *, tenant_id: str, name: str, digest: bytes, scopes: Sequence[str], rate_limited: bool, days: int | None
    ) -> UUID:
        """Store a key's digest; one that is there already gets these properties and is good again."""
        parameters = {
            "key_id": uuid4(),
            "tenant_id": tenant_id,
            "name": name,
            "key_hmac": digest,
            "scopes": list(scopes),
            "rate_limited": rate_limited,
            "days": days,
        }
        (row,) = self._run(_UPSERT, parameters)
        return UUID(str(row["key_id"]))

    def known(self, tenant_id: str | None) -> list[dict[str, Any]]:
        return self._run(_LIST, {"tenant_id": tenant_id})

    def revoke(self, key_id: UUID) -> bool:
        """False where there is no such key. Workers forget it within seconds."""
        with psycopg.connect(self._url) as connection:
            return connection.execute(_REVOKE, {"key_id": key_id}).rowcount == 1

    def _run(self, statement: str, parameters: dict[str, object]) -> list[dict[str, Any]]:
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            return connection.execute(statement.encode(), parameters).fetchall()


def _principal(row: dict[str, Any]) -> Principal:
    """A scope that a newer release knows and this one does not is left out."""
    words = set(row["scopes"])
    scopes = frozenset(Scope) if ALL in words else frozenset(scope for scope in Scope if scope.value in words)
    return Principal(
        key_id=row["key_id"],
        name=row["name"],
        tenant_id=row["tenant_id"],
        scopes=scopes,
        rate_limited=row["rate_limited"],
    )
