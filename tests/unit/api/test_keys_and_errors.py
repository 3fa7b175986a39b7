"""Who may do what, and what every error looks like."""

from __future__ import annotations

import logging
from uuid import UUID

import pytest
from pydantic import ValidationError

from api.auth import (
    CACHE_SECONDS,
    KeyRing,
    Scope,
    generate_key,
    is_key,
    key_hmac,
    parse_scopes,
    secret_key_of,
)
from api.models.people import ProfileLine
from support.api_fakes import KEY, SECRET, FakeKeys, World, away, world
from topology.errors import Misconfigured
from topology.settings import Settings

ITEM = "/v1/items/0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10"

READING: list[tuple[str, str, object]] = [
    ("GET", "/v1/events/e", None),
    ("GET", "/v1/lag", None),
    ("POST", "/v1/recall", {"query": "q", "conversation_id": "c"}),
    ("GET", "/v1/users", None),
    ("GET", "/v1/users/u/profile", None),
    ("GET", "/v1/users/u/items", None),
    ("GET", ITEM, None),
    ("GET", ITEM + "/history", None),
    ("GET", "/v1/conversations", None),
    ("GET", "/v1/conversations/c/messages", None),
    ("GET", "/v1/version", None),
]
CORRECTING: list[tuple[str, str, object]] = [
    ("POST", "/v1/users/u/items", {"kind": "fact", "slot": "home_city", "value": "Porto"}),
    ("PATCH", ITEM, {"value": "Porto"}),
    ("DELETE", ITEM, None),
]
ADMINISTERING: list[tuple[str, str, object]] = [
    ("GET", "/v1/admin/keys", None),
    ("POST", "/v1/admin/keys", {"name": "n", "scopes": ["read"]}),
    ("POST", "/v1/admin/keys/0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10/rotate", {}),
    ("DELETE", "/v1/admin/keys/0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10", None),
    ("GET", "/v1/admin/policies", None),
    ("GET", "/v1/admin/tenants", None),
    ("POST", "/v1/admin/tenants", {"tenant_id": "t"}),
    ("GET", "/v1/admin/audit", None),
]
GUARDED: list[tuple[Scope, str, str, object]] = [
    *((Scope.READ, *call) for call in READING),
    *((Scope.CORRECT, *call) for call in CORRECTING),
    *((Scope.ADMIN, *call) for call in ADMINISTERING),
    (Scope.INGEST, "POST", "/v1/events", []),
]


@pytest.mark.asyncio
@pytest.mark.parametrize(("scope", "method", "path", "body"), GUARDED)
async def test_without_a_key_every_call_is_refused_with_a_challenge(
    scope: Scope, method: str, path: str, body: object
) -> None:
    async with world().client(key=None) as client:
        answer = await client.request(method, path, json=body)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/v1/events", "/v1/recall"])
async def test_no_body_of_a_stranger_is_read(path: str) -> None:
    async with world().client(key=None) as client:
        answer = await client.post(path, content=b"{not json", headers={"Content-Type": "application/json"})
    assert answer.status_code == 401
    async with world().client() as client:
        answer = await client.post(path, content=b"{not json", headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}


@pytest.mark.asyncio
async def test_a_store_of_keys_that_is_away_is_a_503_and_not_a_401() -> None:
    w = world()
    w.keys.error = away()
    async with w.client() as client:
        answer = await client.get("/v1/lag")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"


