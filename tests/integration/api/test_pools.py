"""That connections are handed out so that few of them do the work."""

from __future__ import annotations

import asyncio

import pytest

from api.readers.pools import Pool, make_pool
from topology.settings import Settings

pytestmark = pytest.mark.integration


async def backend(pool: Pool, given_back: asyncio.Event | None = None) -> int:
    """The server process that answers; kept until told."""
    async with pool.connection() as connection:
        if given_back is not None:
            await given_back.wait()
        return connection.pgconn.backend_pid


async def test_the_connection_that_was_given_back_last_is_handed_out(database_url: str) -> None:
    pool = make_pool(Settings(database_url=database_url, database_pool_min_size=3, database_pool_max_size=3))
    await pool.open(wait=True)
    try:
        first, second = asyncio.Event(), asyncio.Event()
        slow = [asyncio.create_task(backend(pool, event)) for event in (first, second)]
        await backend(pool)
        first.set()
        await slow[0]
        second.set()
        latest = await slow[1]
        assert [await backend(pool) for _ in range(6)] == [latest] * 6
        assert pool.get_stats()["pool_size"] == 3
    finally:
        await pool.close()
