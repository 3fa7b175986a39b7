"""The API's login: what makes it, and what makes one that is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.readers.database import Database, RefusedByDatabase
from api.readers.pools import make_pool
from api.readers.wall import require_apart, require_apart_at_start, require_every_tenant
from sinks.postgres import logins
from support.api_story import ACME
from support.infrastructure import Infrastructure
from support.standby import superuser_url
from topology.errors import Misconfigured, Retryable
from topology.settings import Settings

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def superuser(infrastructure: Infrastructure, database_url: str) -> str:
    return superuser_url(infrastructure, database_url)


@contextmanager
def role(url: str, made: Iterable[str]) -> Iterator[str]:
    """A URL of a role of its own, after these statements about {role}, and a table without a wall."""
    name = f"try_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(sql.Identifier(name)))
        try:
            for statement in ("CREATE TABLE {role}_bare (tenant_id text)", *made):
                owner.execute(statement.format(role=name).encode())
            yield make_conninfo(url, user=name, password="x")
        finally:
            gone = "DROP TABLE {role}_bare; DROP POLICY IF EXISTS {role} ON messages; DROP ROLE {role}"
            owner.execute(gone.format(role=name).encode())


def refused(url: str) -> str:
    with pytest.raises(Misconfigured) as error:
        require_apart_at_start(Settings(api_database_url=url))
    return str(error.value)


def test_the_service_s_login_is_accepted(service_url: str) -> None:
    require_apart_at_start(Settings(api_database_url=service_url))


def test_the_owner_is_refused(database_url: str) -> None:
    assert "as alluvium: role alluvium owns the tables" in refused(database_url)


def test_a_superuser_is_refused(superuser: str) -> None:
    assert "as postgres: role postgres is a superuser" in refused(superuser)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ((), "it is no member of alluvium_api"),
        (("GRANT alluvium_api TO {role}", "GRANT alluvium TO {role}"), "role alluvium owns the tables"),
        (
            (
                "GRANT alluvium_api TO {role}",
                "CREATE POLICY {role} ON messages FOR SELECT TO {role} USING (true)",
            ),
            "lets it read messages",
        ),
        (
            ("GRANT alluvium_api TO {role}", "GRANT SELECT ON {role}_bare TO {role}"),
            "_bare has no row-level security",
        ),
    ],
    ids=["stranger", "member of the owner", "policy of its own", "table without a wall"],
)
def test_a_login_that_could_see_two_tenants_or_none_is_refused(
    superuser: str, made: tuple[str, ...], told: str
) -> None:
    with role(superuser, made) as url:
        assert told in refused(url)


def test_a_server_that_is_away_is_asked_later() -> None:
    require_apart_at_start(Settings(api_database_url="postgresql://nobody@127.0.0.1:1/none"))


def test_the_service_is_no_login_for_jobs_and_keys(service_url: str, database_url: str) -> None:
    require_every_tenant(Settings(database_url=database_url))
    with pytest.raises(Misconfigured, match="must be the owner's"):
        require_every_tenant(Settings(database_url=service_url))


async def test_a_pool_hands_out_no_connection_of_such_a_login(database_url: str) -> None:
    async with make_pool(Settings(), database_url, require_apart) as pool:
        pool.timeout = 0.3
        with pytest.raises(Retryable):
            async with Database(pool).read(ACME) as rows:
                await rows.one("SELECT 1", {})


async def test_a_connection_that_is_borrowed_next_belongs_to_nobody(service_url: str) -> None:
    async with make_pool(Settings(database_pool_max_size=1), service_url, require_apart) as pool:
        database, asked = Database(pool), "SELECT count(*) AS found FROM messages"
        async with database.read(ACME) as rows:
            assert await rows.one(asked, {}) == {"found": 6}
            assert await rows.one(asked, {}) == {"found": 6}
        async with database.read(None) as rows:
            assert await rows.one(asked, {}) == {"found": 0}
        async with pool.connection() as connection:
            assert await (await connection.execute(asked)).fetchone() == {"found": 0}


async def test_connections_that_died_are_replaced_before_anybody_notices(service_url: str, superuser: str) -> None:
    async with make_pool(Settings(database_pool_min_size=3), service_url, require_apart) as pool:
        await pool.wait()
        with psycopg.connect(superuser, autocommit=True) as killer:
            killer.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND usename = 'alluvium_service'"
            )
        for _ in range(4):
            async with Database(pool).read(ACME) as rows:
                assert await rows.one("SELECT 1 AS one", {}) == {"one": 1}


async def test_nothing_is_written_and_what_is_refused_is_named(database: Database) -> None:
    with pytest.raises(RefusedByDatabase, match="ReadOnlySqlTransaction"):
        async with database.read(ACME) as rows:
            await rows.all("CREATE TEMPORARY TABLE t AS SELECT 1 AS one", {})
    with pytest.raises(Misconfigured):
        async with database.read(ACME) as rows:
            await rows.all("SELECT * FROM events_received", {})
    with pytest.raises(RefusedByDatabase, match="InvalidTextRepresentation") as error:
        async with database.read(ACME) as rows:
            await rows.all("SELECT %(secret)s::integer", {"secret": "hush"})
    assert "hush" not in repr(error.value)


def test_making_the_login_again_changes_its_password(database_url: str, service_url: str) -> None:
    name, first, second = f"try_{uuid4().hex[:8]}", "one", "two"
    at = [make_conninfo(service_url, user=name, password=word) for word in (first, second)]
    with psycopg.connect(database_url, autocommit=True) as owner:
        try:
            assert [logins.settle(database_url, url) for url in (*at, at[1])] == [name] * 3
            require_apart_at_start(Settings(api_database_url=at[1]))
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(at[0])
        finally:
            owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def test_the_owner_is_no_login_for_the_api(database_url: str) -> None:
    with pytest.raises(Misconfigured, match="who owns the tables"):
        logins.settle(database_url, database_url)