@pytest.mark.asyncio
async def test_a_stranger_is_counted_under_the_endpoint_that_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with world().client(key=None) as client:
            await client.get("/v1/users/ana/profile")
            await client.get("/v1/nowhere")
    lines = [vars(r) for r in caplog.records if r.name == "api.middleware"]
    assert [(line["endpoint"], line["status"]) for line in lines] == [
        ("/v1/users/{user_id}/profile", 401),
        ("none", 401),
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize(("scope", "method", "path", "body"), GUARDED)
async def test_a_key_without_the_scope_is_refused(scope: Scope, method: str, path: str, body: object) -> None:
    w = World()
    w.keys.add(scopes=frozenset(Scope) - {scope})
    async with w.client() as client:
        answer = await client.request(method, path, json=body)
    assert answer.status_code == 403
    assert f'scope="{scope}"' in answer.headers["www-authenticate"]


@pytest.mark.asyncio
@pytest.mark.parametrize("key", ["alv_" + "x" * 43, "nonsense", "alv_é"])
async def test_a_wrong_key_is_refused(key: str) -> None:
    async with world().client(key=None) as client:
        answer = await client.get("/v1/lag", headers=[(b"Authorization", b"Bearer " + key.encode())])
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.asyncio
async def test_the_whole_tenant_has_a_scope_of_its_own() -> None:
    w = World()
    w.keys.add(scopes=frozenset({Scope.READ}))
    async with w.client() as client:
        assert (await client.post("/v1/recall", json={"query": "q"})).status_code == 403
        assert (await client.post("/v1/recall", json={"query": "q", "user_id": "ana"})).status_code == 200


@pytest.mark.asyncio
async def test_a_key_is_asked_for_once_in_a_while_and_forgotten_when_it_ends() -> None:
    keys, now = FakeKeys(), [0.0]
    keys.add()
    ring = KeyRing(keys, SECRET.encode(), clock=lambda: now[0])
    assert await ring.principal(KEY)
    assert await ring.principal(KEY)
    assert keys.asked == 1
    keys.known.clear()
    now[0] = CACHE_SECONDS
    assert await ring.principal(KEY) is None
    assert keys.asked == 2


@pytest.mark.asyncio
async def test_a_key_is_strange_until_it_was_found_right_and_again_once_it_is_not() -> None:
    keys, now = FakeKeys(), [0.0]
    keys.add()
    ring = KeyRing(keys, SECRET.encode(), clock=lambda: now[0])
    assert ring.is_strange(KEY)
    await ring.principal(KEY)
    now[0] = 100 * CACHE_SECONDS
    assert not ring.is_strange(KEY), "whoever is at work would be shut out by others at its address"
    keys.known.clear()
    await ring.principal(KEY)
    assert ring.is_strange(KEY)


def test_keys_carry_256_bits_and_differ() -> None:
    assert is_key(generate_key())
    assert generate_key() != generate_key()


def test_the_stored_digest_depends_on_the_secret() -> None:
    assert key_hmac(b"one", KEY) != key_hmac(b"two", KEY)
    assert len(key_hmac(b"one", KEY)) == 32


def test_all_means_every_scope_and_a_wrong_word_is_an_error() -> None:
    assert parse_scopes(["all"]) == frozenset(Scope)
    assert parse_scopes(["read"]) == {Scope.READ}
    with pytest.raises(ValueError, match="raed"):
        parse_scopes(["raed"])


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(Misconfigured):
        secret_key_of(Settings(secret_key="short"))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/users/", 404),
        ("PUT", "/v1/lag", 405),
        ("GET", "/v1/items/not-a-uuid", 422),
        ("GET", ITEM, 404),
        ("GET", ITEM + "/history", 404),
        ("PATCH", ITEM, 422),
        ("DELETE", ITEM, 404),
        ("GET", "/v1/users//items", 422),
        ("GET", "/v1/users/u%00/items", 422),
        ("GET", "/v1/users/u/items?limit=101", 422),
        ("GET", "/v1/users/u/items?kind=rumour", 422),
        ("GET", "/v1/users/u/items?valid_at=yesterday", 422),
        ("GET", "/v1/users/u/items?valid_at=2024-05-17T09:30:00", 422),
        ("GET", "/v1/users/u/items?known_at=0001-01-01T00:00:00%2B14:00", 422),
        ("GET", "/v1/events/e?wait_seconds=31", 422),
        ("GET", "/v1/events/e?wait_seconds=nan", 422),
    ],
)
async def test_every_error_is_a_problem(method: str, path: str, status: int) -> None:
    async with world().client() as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:alluvium:problem:")
    assert problem["instance"] == f"urn:request:{answer.headers['x-request-id']}"


@pytest.mark.asyncio
async def test_a_database_that_is_away_is_a_503() -> None:
    w = world()
    w.items.error = away()
    async with w.client() as client:
        answer = await client.get("/v1/users/u/items")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"


@pytest.mark.asyncio
async def test_what_only_a_person_can_mend_is_a_503_that_names_nothing() -> None:
    w = world()
    w.log.error = Misconfigured("run this at 10.0.0.1")
    async with w.client() as client:
        answer = await client.post("/v1/events", json=[_event()])
    assert answer.status_code == 503
    assert "10.0.0.1" not in answer.text


@pytest.mark.asyncio
@pytest.mark.parametrize("debug", [False, True])
async def test_an_unforeseen_error_shows_a_traceback_only_when_debugging(debug: bool) -> None:
    w = world(debug=debug)
    w.profiles.error = RuntimeError("secret thing")
    async with w.client() as client:
        answer = await client.get("/v1/users/u/profile")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("secret thing" in answer.text) is debug


@pytest.mark.asyncio
async def test_a_caller_s_request_id_is_kept_where_it_is_harmless() -> None:
    async with world().client() as client:
        assert (await client.get("/health/live", headers={"X-Request-ID": "abc-1"})).headers["x-request-id"] == "abc-1"
        made = (await client.get("/health/live", headers={"X-Request-ID": "a b"})).headers["x-request-id"]
    assert UUID(made)


@pytest.mark.asyncio
async def test_the_log_names_the_route_and_never_what_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with world().client() as client:
            await client.post("/v1/recall", json={"query": "a private thing", "user_id": "ana"})
            await client.get("/v1/users/ana/profile")
    lines = [vars(r) for r in caplog.records if r.name == "api.middleware"]
    assert [(line["endpoint"], line["status"], line["tenant"]) for line in lines] == [
        ("/v1/recall", 200, "acme"),
        ("/v1/users/{user_id}/profile", 200, "acme"),
    ]
    assert "private" not in str(lines)
    assert "'ana'" not in str(lines)


@pytest.mark.asyncio
async def test_an_unforeseen_error_is_logged_by_its_kind_and_places_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    w = world()
    w.recall.error = KeyError("a private thing")
    w.recall.error.__cause__ = ValueError("another private thing")
    async with w.client() as client:
        await client.post("/v1/recall", json={"query": "q", "user_id": "ana"})
    assert "KeyError" in caplog.text
    assert "ValueError" in caplog.text
    assert "in ask" in caplog.text
    assert "private" not in caplog.text


def test_an_answer_that_cannot_be_made_is_told_of_without_its_words() -> None:
    with pytest.raises(ValidationError) as refused:
        ProfileLine.model_validate({"item_id": "i", "value": ["a private thing"]})
    assert "private" not in str(refused.value)


def _event() -> dict[str, str]:
    return {
        "event_id": "e",
        "type": "conversation.ended",
        "conversation_id": "c",
        "occurred_at": "2024-01-01T00:00:00Z",
    }
