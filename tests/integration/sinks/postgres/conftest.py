"""A migrated database for the tests of a module, empty before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sinks.postgres.migrate import migrate
from support.infrastructure import Infrastructure
from support.sink_sites import PostgresSite


@pytest.fixture(scope="module")
def database(infrastructure: Infrastructure) -> Iterator[PostgresSite]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        yield PostgresSite(url)


@pytest.fixture
def site(database: PostgresSite) -> PostgresSite:
    database.wipe()
    return database
