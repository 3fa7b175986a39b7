"""The counters in Redis: one script, and so one round trip, a question.

Keys of a caller share a hash tag. Whoever asks while Redis is away gets RedisError.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Final, Protocol, cast
from uuid import UUID

from redis.asyncio import Redis

from api.limits.quotas import Day, Quota, Standing, Verdict

DAY_KEPT_SECONDS: Final = 3 * 86_400
"""Longer than the day lasts anywhere."""
_PREFIX: Final = "alluvium:limits"


class Counters(Protocol):
    """What is counted of each caller. Methods raise `redis.RedisError` while it cannot be."""

    async def admit(self, caller: UUID, quotas: Sequence[Quota], cost: int, now: datetime) -> Verdict:
        """Count a request in every quota, or, where one is used up, in none; `cost` 0 only looks."""
        ...

    async def pace(self, caller: UUID, quota: Quota | None, now: datetime) -> Verdict:
        """Count one event of a request of ingest, unless more than a second's are owed."""
        ...

    async def owe(self, caller: UUID, quota: Quota | None, events: int, now: datetime) -> Verdict:
        """Count a batch of which one event was counted by `pace`."""
        ...

    async def paced(self, caller: UUID, quota: Quota | None, now: datetime) -> Verdict:
        """How a caller's events stand; counts nothing."""
        ...

    async def day(self, caller: UUID, now: datetime) -> Day: ...


class RedisCounters:
    """`Counters` in Redis or Valkey; `redis` decodes its answers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._admit = redis.register_script(_script("admit"))
        self._pace = redis.register_script(_script("pace"))

    async def admit(self, caller: UUID, quotas: Sequence[Quota], cost: int, now: datetime) -> Verdict:
        names = [f"{_of(caller)}:{quota.name}" for quota in quotas]
        keys = [key for name in names for key in (name, f"{name}:former")]
        arguments = [part for quota in quotas for part in (quota.amount, quota.seconds * 1_000)]
        told = await self._admit([*keys, _day(caller, now)], [cost, DAY_KEPT_SECONDS, *arguments])
        found = [int(value) for value in told]
        standings = [
            Standing(
                quota=quota,
                remaining=max(0, quota.amount - found[3 * at + 1]),
                wait_seconds=found[3 * at + 2] / 1_000,
                reset_seconds=found[3 * at + 3] / 1_000,
            )
            for at, quota in enumerate(quotas)
        ]
        return Verdict(admitted=bool(found[0]), standings=standings)

    async def pace(self, caller: UUID, quota: Quota | None, now: datetime) -> Verdict:
        return await self._paced(caller, quota, now, (1, 0, 1, 0))

    async def owe(self, caller: UUID, quota: Quota | None, events: int, now: datetime) -> Verdict:
        return await self._paced(caller, quota, now, (events - 1, 1, 0, events))

    async def paced(self, caller: UUID, quota: Quota | None, now: datetime) -> Verdict:
        return await self._paced(caller, quota, now, (0, 1, 0, 0))

    async def day(self, caller: UUID, now: datetime) -> Day:
        found = await cast("Awaitable[dict[str, str]]", self._redis.hgetall(_day(caller, now)))
        return Day(**{name: int(found.get(name, 0)) for name in ("requests", "refused", "events")})

    async def _paced(
        self, caller: UUID, quota: Quota | None, now: datetime, counted: tuple[int, int, int, int]
    ) -> Verdict:
        owed, forced, requests, events = counted
        amount = 0 if quota is None else quota.amount
        keys = [f"{_of(caller)}:events", _day(caller, now)]
        told = await self._pace(keys, [owed, forced, amount, DAY_KEPT_SECONDS, requests, events])
        admitted, left, wait, debt = map(int, told)
        if quota is None:
            return Verdict(admitted=True)
        standing = Standing(quota=quota, remaining=left, wait_seconds=wait / 1_000, reset_seconds=debt / 1_000)
        return Verdict(admitted=bool(admitted), standings=[standing])


def _of(caller: UUID) -> str:
    return f"{_PREFIX}:{{{caller}}}"


def _day(caller: UUID, now: datetime) -> str:
    return f"{_of(caller)}:day:{now:%Y-%m-%d}"


def _script(name: str) -> str:
    return files("api.limits").joinpath("scripts", f"{name}.lua").read_text("utf-8")
