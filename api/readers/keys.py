"""API keys as they are stored: finding whose a key is, making, listing, rotating and revoking them.

Holds digests; a key itself is seen once, by whoever made it. Each change is one transaction with its row of the audit
log, and is bound to a tenant.
"""

# ruff: noqa: S608 - constants are joined to constants; values are parameters

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, LiteralString, TypeAlias
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from api.audit.entries import AuditEntry
from api.auth import ALL, Principal, Scope
from api.readers import statements
from api.readers.database import Database
from api.readers.ledger import ADD_ENTRIES, NAME_TENANT, written
from api.readers.pools import NOTICING
from schemas.ids import TenantId

CONNECT_SECONDS: Final = 5

_COLUMNS: LiteralString = (
    "key_id, tenant_id, name, scopes, rate_limited, created_at, expires_at, revoked_at, rotated_at, previous_until, "
    "last_used_at"
)
_INSERT: LiteralString = """
    INSERT INTO api_keys (key_id, tenant_id, name, key_hmac, scopes, rate_limited, expires_at)
    VALUES (%(key_id)s, %(tenant_id)s, %(name)s, %(key_hmac)s, %(scopes)s, %(rate_limited)s,
        now() + make_interval(days => %(days)s))
"""
_CREATE: LiteralString = _INSERT + "RETURNING " + _COLUMNS
_ENSURE: LiteralString = (
    _INSERT
    + """
    ON CONFLICT (key_hmac) DO UPDATE
    SET tenant_id = excluded.tenant_id, name = excluded.name, scopes = excluded.scopes,
        rate_limited = excluded.rate_limited, expires_at = excluded.expires_at, revoked_at = NULL
    RETURNING """
    + _COLUMNS
)
_LIST: LiteralString = (
    "SELECT "
    + _COLUMNS
    + """
    FROM api_keys
    WHERE %(tenant_id)s::text IS NULL OR tenant_id = %(tenant_id)s
    ORDER BY tenant_id, created_at, key_id
"""
)
_ONE: LiteralString = (
    "SELECT revoked_at IS NOT NULL OR coalesce(expires_at <= now(), false) AS ended, "
    + _COLUMNS
    + " FROM api_keys WHERE tenant_id = %(tenant_id)s AND key_id = %(key_id)s FOR UPDATE"
)
_OWNER: LiteralString = "SELECT tenant_id FROM api_keys WHERE key_id = %(key_id)s"
_ROTATE: LiteralString = (
    """
    UPDATE api_keys SET key_hmac = %(key_hmac)s, previous_hmac = key_hmac, previous_until = now() + %(grace)s,
        rotated_at = now(), expires_at = coalesce(now() + make_interval(days => %(days)s), expires_at)
    WHERE tenant_id = %(tenant_id)s AND key_id = %(key_id)s
    RETURNING """
    + _COLUMNS
)
_REVOKE: LiteralString = (
    """
    UPDATE api_keys SET revoked_at = coalesce(revoked_at, now())
    WHERE tenant_id = %(tenant_id)s AND key_id = %(key_id)s
    RETURNING """
    + _COLUMNS
)
_KNOWN: LiteralString = "SELECT is_tenant(%(tenant_id)s) AS known"
_ONE_FOUNDER: LiteralString = "SELECT pg_advisory_xact_lock(hashtext('alluvium found ' || %(tenant_id)s))"

Row: TypeAlias = dict[str, Any]
Connection: TypeAlias = psycopg.Connection[Row]


class KeyEnded(Exception):
    """A key that is revoked or expired cannot be rotated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProperties:
    """Of a key to be made."""

    tenant_id: str
    name: str
    scopes: Sequence[str]
    rate_limited: bool = True
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """What takes the place of a key's secret; `days`: expires after so many from now, None: as before."""

    digest: bytes
    grace: timedelta
    days: int | None = None


