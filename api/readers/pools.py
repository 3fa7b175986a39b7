"""Pools of connections to PostgreSQL: their sizes, how long a connection lives, and that it is still there.

Knows nothing of tenants: what a transaction begins with, it is told.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Final, TypeAlias

from psycopg import AsyncConnection, OperationalError
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
SESSION: Final = {
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "plan_cache_mode": "force_custom_plan",  # filters that may be absent need the plan of their own values
}
NOTICING: Final[dict[str, Any]] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
"""That a server is gone without a word is noticed in twenty seconds; the system's own limits are minutes and hours, in
which not even giving up a statement comes to an end."""

Connection: TypeAlias = AsyncConnection[DictRow]
Pool: TypeAlias = AsyncConnectionPool[Connection]
Check: TypeAlias = Callable[[Connection], Awaitable[None]]


class LatestFirst(AsyncConnectionPool[Connection]):
    """Hands out the connection that was given back last, whose server process has its caches warm; the library goes
    round. So a burst leaves connections that nobody uses, and those are closed after a while."""

    async def _get_ready_connection(self, timeout: float | None) -> Connection | None:
        self._pool.rotate(1)  # the next is taken from the left, and what comes back goes to the right
        return await super()._get_ready_connection(timeout)


async def anybody(connection: Connection) -> None:
    """The check of a job, which may read across tenants."""


def make_pool(settings: Settings, url: str | None = None, check: Check = anybody) -> Pool:
    """A pool, not yet open, of DATABASE_URL unless `url` is given.

    `check` is asked of each new connection; one for which it raises is never handed out.
    """

    async def configure(connection: Connection) -> None:
        await connection.set_autocommit(True)
        await check(connection)

    return LatestFirst(
        url or settings.database_url.get_secret_value(),
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "row_factory": dict_row,
            "application_name": "alluvium-api",
            "connect_timeout": CONNECT_SECONDS,
            "options": " ".join(f"-c {name}={value}" for name, value in SESSION.items()),
            **NOTICING,
        },
        min_size=settings.database_pool_min_size,
        max_size=max(settings.database_pool_min_size, settings.database_pool_max_size),
        max_lifetime=settings.database_pool_max_lifetime_seconds,
        max_idle=settings.database_pool_max_idle_seconds,
        timeout=BORROW_SECONDS,
        configure=configure,
        open=False,
    )


async def borrow(pool: Pool, stack: AsyncExitStack, begin: bytes, timeout_seconds: float | None = None) -> Connection:
    """A connection that has begun a transaction, committed and given back when `stack` ends.

    To begin is to ask whether it is still there, before anything else is: one that is not is replaced, and the next
    is tried. Raises what the driver and the pool raise.
    """
    for left in range(pool.max_size, -1, -1):
        async with AsyncExitStack() as attempt:
            connection = await attempt.enter_async_context(pool.connection(timeout=timeout_seconds))
            try:
                await connection.execute(begin, prepare=False)
            except OperationalError:
                if not connection.closed or not left:
                    raise
                continue
            stack.push_async_exit(attempt.pop_all())
            return connection
    raise AssertionError("the last one returns or raises")


def follow(meters: Meters, name: str, pool: Pool) -> None:
    """Show a pool in the metrics, read whenever they are scraped."""

    def stat(key: str) -> Callable[[], float]:
        return lambda: float(pool.get_stats().get(key, 0))

    meters.follow(API_DATABASE_CONNECTIONS, stat("pool_size"), pool=name, state="open")
    meters.follow(API_DATABASE_CONNECTIONS, stat("pool_available"), pool=name, state="idle")
    meters.follow(API_DATABASE_WAITING, stat("requests_waiting"), pool=name)
    meters.follow(API_DATABASE_FAILED_CONNECTIONS, stat("connections_errors"), pool=name)
