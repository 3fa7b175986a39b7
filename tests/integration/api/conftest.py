"""A migrated database that holds the story of two tenants, and readers on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from support.api_story import ACME, OTHER, land, story
from support.infrastructure import Infrastructure

from api.readers.database import Database, make_pool
from sinks.postgres.migrate import migrate
from topology.settings import Settings


@pytest.fixture(scope="module")
def database_url(infrastructure: Infrastructure) -> Iterator[str]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        records = [*story(ACME), *story(OTHER, mark=" elsewhere")]
        land(url, records)
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    pool = make_pool(Settings(database_url=database_url))
    await pool.open()
    yield Database(pool)
    await pool.close()