class StoredKeys:
    """`KeyStore` in PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, key_hmac: bytes) -> Principal | None:
        async with self._database.read(None) as rows:
            row = await rows.one(statements.KEY, {"key_hmac": key_hmac})
        return None if row is None else _principal(row)


class KeyDesk:
    """What is done with keys; one short connection a call. Raises psycopg.OperationalError.

    `told` is the row of the audit log that a change goes with, completed by the key it is about. `may` sees a key
    before it is changed, in the same transaction, and raises where the caller may not.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def put(
        self, *, tenant_id: str, name: str, digest: bytes, scopes: Sequence[str], rate_limited: bool, days: int | None
    ) -> UUID:
        """Store a key's digest; one that is there already gets these properties and is good again."""
        made = KeyProperties(tenant_id=tenant_id, name=name, scopes=scopes, rate_limited=rate_limited, days=days)
        with self._transaction(tenant_id) as connection:
            return UUID(str(_run(connection, _ENSURE, _parameters(made, digest))[0]["key_id"]))

    def ensure(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Row:
        """The same, with its row of the audit log."""
        with self._transaction(wanted.tenant_id) as connection:
            return _audited(connection, _run(connection, _ENSURE, _parameters(wanted, digest))[0], told)

    def create(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Row:
        with self._transaction(wanted.tenant_id) as connection:
            return _audited(connection, _run(connection, _CREATE, _parameters(wanted, digest))[0], told)

    def found(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Row | None:
        """The first key of a tenant; None where there is such a tenant. `told` is a row of the founder's tenant."""
        with self._transaction(wanted.tenant_id) as connection:
            _run(connection, _ONE_FOUNDER, {"tenant_id": wanted.tenant_id})
            if _run(connection, _KNOWN, {"tenant_id": wanted.tenant_id})[0]["known"]:
                return None
            made = _run(connection, _CREATE, _parameters(wanted, digest))[0]
            connection.execute(NAME_TENANT, {"tenant_id": told.tenant_id})
            return _audited(connection, made, told)

    def known(self, tenant_id: str | None) -> list[Row]:
        """Every key of a tenant; for the owner of the tables, None is all tenants."""
        with self._transaction(tenant_id or "") as connection:
            return _run(connection, _LIST, {"tenant_id": tenant_id})

    def tenant_of(self, key_id: UUID) -> TenantId | None:
        """For the owner of the tables."""
        with self._transaction("") as connection:
            rows = _run(connection, _OWNER, {"key_id": key_id})
        return TenantId(rows[0]["tenant_id"]) if rows else None

    def rotate(
        self, key: tuple[str, UUID], secret: NewSecret, told: AuditEntry, may: Callable[[Row], None] = lambda _: None
    ) -> Row | None:
        """A new secret for the key of (tenant, id); the old one is good for a while more, and the one before that no
        longer. None where there is no such key. Raises KeyEnded."""
        named: dict[str, object] = {"tenant_id": key[0], "key_id": key[1]}
        with self._transaction(key[0]) as connection:
            rows = _run(connection, _ONE, named)
            if not rows:
                return None
            ended = rows[0].pop("ended")
            may(rows[0])
            if ended:
                raise KeyEnded
            new = {"key_hmac": secret.digest, "grace": secret.grace, "days": secret.days}
            made = _run(connection, _ROTATE, named | new)[0]
            return _audited(connection, made, told)

    def revoke(self, key: tuple[str, UUID], told: AuditEntry) -> Row | None:
        """End a key and its former secret; None where there is no such key. Workers forget it within seconds."""
        with self._transaction(key[0]) as connection:
            rows = _run(connection, _REVOKE, {"tenant_id": key[0], "key_id": key[1]})
            return _audited(connection, rows[0], told) if rows else None

    @contextmanager
    def _transaction(self, tenant_id: str) -> Iterator[Connection]:
        with psycopg.connect(
            self._url, row_factory=dict_row, connect_timeout=CONNECT_SECONDS, **NOTICING
        ) as connection:
            connection.execute(NAME_TENANT, {"tenant_id": tenant_id})
            yield connection


def _run(connection: Connection, statement: LiteralString, parameters: dict[str, object]) -> list[Row]:
    return connection.execute(statement, parameters).fetchall()


def _audited(connection: Connection, row: Row, told: AuditEntry) -> Row:
    about = {name: row[name] for name in ("name", "scopes", "rate_limited")}
    moments = {name: row[name] and row[name].isoformat() for name in ("expires_at", "previous_until")}
    detail = {**told.detail, "key_id": str(row["key_id"]), "of_tenant": row["tenant_id"], **about, **moments}
    connection.execute(ADD_ENTRIES, written([replace(told, detail=detail)]))
    return row


def _parameters(wanted: KeyProperties, digest: bytes) -> dict[str, object]:
    return {
        "key_id": uuid4(),
        "tenant_id": wanted.tenant_id,
        "name": wanted.name,
        "key_hmac": digest,
        "scopes": list(wanted.scopes),
        "rate_limited": wanted.rate_limited,
        "days": wanted.days,
    }


def scopes_of(words: Sequence[str]) -> frozenset[Scope]:
    """As they are stored. A scope that a newer release knows and this one does not is left out."""
    return frozenset(Scope) if ALL in words else frozenset(scope for scope in Scope if scope.value in words)


def _principal(row: dict[str, Any]) -> Principal:
    return Principal(
        key_id=row["key_id"],
        name=row["name"],
        tenant_id=row["tenant_id"],
        scopes=scopes_of(row["scopes"]),
        rate_limited=row["rate_limited"],
    )
