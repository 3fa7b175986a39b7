"""Keys and the audit log in the real PostgreSQL, by the rights that the service has there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.errors import InsufficientPrivilege, RestrictViolation

from api.__main__ import main
from api.audit.entries import AuditEntry
from api.audit.trail import Unstorable
from api.auth import generate_key, is_key, key_hmac
from api.models.admin import AuditQuery
from api.readers.admin import AdminReader
from api.readers.audit import AuditReader
from api.readers.database import Database
from api.readers.keys import KeyDesk, KeyEnded, KeyProperties, NewSecret, StoredKeys
from api.readers.ledger import Ledger
from api.readers.pools import make_pool
from schemas.ids import TenantId
from support.api_fakes import SECRET
from support.api_story import ACME, OTHER
from topology.errors import Retryable
from topology.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KILL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'alluvium-api-ledger' AND datname = current_database()
"""
FORBIDDEN = (
    "UPDATE audit_log SET action = ''",
    "DELETE FROM audit_log",
    "DELETE FROM api_keys",
    "UPDATE api_keys SET tenant_id = 'other'",
    "UPDATE api_keys SET scopes = '{all}'",
    "SELECT * FROM prune_audit_log(now(), NULL)",
    """INSERT INTO audit_log
    SELECT 'other', now(), gen_random_uuid(), '', '', NULL, '', '', '', 1, '{}', '{}', '{}', '{}'""",
    """INSERT INTO api_keys (key_id, tenant_id, name, key_hmac, scopes)
    VALUES (gen_random_uuid(), 'other', '', '', '{}')""",
)
READER = KeyProperties(tenant_id=ACME, name="reader", scopes=["read"])


@pytest.fixture
def desk(service_url: str) -> KeyDesk:
    return KeyDesk(service_url)


def digest(key: str) -> bytes:
    return key_hmac(SECRET.encode(), key)


def told(action: str = "recall", tenant: TenantId = ACME, **changes: Any) -> AuditEntry:
    entry = AuditEntry(
        tenant_id=tenant, at=NOW, principal_id=None, principal="key:test", action=action, endpoint="x", status=200
    )
    return replace(entry, **changes)


def rows(url: str, statement: str, **parameters: Any) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode(), parameters).fetchall()


def actions(url: str, tenant: str = ACME) -> list[str]:
    found = rows(url, "SELECT action FROM audit_log WHERE tenant_id = %(tenant)s ORDER BY at, entry_id", tenant=tenant)
    return [row[0] for row in found]


def new(grace_seconds: float = 60, key: str | None = None) -> NewSecret:
    return NewSecret(digest=digest(key or generate_key()), grace=timedelta(seconds=grace_seconds))


async def test_a_rotated_key_keeps_its_id_and_both_secrets_for_the_grace(
    desk: KeyDesk, service_url: str, database_url: str
) -> None:
    old, first, second = (generate_key() for _ in range(3))
    made = desk.create(READER, digest(old), told("keys.create"))
    pool = make_pool(Settings(), service_url)
    await pool.open()
    keys = StoredKeys(Database(pool))

    async def holder(key: str) -> UUID | None:
        found = await keys.find(digest(key))
        return None if found is None else found.key_id

    desk.rotate((ACME, made["key_id"]), new(60, first), told("keys.rotate"))
    assert [await holder(key) for key in (old, first)] == [made["key_id"]] * 2
    desk.rotate((ACME, made["key_id"]), new(0, second), told("keys.rotate"))
    assert [await holder(key) for key in (old, first, second)] == [None, None, made["key_id"]]
    desk.revoke((ACME, made["key_id"]), told("keys.revoke"))
    assert await holder(second) is None
    with pytest.raises(KeyEnded):
        desk.rotate((ACME, made["key_id"]), new(), told())
    await pool.close()
    of_key = "SELECT action, detail FROM audit_log WHERE detail->>'key_id' = %(id)s"
    written = rows(database_url, of_key, id=str(made["key_id"]))
    assert sorted(row[0] for row in written) == ["keys.create", "keys.revoke", "keys.rotate", "keys.rotate"]
    assert all(row[1]["name"] == "reader" for row in written)


def test_keys_of_another_tenant_are_not_there(desk: KeyDesk) -> None:
    made = desk.create(replace(READER, tenant_id=OTHER), digest(generate_key()), told(tenant=OTHER))
    assert desk.rotate((ACME, made["key_id"]), new(), told()) is None
    assert desk.revoke((ACME, made["key_id"]), told()) is None
    assert made["key_id"] not in {row["key_id"] for row in desk.known(ACME)}
    assert desk.known(None) == []


def test_a_change_that_may_not_be_leaves_neither_change_nor_row(desk: KeyDesk, database_url: str) -> None:
    made = desk.create(READER, digest(generate_key()), told("keys.create"))

    def may(_: object) -> None:
        raise PermissionError

    before = actions(database_url)
    with pytest.raises(PermissionError):
        desk.rotate((ACME, made["key_id"]), new(), told("keys.rotate"), may)
    assert actions(database_url) == before
    assert next(row for row in desk.known(ACME) if row["key_id"] == made["key_id"])["rotated_at"] is None


async def test_a_tenant_is_founded_once_and_listed_with_its_counts(desk: KeyDesk, service_url: str) -> None:
    first = KeyProperties(tenant_id="newcomer", name="first key", scopes=["admin"])
    assert desk.found(first, digest(generate_key()), told("tenants.create")) is not None
    assert desk.found(first, digest(generate_key()), told("tenants.create")) is None
    pool = make_pool(Settings(), service_url)
    await pool.open()
    reader, cursor = AdminReader(desk, Database(pool)), None
    seen: list[tuple[str, int]] = []
    while True:
        page = await reader.tenants(ACME, 1, cursor)
        seen.extend((tenant.tenant_id, tenant.users) for tenant in page.tenants)
        if (cursor := page.next_cursor) is None:
            break
    await pool.close()
    assert ("newcomer", 0) in seen
    assert seen == sorted(set(seen))


