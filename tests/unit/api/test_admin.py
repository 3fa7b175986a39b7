"""Administration: what may be given, to whom, and that each change goes with its row of the audit log."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from api.auth import Scope, is_key
from api.readers.keys import KeyProperties
from schemas.ids import TenantId
from support.api_fakes import TENANT, World, a_key, away, world

ID = UUID(int=7)
ROTATE = f"/v1/admin/keys/{ID}/rotate"


def a_world(*scopes: Scope, admin_tenant: str = "") -> World:
    """Where KEY has these scopes, and TENANT a key that may read."""
    made = World(admin_tenant=admin_tenant)
    made.keys.add(scopes=frozenset(scopes))
    made.desk.known[TENANT, ID] = a_key(ID, KeyProperties(tenant_id=TENANT, name="reader", scopes=["read"]))
    return made


async def test_a_key_is_shown_once_and_listed_without_its_secret() -> None:
    w = world()
    async with w.client() as client:
        made = await client.post("/v1/admin/keys", json={"name": "assistant", "scopes": ["read", "ingest"]})
        listed = await client.get("/v1/admin/keys")
    assert made.status_code == 201
    assert is_key(made.json()["key"])
    assert [key["scopes"] for key in listed.json()["keys"]] == [["ingest", "read"]]
    assert made.json()["key"] not in listed.text


async def test_nobody_gives_a_scope_that_they_lack() -> None:
    w = a_world(Scope.ADMIN, Scope.READ)
    async with w.client() as client:
        refused = await client.post("/v1/admin/keys", json={"name": "n", "scopes": ["read", "correct"]})
        given = await client.post("/v1/admin/keys", json={"name": "n", "scopes": ["read"]})
    assert (refused.status_code, given.status_code) == (403, 201)
    assert "`correct`" in refused.json()["detail"]


async def test_nobody_gives_freedom_from_limits_who_lacks_it() -> None:
    w = world()
    async with w.client() as client:
        answer = await client.post("/v1/admin/keys", json={"name": "n", "scopes": ["read"], "rate_limited": False})
    assert answer.status_code == 403


async def test_a_rotation_gives_a_new_secret_under_the_same_id() -> None:
    w = a_world(*Scope)
    async with w.client() as client:
        answer = await client.post(ROTATE, json={"grace_seconds": 60})
    assert answer.status_code == 200
    assert answer.json()["key_id"] == str(ID)
    assert is_key(answer.json()["key"])
    assert w.desk.secrets[0].grace == timedelta(seconds=60)


async def test_nobody_gets_hold_of_a_key_that_may_do_more() -> None:
    w = a_world(Scope.ADMIN)
    async with w.client() as client:
        assert (await client.post(ROTATE, json={})).status_code == 403
    assert w.desk.secrets == []


async def test_an_ended_key_is_not_rotated_and_one_of_elsewhere_is_not_there() -> None:
    w = a_world(*Scope)
    other = UUID(int=8)
    w.desk.known[TenantId("other"), other] = a_key(other, KeyProperties(tenant_id="other", name="x", scopes=["read"]))
    async with w.client() as client:
        assert (await client.delete(f"/v1/admin/keys/{ID}")).json()["revoked_at"]
        assert (await client.post(ROTATE, json={})).status_code == 409
        assert (await client.post(f"/v1/admin/keys/{other}/rotate", json={})).status_code == 404
        assert (await client.delete(f"/v1/admin/keys/{other}")).status_code == 404


async def test_a_change_is_written_down_once_with_the_change_itself() -> None:
    w = a_world(*Scope)
    async with w.client() as client:
        await client.post("/v1/admin/keys", json={"name": "n", "scopes": ["read"]})
        await client.post(ROTATE, json={})
        await client.delete(f"/v1/admin/keys/{ID}")
    assert [(told.action, told.status) for told in w.desk.told] == [
        ("keys.create", 201),
        ("keys.rotate", 200),
        ("keys.revoke", 200),
    ]
    assert w.audit.entries == []


async def test_a_refused_or_failed_change_is_written_down_all_the_same() -> None:
    w = a_world(Scope.ADMIN)
    async with w.client() as client:
        await client.post(ROTATE, json={})
        w.desk.error = away()
        await client.post("/v1/admin/keys", json={"name": "n", "scopes": ["admin"]})
        await client.post("/v1/admin/keys", json={"name": "n", "scopes": []})
    assert [(entry.action, entry.status) for entry in w.audit.entries] == [
        ("keys.rotate", 403),
        ("keys.create", 503),
        ("keys.create", 422),
    ]


@pytest.mark.parametrize("admin_tenant", ["", "other"])
async def test_only_the_tenant_that_runs_the_service_sees_tenants(admin_tenant: str) -> None:
    w = a_world(*Scope, admin_tenant=admin_tenant)
    async with w.client() as client:
        assert (await client.get("/v1/admin/tenants")).status_code == 403
        assert (await client.post("/v1/admin/tenants", json={"tenant_id": "new"})).status_code == 403


async def test_a_tenant_is_founded_once() -> None:
    w = a_world(Scope.ADMIN, Scope.READ, admin_tenant=TENANT)
    async with w.client() as client:
        founded = await client.post("/v1/admin/tenants", json={"tenant_id": "new"})
        again = await client.post("/v1/admin/tenants", json={"tenant_id": "new"})
        tenants = (await client.get("/v1/admin/tenants")).json()["tenants"]
    assert (founded.status_code, again.status_code) == (201, 409)
    assert (founded.json()["tenant_id"], founded.json()["scopes"]) == ("new", ["admin", "read"])
    assert [tenant["tenant_id"] for tenant in tenants] == ["acme", "new"]
    assert w.desk.told[0].tenant_id == TENANT


@pytest.mark.parametrize("name", ["a/b", "", "a" * 65, "a\n"])
async def test_a_tenant_s_id_is_that_of_the_contract(name: str) -> None:
    w = a_world(*Scope, admin_tenant=TENANT)
    async with w.client() as client:
        assert (await client.post("/v1/admin/tenants", json={"tenant_id": name})).status_code == 422


async def test_policies_are_those_in_force() -> None:
    async with world().client() as client:
        told = (await client.get("/v1/admin/policies")).json()
    assert told["lifetimes_days"] == {"working": 1, "short": 30, "long": 3650, "permanent": None}
    assert told["rules"][0] == {
        "level": "permanent",
        "kind": None,
        "slot": None,
        "least_confidence": 0,
        "explicit": True,
    }
    assert (told["otherwise"], told["roles"]) == ("working", ["user"])


async def test_the_audit_log_is_the_tenant_s_and_reading_it_is_a_row() -> None:
    w = world()
    async with w.client() as client:
        await client.get("/v1/users/ana/profile")
        await client.get("/v1/users/rui/profile")
        page = (await client.get("/v1/admin/audit?user_id=ana")).json()
        wrong = await client.get("/v1/admin/audit?since=2024-01-02T00:00:00Z&until=2024-01-01T00:00:00Z")
    assert [(row["action"], row["user_ids"]) for row in page["entries"]] == [("profile", ["ana"])]
    assert w.audit.entries[2].action == "audit.list"
    assert wrong.status_code == 422
