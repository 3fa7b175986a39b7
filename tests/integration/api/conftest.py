"""A migrated database that holds the story of two tenants, and readers on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from api.readers.database import Database
from api.readers.pools import make_pool
from api.readers.wall import require_apart
from sinks.postgres.migrate import migrate
from support.api_story import ACME, OTHER, land, story
from support.infrastructure import PROJECT, Infrastructure
from topology.settings import Settings


@pytest.fixture(scope="module")
def database_url(infrastructure: Infrastructure) -> Iterator[str]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        records = [*story(ACME), *story(OTHER, mark=" elsewhere")]
        land(url, records)
        yield url


@pytest.fixture(scope="module")
def service_url(infrastructure: Infrastructure, database_url: str) -> str:
    """The same database by the API's login."""
    return infrastructure.service_url(database_url)


@pytest.fixture
async def database(service_url: str) -> AsyncIterator[Database]:
    """As the API connects: under row-level security."""
    pool = make_pool(Settings(), service_url, require_apart)
    await pool.open()
    yield Database(pool)
    await pool.close()


@pytest.fixture
async def every_tenant(database_url: str) -> AsyncIterator[Database]:
    """As a job connects: as the owner."""
    pool = make_pool(Settings(database_url=database_url))
    await pool.open()
    yield Database(pool)
    await pool.close()


@pytest.fixture(scope="session")
def api_topics(infrastructure: Infrastructure) -> None:
    """Every topic there, with four partitions."""
    _prepare(infrastructure, "topology", "apply")


@pytest.fixture(scope="session")
def api_schemas(infrastructure: Infrastructure) -> None:
    """Every schema registered."""
    _prepare(infrastructure, "schemas", "register")


def _prepare(infrastructure: Infrastructure, *command: str) -> None:
    environment = {**os.environ, **infrastructure.environment, "PARTITIONS": "4"}
    subprocess.run([sys.executable, "-m", *command], cwd=PROJECT, env=environment, check=True, timeout=120)