async def test_rows_of_several_tenants_land_once_and_each_tenant_reads_its_own(service_url: str) -> None:
    ledger = Ledger(service_url)
    entries = [told("page", tenant, at=NOW + timedelta(seconds=n), user_ids=(f"u-{n % 2}",), detail={"results": n})
               for n, tenant in enumerate([ACME, OTHER, ACME, OTHER, ACME])]  # fmt: skip
    await ledger.write(entries[:3])
    await ledger.write(entries)
    await ledger.close()
    pool = make_pool(Settings(), service_url)
    await pool.open()
    reader = AuditReader(Database(pool))

    async def read(tenant: TenantId, **changes: Any) -> list[int]:
        page = await reader.page(tenant, AuditQuery(since=NOW, until=NOW + timedelta(minutes=1), **changes))
        return [row.detail["results"] for row in page.entries if row.action == "page"]

    assert await read(ACME) == [4, 2, 0]
    assert await read(OTHER) == [3, 1]
    assert await read(OTHER, user_id="u-0") == []
    first = await reader.page(ACME, AuditQuery(since=NOW, until=NOW + timedelta(minutes=1), user_id="u-0", limit=2))
    rest = await reader.page(ACME, AuditQuery(since=NOW, user_id="u-0", cursor=first.next_cursor))
    assert [row.detail["results"] for row in (*first.entries, *rest.entries)][:3] == [4, 2, 0]
    await pool.close()


async def test_a_ledger_goes_on_after_its_connection_was_lost(service_url: str, database_url: str) -> None:
    ledger, entry = Ledger(service_url), told("survivor")
    await ledger.write([told("before")])
    rows(service_url, KILL)
    with pytest.raises(psycopg.OperationalError):
        await ledger.write([entry])
    for broken in ("a\x00b", "a\ud800b"):
        with pytest.raises(Unstorable):
            await ledger.write([told(request_id=broken)])
    await ledger.write([entry])
    await ledger.close()
    assert actions(database_url).count("survivor") == 1


async def test_a_last_use_only_moves_forward(desk: KeyDesk, service_url: str) -> None:
    made = desk.create(READER, digest(generate_key()), told())
    ledger = Ledger(service_url)
    for at in (NOW, NOW - timedelta(hours=1)):
        await ledger.write_uses({(ACME, made["key_id"]): at, (OTHER, made["key_id"]): NOW + timedelta(days=1)})
    await ledger.close()
    assert next(row for row in desk.known(ACME) if row["key_id"] == made["key_id"])["last_used_at"] == NOW


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET action = ''", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_not_even_the_owner_changes_the_log(desk: KeyDesk, database_url: str, statement: str) -> None:
    desk.create(READER, digest(generate_key()), told())
    with pytest.raises(RestrictViolation, match="only ever added"):
        rows(database_url, statement)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_service_may_not_do_what_it_need_not(service_url: str, statement: str) -> None:
    with psycopg.connect(service_url) as connection:
        connection.execute("SELECT set_config('alluvium.tenant_id', 'acme', true)")
        with pytest.raises(InsufficientPrivilege):
            connection.execute(statement.encode())


def command(url: str, *words: str) -> str:
    done = CliRunner().invoke(main, words, env={"DATABASE_URL": url, "SECRET_KEY": SECRET}, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_log_is_written_out_and_old_months_are_taken_out(database_url: str, desk: KeyDesk) -> None:
    old = told("old", at=datetime(2025, 12, 31, 23, tzinfo=UTC), user_ids=("ana",))
    desk.create(READER, digest(generate_key()), old)
    span = ("--tenant", ACME, "--until", "2026-01-01")
    before = [json.loads(line) for line in command(database_url, "audit", "export", *span).splitlines()]
    pruned = command(database_url, "audit", "prune", "--before", "2026-01", "--yes")
    assert [(line["action"], line["user_ids"]) for line in before] == [("old", ["ana"])]
    assert json.loads(pruned) == {"tenant": ACME, "pruned": 1}
    assert command(database_url, "audit", "export", *span) == ""
    assert {"audit.export", "audit.prune"} <= set(actions(database_url))
    assert "old" not in actions(database_url)


async def test_a_database_that_is_away_is_retryable() -> None:
    reader = AdminReader(KeyDesk("postgresql://nobody@127.0.0.1:1/none"), Database(make_pool(Settings())))
    with pytest.raises(Retryable):
        await reader.revoke((ACME, uuid4()), told())


def test_a_key_s_life_from_the_command_line(database_url: str) -> None:
    made = command(database_url, "keys", "create", "--tenant", "cli", "--name", "n", "--scopes", "read").strip()
    (listed,) = map(json.loads, command(database_url, "keys", "list", "--tenant", "cli").splitlines())
    rotated = command(database_url, "keys", "rotate", listed["key_id"], "--grace", "12h").strip()
    command(database_url, "keys", "revoke", listed["key_id"], "--tenant", "cli")
    assert (is_key(made), is_key(rotated), made == rotated) == (True, True, False)
    assert actions(database_url, "cli") == ["keys.create", "keys.rotate", "keys.revoke"]
    environment = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET}
    refused = CliRunner().invoke(main, ["keys", "rotate", listed["key_id"]], env=environment)
    assert refused.exit_code == 1
