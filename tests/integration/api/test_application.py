"""The whole application on the real PostgreSQL, Valkey, Kafka and registry; the agents and sinks are not there."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis

from api.app import create_app
from api.auth import generate_key, key_hmac
from api.readers.keys import KeyDesk
from api.readers.profiles import ABSENT_SECONDS
from schemas.ids import UserId
from sinks.redis.keys import profile_key
from sinks.redis.scripts import SET_PROFILE, source
from streams.extraction.slots import SLOTS, Catalogue, Catalogues
from support.api_fakes import SECRET
from support.api_story import ACME, PORTO
from support.infrastructure import PROJECT, Infrastructure
from support.tenants import SHOES
from topology.settings import Settings

pytestmark = pytest.mark.integration

CREATE = ("keys", "create", "--tenant", "acme", "--name", "short", "--scopes", "read")
LIST = ("keys", "list", "--tenant", "acme")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The application, its environment, and a client with a key of acme's."""

    client: httpx.AsyncClient
    environment: dict[str, str]
    redis: Redis


@pytest.fixture
async def running(
    infrastructure: Infrastructure, database_url: str, service_url: str, api_topics: None, api_schemas: None
) -> AsyncIterator[Running]:
    databases = {"DATABASE_URL": database_url, "API_DATABASE_URL": service_url}
    environment = {**infrastructure.environment, **databases, "SECRET_KEY": SECRET, "PARTITIONS": "4"}
    key = generate_key()
    digest = key_hmac(SECRET.encode(), key)
    KeyDesk(database_url).put(tenant_id=ACME, name="test", digest=digest, scopes=["all"], rate_limited=False, days=None)
    app = create_app(settings_of(environment), catalogues=Catalogues({ACME: Catalogue((*SLOTS, SHOES))}))
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", headers=headers) as client,
        Redis.from_url(environment["REDIS_URL"], decode_responses=True) as redis,
    ):
        await redis.delete(profile_key(ACME, UserId("ana")))
        yield Running(client=client, environment=environment, redis=redis)


def settings_of(environment: dict[str, str]) -> Settings:
    return Settings.model_validate({name.lower(): value for name, value in environment.items()})


