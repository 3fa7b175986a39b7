"""Pools of connections to PostgreSQL: their sizes, how long a connection lives, and that it is still there.

Connections begin no transaction of their own: `api.readers.database` does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, TypeAlias

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from topology.metrics import (
    API_DATABASE_CONNECTIONS,
    API_DATABASE_FAILED_CONNECTIONS,
    API_DATABASE_WAITING,
    Meters,
)
from topology.settings import Settings

BORROW_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 5
STATEMENT_TIMEOUT_MS: Final = 5_000
TRUSTED_SECONDS: Final = 1.0
"""A connection that worked so lately is handed out unasked; an older one is asked first whether it is still there, a
round trip. Those that a restart of the server ended meanwhile give one 503 each."""
SESSION: Final = {
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "plan_cache_mode": "force_custom_plan",  # filters that may be absent need the plan of their own values
}


class ServiceConnection(AsyncConnection[DictRow]):
    """A connection that knows when it last did its work."""

    used_at: float = float("-inf")
    """Seconds of the monotonic clock."""


Pool: TypeAlias = AsyncConnectionPool[ServiceConnection]
Check: TypeAlias = Callable[[ServiceConnection], Awaitable[None]]


async def anybody(connection: ServiceConnection) -> None:
    """The check of a job, which may read across tenants."""


def make_pool(settings: Settings, url: str | None = None, check: Check = anybody) -> Pool:
    """A pool, not yet open, of DATABASE_URL unless `url` is given.

    `check` is asked of each new connection; one for which it raises is never handed out.
    """

    async def configure(connection: ServiceConnection) -> None:
        await connection.set_autocommit(True)
        await check(connection)
        connection.used_at = monotonic()

    return AsyncConnectionPool(
        url or settings.database_url.get_secret_value(),
        connection_class=ServiceConnection,
        kwargs={
            "row_factory": dict_row,
            "application_name": "alluvium-api",
            "connect_timeout": CONNECT_SECONDS,
            "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
        },
        min_size=settings.database_pool_min_size,
        max_size=max(settings.database_pool_min_size, settings.database_pool_max_size),
        max_lifetime=settings.database_pool_max_lifetime_seconds,
        max_idle=settings.database_pool_max_idle_seconds,
        timeout=BORROW_SECONDS,
        check=_still_there,
        configure=configure,
        open=False,
    )


async def _still_there(connection: ServiceConnection) -> None:
    if monotonic() - connection.used_at > TRUSTED_SECONDS:
        await AsyncConnectionPool.check_connection(connection)


def follow(meters: Meters, name: str, pool: Pool) -> None:
    """Show a pool in the metrics, read whenever they are scraped."""

    def stat(key: str) -> Callable[[], float]:
        return lambda: float(pool.get_stats().get(key, 0))

    meters.follow(API_DATABASE_CONNECTIONS, stat("pool_size"), pool=name, state="open")
    meters.follow(API_DATABASE_CONNECTIONS, stat("pool_available"), pool=name, state="idle")
    meters.follow(API_DATABASE_WAITING, stat("requests_waiting"), pool=name)
    meters.follow(API_DATABASE_FAILED_CONNECTIONS, stat("connections_errors"), pool=name)
