"""Who is let in, who has to wait, and what each is told, on a world in memory."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from redis import ConnectionError as RedisAway

from support.api_fakes import KEY, World, world

WRONG = "alv_" + "x" * 43


def limited(**changed: int) -> World:
    return world(changed=changed)


def an_event(number: int = 0) -> dict[str, str]:
    return {
        "event_id": f"e{number}",
        "type": "conversation.ended",
        "conversation_id": "c",
        "occurred_at": "2024-01-01T00:00:00Z",
    }


@pytest.mark.asyncio
async def test_beyond_the_limit_the_answer_is_429_and_tells_when_to_come_again() -> None:
    async with limited(rate_limit_per_minute=2).client() as client:
        first = [await client.get("/v1/lag") for _ in range(2)]
        refused = await client.get("/v1/lag")
    assert [answer.status_code for answer in first] == [200, 200]
    assert first[0].headers["ratelimit"].startswith('"minute";r=1;')
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "8"
    assert refused.headers["ratelimit"].startswith('"minute";r=0;t=8')


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/items/not-a-uuid", None, 422),
        ("GET", "/v1/nowhere", None, 404),
        ("PUT", "/v1/lag", None, 405),
        ("POST", "/v1/recall", {"nonsense": 1}, 422),
        ("POST", "/v1/events", [{}], 422),
    ],
)
async def test_every_answer_to_a_known_caller_shows_its_quota(
    method: str, path: str, body: object, status: int
) -> None:
    async with world().client() as client:
        answer = await client.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["ratelimit-policy"].startswith('"second"' if path == "/v1/events" else '"minute"')
    assert "ratelimit" in answer.headers


@pytest.mark.asyncio
async def test_ingest_has_a_limit_of_its_own_by_events() -> None:
    w = limited(rate_limit_per_minute=1, ingest_limit_per_second=10)
    async with w.client() as client:
        took = await client.post("/v1/events", json=[an_event(number) for number in range(9)])
        assert (await client.post("/v1/events", json=[an_event(9)])).status_code == 202
        refused = await client.post("/v1/events", content=b"{never read")
        assert (await client.get("/v1/lag")).status_code == 200
    assert took.status_code == 202
    assert took.headers["ratelimit"].startswith('"second";r=1;')
    assert refused.status_code == 429
    assert len(w.log.events) == 10


@pytest.mark.asyncio
async def test_a_key_that_is_exempt_is_never_refused_and_still_counted() -> None:
    w = limited(rate_limit_per_minute=1)
    for digest, principal in list(w.keys.known.items()):
        w.keys.known[digest] = replace(principal, rate_limited=False)
    async with w.client() as client:
        answers = [await client.get("/v1/lag") for _ in range(3)]
        usage = (await client.get("/v1/me/usage")).json()
    assert [answer.status_code for answer in answers] == [200] * 3
    assert "ratelimit" not in answers[0].headers
    assert (usage["requests"], usage["rate_limited"], usage["requests_today"]) == ([], False, 3)


@pytest.mark.asyncio
async def test_usage_tells_limits_and_the_day_and_costs_nothing() -> None:
    w = limited(rate_limit_per_minute=2)
    async with w.client() as client:
        await client.post("/v1/events", json=[an_event(number) for number in range(3)])
        for _ in range(3):
            await client.get("/v1/lag")
        usage = (await client.get("/v1/me/usage")).json()
        again = (await client.get("/v1/me/usage")).json()
    assert usage == again
    assert usage["tenant_id"] == "acme"
    assert [quota["name"] for quota in usage["requests"]] == ["minute", "hour"]
    assert usage["requests"][0] | {"reset_seconds": 0} == {
        "name": "minute",
        "limit": 2,
        "window_seconds": 60,
        "used": 2,
        "remaining": 0,
        "reset_seconds": 0,
    }
    assert (usage["requests_today"], usage["refused_today"], usage["events_today"]) == (3, 1, 3)


@pytest.mark.asyncio
async def test_while_redis_is_away_everybody_is_let_in_and_a_metric_says_so() -> None:
    w = limited(rate_limit_per_minute=1)
    w.counters.error = RedisAway()
    w.strangers.error = RedisAway()
    async with w.client() as client:
        assert [(await client.get("/v1/lag")).status_code for _ in range(3)] == [200] * 3
        assert (await client.get("/v1/me/usage")).status_code == 503
        told = (await client.get("/metrics")).text
    (line,) = [line for line in told.splitlines() if line.startswith("alluvium_api_unlimited_requests_total ")]
    assert float(line.split()[1]) >= 3


@pytest.mark.asyncio
async def test_a_key_that_is_known_goes_on_beside_strangers_at_its_address() -> None:
    w = world()
    w.strangers.most = 1
    async with w.client() as client:
        wrong = {"Authorization": f"Bearer {WRONG}"}
        statuses = [(await client.get("/v1/lag", headers=headers)).status_code for headers in ({}, wrong, wrong, {})]
    assert statuses == [200, 401, 429, 200]


@pytest.mark.asyncio
async def test_a_stranger_is_kept_out_before_the_database_is_asked() -> None:
    w = world()
    w.strangers.most = 2
    async with w.client(key=WRONG) as stranger:
        answers = [await stranger.get("/v1/lag") for _ in range(4)]
        asked = w.keys.asked
        good = await stranger.get("/v1/lag", headers={"Authorization": f"Bearer {KEY}"})
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert asked == 2
    assert answers[2].headers["retry-after"] == "13"
    assert good.status_code == 429


@pytest.mark.asyncio
async def test_no_key_at_all_spends_nothing() -> None:
    w = world()
    async with w.client(key=None) as client:
        await client.get("/v1/lag")
    assert w.strangers.failures == {}


@pytest.mark.asyncio
async def test_each_key_has_its_own_quota() -> None:
    w = limited(rate_limit_per_minute=1)
    other = "alv_" + "o" * 43
    w.keys.add(other, tenant="other")
    async with w.client() as mine, w.client(other) as theirs:
        statuses = [(await client.get("/v1/lag")).status_code for client in (mine, mine, theirs)]
    assert statuses == [200, 429, 200]
    assert {caller for caller, _ in w.counters.used} == {UUID(int=0), UUID(int=1)}
