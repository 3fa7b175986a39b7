"""A real replica answers for the primary, but what it does not show yet is answered by the primary."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from time import monotonic

import psycopg
import pytest
from prometheus_client import generate_latest
from tenacity import AsyncRetrying, stop_after_delay, wait_fixed

from api.freshness.told import Told
from api.readers import pools
from api.readers.database import Database
from api.readers.replica import Coverage, Replica
from api.readers.wall import require_apart
from support.api_story import ACME
from support.infrastructure import Infrastructure
from support.standby import Standby, standby
from topology.metrics import build
from topology.settings import Settings

pytestmark = pytest.mark.integration

ASKED = (
    "SELECT pg_is_in_recovery() AS replica, text FROM messages WHERE tenant_id = %(tenant_id)s AND message_id = 'm-6'"
)


@pytest.fixture(scope="module")
def second(infrastructure: Infrastructure, database_url: str) -> Iterator[Standby]:
    with standby(infrastructure) as found:
        yield found


@dataclass(frozen=True, slots=True)
class Pair:
    database: Database
    replica: Replica
    coverage: Coverage
    told: Told
    pool: pools.Pool

    async def ask(self) -> tuple[bool, str]:
        """Whether the replica answered, and what message m-6 says."""
        async with self.database.read(ACME) as rows:
            row = await rows.one(ASKED, {"tenant_id": ACME})
        assert row is not None
        return row["replica"], row["text"]

    async def catch_up(self) -> bool:
        async for attempt in AsyncRetrying(wait=wait_fixed(0.05), stop=stop_after_delay(20)):
            with attempt:
                await self.replica.look()
                assert self.coverage.sufficient()
        return True


@pytest.fixture
async def pair(second: Standby, service_url: str) -> AsyncIterator[Pair]:
    settings, told = Settings(), Told()
    coverage = Coverage(told)
    async with (
        pools.make_pool(settings, service_url, require_apart) as primary,
        pools.make_pool(settings, second.url(service_url), require_apart) as pool,
    ):
        replica = Replica(pool, primary, coverage)
        yield Pair(Database(primary, replica), replica, coverage, told, pool)


async def test_a_replica_answers_whatever_it_shows(pair: Pair, second: Standby, database_url: str) -> None:
    assert await pair.ask() == (False, "Nothing to add here."), "nobody has looked how far it is"
    assert await pair.catch_up()
    assert await pair.ask() == (True, "Nothing to add here.")
    second.tell("SELECT pg_wal_replay_pause()")
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE messages SET text = 'Said anew.' WHERE message_id = 'm-6'")
    pair.told.up_to(monotonic())
    await pair.replica.look()
    assert await pair.ask() == (False, "Said anew."), "the replica lags behind what was told"
    second.tell("SELECT pg_wal_replay_resume()")
    assert await pair.catch_up()
    assert await pair.ask() == (True, "Said anew.")


async def test_a_question_before_the_tenant_is_known_goes_to_the_primary(pair: Pair) -> None:
    assert await pair.catch_up()
    async with pair.database.read(None) as rows:
        assert await rows.one("SELECT pg_is_in_recovery() AS replica", {}) == {"replica": False}


async def test_the_pool_is_seen_in_the_metrics(pair: Pair) -> None:
    meters = build("api")
    pools.follow(meters, "replica", pair.pool)
    shown = generate_latest(meters.registry).decode()
    assert 'alluvium_api_database_connections{pool="replica",state="open"} 1.0' in shown
    assert 'alluvium_api_database_waiting_requests{pool="replica"} 0.0' in shown


async def test_the_primary_answers_where_the_replica_is_gone(pair: Pair, second: Standby) -> None:
    assert await pair.catch_up()
    assert (await pair.ask())[0]
    second.stop()
    assert (await pair.ask())[0] is False
    assert (await pair.ask())[0] is False