async def run(environment: dict[str, str], *command: str, told: str = "") -> str:
    """What `python -m api ...` prints. The event loop goes on meanwhile, since the application lives on it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", *command),
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate(told.encode())
    assert process.returncode == 0
    return printed.decode()


async def test_an_event_is_accepted_and_then_pending(running: Running) -> None:
    assert (await running.client.get("/health/ready")).json()["checks"] == {
        "postgresql": "ok",
        "kafka": "ok",
        "redis": "ok",
    }
    event = {
        "event_id": f"evt-{uuid4()}",
        "type": "message.recorded",
        "conversation_id": "c",
        "message_id": "m",
        "user_id": "ana",
        "text": "Hello.",
        "occurred_at": "2024-05-17T09:30:00Z",
    }
    accepted = (await running.client.post("/v1/events", json=[event])).json()
    assert accepted["accepted"] == 1
    assert accepted["positions"][0]["event_id"] == event["event_id"]
    lag = (await running.client.get("/v1/lag")).json()
    assert lag["pending"] == sum(lag["stages"].values()) >= 1
    assert (await running.client.get(f"/v1/events/{event['event_id']}")).status_code == 404
    after = {name: accepted["positions"][0][name] for name in ("topic", "partition", "offset")}
    question = {"query": "Hello", "conversation_id": "c", "after": after, "wait_seconds": 0.2}
    assert (await running.client.post("/v1/recall", json=question)).json()["after_reached"] is False


async def test_a_slot_of_the_tenant_is_known_to_the_application(running: Running) -> None:
    wanted = {"kind": "fact", "slot": SHOES.name, "value": "..."}
    refused = await running.client.post("/v1/users/rui/items", json=wanted)
    assert [error["field"] for error in refused.json()["errors"]] == ["value"], "the slot is there"


async def test_a_profile_comes_from_postgresql_once_and_then_from_redis(running: Running) -> None:
    first = (await running.client.get("/v1/users/ana/profile")).json()
    second = (await running.client.get("/v1/users/ana/profile")).json()
    assert (first["read_from"], second["read_from"]) == ("postgresql", "redis")
    assert {**first, "read_from": ""} == {**second, "read_from": ""}
    assert [(line["item_id"], line["value"]) for line in first["slots"]] == [(PORTO, "Porto")]
    assert [(line["value"], line["due_to"]) for line in first["tasks"]] == [("call Eva", "2999-01-01T00:00:00Z")]
    assert (first["preferences"], first["events"]) == ([], [])


async def test_a_profile_that_the_sink_wrote_meanwhile_is_not_overwritten(running: Running) -> None:
    key = profile_key(ACME, UserId("ana"))
    await running.client.get("/v1/users/ana/profile")
    newer = json.dumps({"user_id": "ana", "slots": [], "top": [], "active_items": 9, "recorded_at": None})
    await running.redis.hset(key, mapping={"version": 10_000, "value": newer})
    assert (await running.client.get("/v1/users/ana/profile")).json()["active_items"] == 9
    await running.redis.hset(key, mapping={"version": 10_000, "value": ""})
    assert (await running.client.get("/v1/users/ana/profile")).json()["active_items"] == 0


async def test_that_there_is_no_profile_is_kept_for_a_moment_and_the_first_one_shows_at_once(running: Running) -> None:
    user, first = UserId(f"new-{uuid4()}"), {"user_id": "new", "slots": [], "top": [], "active_items": 1}
    key, path = profile_key(ACME, user), f"/v1/users/{user}/profile"
    absent = [(await running.client.get(path)).json() for _ in range(2)]
    assert [answer["read_from"] for answer in absent] == ["postgresql", "redis"]
    assert {answer["active_items"] for answer in absent} == {0}
    assert 0 < await running.redis.ttl(key) <= ABSENT_SECONDS
    landed = running.redis.register_script(source(SET_PROFILE))
    assert await landed(keys=[key], args=[0, json.dumps(first | {"recorded_at": None}), 60]) == 1
    assert (await running.client.get(path)).json()["active_items"] == 1


async def test_commands_about_an_item_are_accepted(running: Running) -> None:
    corrected = await running.client.patch(f"/v1/items/{PORTO}", json={"value": "Braga"})
    assert corrected.status_code == 202
    assert corrected.json()["position"]["topic"] == "memory.commands.v1"
    assert (await running.client.delete(f"/v1/items/{PORTO}")).status_code == 202
    assert (await running.client.delete(f"/v1/items/{uuid4()}")).status_code == 404


async def test_what_was_read_is_in_the_audit_log(running: Running) -> None:
    read = await running.client.get("/v1/users/ana/profile")
    asked = {"user_id": "ana", "since": "2026-01-01T00:00:00Z"}
    async with asyncio.timeout(10):
        while True:
            entries = (await running.client.get("/v1/admin/audit", params=asked)).json()["entries"]
            if any(entry["request_id"] == read.headers["x-request-id"] for entry in entries):
                break
            await asyncio.sleep(0.1)
    assert {entry["principal"] for entry in entries} == {"key:test"}


async def test_keys_are_made_shown_once_listed_and_revoked(running: Running) -> None:
    made = (await run(running.environment, *CREATE)).strip()
    lines = [json.loads(line) for line in (await run(running.environment, *LIST)).splitlines()]
    (listed,) = [line for line in lines if line["name"] == "short"]
    assert made not in json.dumps(lines)
    assert listed["scopes"] == ["read"]
    headers = {"Authorization": f"Bearer {made}"}
    assert (await running.client.get("/v1/version", headers=headers)).status_code == 200
    assert (await running.client.post("/v1/events", json=[], headers=headers)).status_code == 403
    await run(running.environment, "keys", "revoke", listed["key_id"])
    service = running.client._transport.app.state.service  # type: ignore[attr-defined]
    service.keys._known.clear()
    assert (await running.client.get("/v1/version", headers=headers)).status_code == 401


async def test_an_ensured_key_is_one_row_whatever_is_repeated(running: Running) -> None:
    key = generate_key()
    command = ("keys", "ensure", "--tenant", "acme", "--name", "twice", "--scopes", "all", "--no-rate-limit")
    first = await run(running.environment, *command, told=key)
    assert await run(running.environment, *command, told=key + "\n") == first
