"""A migrated database for a module's tests, each with tenants of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import psycopg
import pytest

from api.readers.database import Database
from api.readers.pools import make_pool
from api.readers.wall import require_apart
from sinks.postgres.migrate import migrate
from sinks.postgres.sealing import plan, work
from sinks.postgres.sealing.steps import Sealing
from support.infrastructure import Infrastructure
from support.sealed import Connection
from topology.settings import Settings


@pytest.fixture(scope="session")
def sealing_url(infrastructure: Infrastructure) -> Iterator[str]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        yield url


@pytest.fixture
def connection(sealing_url: str) -> Iterator[Connection]:
    with psycopg.connect(sealing_url, autocommit=True) as opened:
        yield opened


@pytest.fixture
def sealing(sealing_url: str) -> Iterator[Sealing]:
    with closing(Sealing(sealing_url)) as opened:
        yield opened


@pytest.fixture
async def database(infrastructure: Infrastructure, sealing_url: str) -> AsyncIterator[Database]:
    """As the API connects: under row-level security."""
    pool = make_pool(Settings(), infrastructure.service_url(sealing_url), require_apart)
    await pool.open()
    yield Database(pool)
    await pool.close()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks as small as a test's tenant."""
    monkeypatch.setattr(work, "SEAL_AT", 5)
    monkeypatch.setattr(plan, "LEVELS", (8, 24, 64))
