"""Wrong keys by the address they came from, in the moving window of the library `limits`.

Counts in Redis, over the connections that the service has there.
"""

from __future__ import annotations

from collections.abc import Callable
from time import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis


class StrangersByMinute:
    """`Strangers` by the moving window of the library `limits`."""

    def __init__(self, storage: Storage, per_minute: int, clock: Callable[[], float]) -> None:
        self._limiter, self._clock = MovingWindowRateLimiter(storage), clock
        self._item = RateLimitItemPerMinute(per_minute, namespace="alluvium:strangers")

    async def wait_seconds(self, address: str) -> float:
        found = await self._limiter.get_window_stats(self._item, address)
        return 0.0 if found.remaining > 0 else max(0.0, found.reset_time - self._clock())

    async def failed(self, address: str) -> None:
        await self._limiter.hit(self._item, address)


def strangers_of(redis: Redis, per_minute: int) -> StrangersByMinute:
    """Counted where `redis` is connected to."""
    storage = RedisStorage(
        "async+redis://pool:6379",  # has to look like an address; the pool has the real one
        implementation="redispy",
        key_prefix="alluvium:limits",
        connection_pool=redis.connection_pool,  # type: ignore[arg-type]  # as it is documented
    )
    return StrangersByMinute(storage, per_minute, time)
