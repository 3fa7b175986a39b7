"""Decides whom to let in: by the caller's quotas, or for strangers by how many wrong keys came from their address.

While Redis is away everybody is let in, which a metric and the log tell: a limit is there to protect the service, not
to take it down.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol, TypeVar

from redis import RedisError

from api.auth import Principal
from api.limits.quotas import UNLIMITED, Day, Quota, Verdict, exhausted, too_many
from api.limits.store import Counters
from topology.metrics import API_LIMITED, API_UNLIMITED, Meters
from topology.settings import Settings

AWAY_SECONDS = 1.0
"""For so long Redis is not asked again after it has failed: else each request would wait for its timeout."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Strangers(Protocol):
    """Counts wrong keys by the address they came from. Methods raise `redis.RedisError`."""

    async def wait_seconds(self, address: str) -> float:
        """0 where another key may be tried."""
        ...

    async def failed(self, address: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """What every key is allowed, by the settings."""

    requests: tuple[Quota, ...]
    events: Quota
    strangers: Quota


def quotas_of(settings: Settings) -> Quotas:
    return Quotas(
        requests=(
            Quota(name="minute", amount=settings.rate_limit_per_minute, seconds=60),
            Quota(name="hour", amount=settings.rate_limit_per_hour, seconds=3_600),
        ),
        events=Quota(name="second", amount=settings.ingest_limit_per_second, seconds=1),
        strangers=Quota(name="minute", amount=settings.failed_keys_per_minute, seconds=60),
    )


class RateLimiter:
    """The limits of one application. Raises Problem (429) for whoever has to wait."""

    def __init__(
        self,
        counters: Counters,
        strangers: Strangers,
        quotas: Quotas,
        meters: Meters,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.quotas = quotas
        self._counters, self._strangers, self._meters, self._clock = counters, strangers, meters, clock
        self._away_until = float("-inf")

    async def look_at(self, address: str) -> None:
        """Before a key is looked up that this process does not know."""
        wait = await self._asked(lambda: self._strangers.wait_seconds(address), 0.0)
        if wait > 0:
            self._meters.add(API_LIMITED, limit="strangers")
            raise too_many(self.quotas.strangers, wait)

    async def failed(self, address: str) -> None:
        """A wrong key came from there."""
        await self._asked(lambda: self._strangers.failed(address), None)

    async def admit(self, caller: Principal, *, ingest: bool) -> Verdict:
        """Before anything of the request is read. Not admitted: for `refuse` to tell."""
        now = datetime.now(UTC)
        if ingest:
            quota = self._of_events(caller)
            return await self._asked(lambda: self._counters.pace(caller.key_id, quota, now), UNLIMITED)
        quotas = self._of_requests(caller)
        return await self._asked(lambda: self._counters.admit(caller.key_id, quotas, 1, now), UNLIMITED)

    async def owe(self, caller: Principal, events: int) -> Verdict:
        """The events of a batch that is handed to the broker now."""
        quota, now = self._of_events(caller), datetime.now(UTC)
        return await self._asked(lambda: self._counters.owe(caller.key_id, quota, events, now), UNLIMITED)

    def refuse(self, verdict: Verdict) -> None:
        """Raises Problem (429) where the request was not admitted."""
        if not verdict.admitted:
            longest = exhausted(verdict.standings)
            self._meters.add(API_LIMITED, limit=longest.quota.name)
            raise too_many(longest.quota, longest.wait_seconds)

    async def standing(self, caller: Principal) -> tuple[Verdict, Verdict, Day]:
        """How the caller's requests and events stand, and its day. Raises RedisError."""
        now = datetime.now(UTC)
        requests = await self._counters.admit(caller.key_id, self._of_requests(caller), 0, now)
        events = await self._counters.paced(caller.key_id, self._of_events(caller), now)
        return requests, events, await self._counters.day(caller.key_id, now)

    def _of_requests(self, caller: Principal) -> Sequence[Quota]:
        return self.quotas.requests if caller.rate_limited else ()

    def _of_events(self, caller: Principal) -> Quota | None:
        return self.quotas.events if caller.rate_limited else None

    async def _asked(self, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        if self._clock() >= self._away_until:
            try:
                return await ask()
            except RedisError as error:
                self._away_until = self._clock() + AWAY_SECONDS
                _log.warning("rate limits are off while Redis is away: %s", type(error).__name__)
        self._meters.add(API_UNLIMITED)
        return otherwise
