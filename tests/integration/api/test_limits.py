"""Counting in the real Valkey: what is let in, when there is room again, and one round trip a question."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from api.limits.quotas import Quota
from api.limits.store import RedisCounters
from api.limits.strangers import strangers_of
from support.infrastructure import Infrastructure

pytestmark = pytest.mark.integration

SHORT = Quota(name="short", amount=5, seconds=1)
LONG = Quota(name="long", amount=8, seconds=3_600)
EVENTS = Quota(name="second", amount=100, seconds=1)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
async def redis(infrastructure: Infrastructure) -> AsyncIterator[Redis]:
    async with Redis.from_url(infrastructure.redis_url, decode_responses=True) as client:
        yield client


async def test_a_request_counts_in_every_window_or_in_none(redis: Redis) -> None:
    counters, caller = RedisCounters(redis), uuid4()
    verdicts = [await counters.admit(caller, [SHORT, LONG], 1, NOW) for _ in range(7)]
    assert [verdict.admitted for verdict in verdicts] == [True] * 5 + [False] * 2
    short, long = verdicts[-1].standings
    assert (short.remaining, long.remaining) == (0, 3)
    assert 0 < short.wait_seconds <= 1.2
    assert long.wait_seconds == 0
    assert await counters.day(caller, NOW) == await counters.day(caller, NOW)
    day = await counters.day(caller, NOW)
    assert (day.requests, day.refused) == (5, 2)


async def test_looking_counts_nothing(redis: Redis) -> None:
    counters, caller = RedisCounters(redis), uuid4()
    for _ in range(3):
        verdict = await counters.admit(caller, [SHORT], 0, NOW)
    assert verdict.standings[0].remaining == 5
    assert await counters.day(caller, NOW) == type(await counters.day(caller, NOW))()


async def test_whoever_waits_as_long_as_was_told_is_let_in_and_nobody_earlier_twice(redis: Redis) -> None:
    """The window slides: after the wait there is room for one, and not for five."""
    counters, caller = RedisCounters(redis), uuid4()
    for _ in range(5):
        await counters.admit(caller, [SHORT], 1, NOW)
    refused = await counters.admit(caller, [SHORT], 1, NOW)
    await asyncio.sleep(refused.standings[0].wait_seconds + 0.01)
    verdicts = [(await counters.admit(caller, [SHORT], 1, NOW)).admitted for _ in range(5)]
    assert verdicts[0]
    assert not verdicts[-1]


async def test_many_at_once_are_not_let_in_twice(redis: Redis) -> None:
    counters, caller = RedisCounters(redis), uuid4()
    verdicts = await asyncio.gather(*(counters.admit(caller, [LONG], 1, NOW) for _ in range(40)))
    assert sum(verdict.admitted for verdict in verdicts) == LONG.amount


async def test_a_batch_larger_than_the_rate_is_taken_and_then_paid_for(redis: Redis) -> None:
    counters, caller = RedisCounters(redis), uuid4()
    assert (await counters.pace(caller, EVENTS, NOW)).admitted
    owed = await counters.owe(caller, EVENTS, 150, NOW)
    refused = await counters.pace(caller, EVENTS, NOW)
    assert owed.standings[0].remaining == 0
    assert not refused.admitted
    assert 0.3 < refused.standings[0].wait_seconds <= 0.51
    await asyncio.sleep(refused.standings[0].wait_seconds)
    assert (await counters.pace(caller, EVENTS, NOW)).admitted
    day = await counters.day(caller, NOW)
    assert (day.requests, day.refused, day.events) == (2, 1, 150)


async def test_over_time_no_more_events_come_in_than_the_rate(redis: Redis) -> None:
    counters, caller, began, taken = RedisCounters(redis), uuid4(), monotonic(), 0
    while monotonic() - began < 1.5:
        if (await counters.pace(caller, EVENTS, NOW)).admitted:
            await counters.owe(caller, EVENTS, 20, NOW)
            taken += 20
        await asyncio.sleep(0.005)
    assert taken <= EVENTS.amount * (monotonic() - began + 1) + 20
    assert taken >= EVENTS.amount * 1.5


async def test_a_key_that_is_exempt_is_counted_by_the_day_alone(redis: Redis) -> None:
    counters, caller = RedisCounters(redis), uuid4()
    assert (await counters.admit(caller, [], 1, NOW)).standings == []
    assert (await counters.pace(caller, None, NOW)).admitted
    await counters.owe(caller, None, 7, NOW)
    keys = [key async for key in redis.scan_iter(f"*{caller}*")]
    assert keys == [f"alluvium:limits:{{{caller}}}:day:2026-11-29"]
    assert 0 < await redis.ttl(keys[0]) <= 3 * 86_400


async def test_every_key_goes_by_itself(redis: Redis) -> None:
    counters, caller = RedisCounters(redis), uuid4()
    await counters.admit(caller, [SHORT, LONG], 1, NOW)
    await counters.owe(caller, EVENTS, 150, NOW)
    async for key in redis.scan_iter(f"*{caller}*"):
        assert await redis.pttl(key) > 0, key


asked: list[str] = []


class Noting(Redis):
    """Notes what it sends."""

    async def execute_command(self, *command: Any, **options: Any) -> Any:
        asked.append(str(command[0]))
        return await super().execute_command(*command, **options)  # type: ignore[no-untyped-call]


async def test_a_question_is_one_round_trip(infrastructure: Infrastructure) -> None:
    async with Noting.from_url(infrastructure.redis_url, decode_responses=True) as redis:
        counters, caller = RedisCounters(redis), uuid4()
        await counters.admit(caller, [SHORT, LONG], 1, NOW)
        asked.clear()
        await counters.admit(caller, [SHORT, LONG], 1, NOW)
        await counters.pace(caller, EVENTS, NOW)
        assert asked == ["EVALSHA", "EVALSHA"]


async def test_wrong_keys_are_counted_by_address(redis: Redis) -> None:
    strangers, address = strangers_of(redis, 2), f"test-{uuid4()}"
    for _ in range(2):
        assert await strangers.wait_seconds(address) == 0
        await strangers.failed(address)
    assert 50 < await strangers.wait_seconds(address) <= 60
    assert await strangers.wait_seconds(f"test-{uuid4()}") == 0
