"""Two tenants with the same ids see nothing of each other, by any endpoint or table; and either wall alone holds.

The first wall is the tenant in every statement, the second row-level security. Tests take away the one, the other,
and both, when the same questions must find what leaks.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from redis.asyncio import Redis

from api import wiring
from api.app import create_app
from api.auth import generate_key, key_hmac
from api.cli.reading import by_operator
from api.readers import database as databases
from api.readers.keys import KeyDesk, KeyProperties
from api.readers.pools import anybody
from schemas.ids import TenantId
from sinks.embeddings.hashing import Hashing
from sinks.embeddings.models import Models
from sinks.postgres.migrate import migrate
from sinks.postgres.sealing import work
from sinks.postgres.sealing.steps import Sealing
from sinks.redis import keys
from support.api_fakes import SECRET
from support.api_story import ACME, ANA, OTHER, land
from support.infrastructure import Infrastructure
from support.leaks import CASES, ITEM, MARKS, SHARED, UNTOLD, leaks, told, turn_in_the_attic
from topology.settings import Settings

pytestmark = pytest.mark.integration

TENANT_CONDITION = re.compile(r"(\w+\.)?tenant_id = %\(tenant_id\)s")
SEARCHED = ("messages_to_search", "memory_items_to_search", "evidence_versions_to_search", "audit_log_to_search")
"""Views that are walls of their own."""


SHOWN_BY = {
    "messages": "GET /v1/conversations/{conversation_id}/messages",
    "outcomes": "GET /v1/events/{event_id}",
    "generation_1.memory_items": "GET /v1/users/{user_id}/items",
    "generation_1.memory_item_versions": "GET /v1/items/{item_id}/history",
    "generation_1.profiles": "GET /v1/users/{user_id}/profile",
}
"""Tables, by an endpoint that leaks once both walls of that table are gone; the others are read beside one of these."""


@pytest.fixture(scope="module")
def database_url(infrastructure: Infrastructure) -> Iterator[str]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        early, late = [*told(ACME), *told(OTHER)], [turn_in_the_attic(ACME), turn_in_the_attic(OTHER)]
        land(url, early)
        _seal(url)
        land(url, late, first_offset=10_000)
        _embed(url)
        for tenant in (ACME, OTHER):
            _put_key(url, tenant, generate_key())
        yield url


def _seal(url: str) -> None:
    """All that has been said, so that blocks have some of it, and the tail what comes after."""
    with pytest.MonkeyPatch.context() as patch, closing(Sealing(url)) as sealing:
        patch.setattr(work, "SEAL_AT", 1)
        for tenant in (ACME, OTHER):
            while sealing.step(tenant):
                pass


def _embed(url: str) -> None:
    """Every message near to any question."""
    Models(url=url).create(Hashing.name)
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            INSERT INTO message_vectors
                (model, tenant_id, conversation_id, message_id, vector, removed, generation, version_offset)
            SELECT %s, tenant_id, conversation_id, message_id, array_fill(0.05::real, '{384}')::vector::halfvec(384),
                false, generation, version_offset
            FROM messages WHERE NOT removed
            """,
            [Hashing.name],
        )


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the API refuses a database whose second wall is gone, and there is nothing to see."""
    monkeypatch.setattr(wiring, "require_apart", anybody)


@pytest.fixture
async def asked(
    infrastructure: Infrastructure, database_url: str, service_url: str, api_topics: None, api_schemas: None
) -> AsyncIterator[Callable[[], Any]]:
    """Opens the application with a client a tenant; nothing is kept from what it answered before."""
    own = {"DATABASE_URL": database_url, "API_DATABASE_URL": service_url, "SECRET_KEY": SECRET, "PARTITIONS": "4"}
    own["EMBEDDING_MODEL"] = Hashing.name
    environment = {**infrastructure.environment, **own, "CACHE_MAX_SIZE": "0"}
    settings = Settings.model_validate({name.lower(): value for name, value in environment.items()})
    given = {tenant: generate_key() for tenant in (ACME, OTHER)}
    for tenant, key in given.items():
        _put_key(database_url, tenant, key)
    app = create_app(settings)

    @asynccontextmanager
    async def opened() -> AsyncIterator[dict[TenantId, httpx.AsyncClient]]:
        async with Redis.from_url(environment["REDIS_URL"]) as redis, AsyncExitStack() as stack:
            await redis.delete(*(keys.profile_key(tenant, ANA) for tenant in given))
            yield {tenant: await stack.enter_async_context(_client(app, key)) for tenant, key in given.items()}

    async with app.router.lifespan_context(app):
        yield opened


def _put_key(url: str, tenant: TenantId, key: str) -> None:
    digest = key_hmac(SECRET.encode(), key)
    wanted = KeyProperties(tenant_id=tenant, name=MARKS[tenant], scopes=["all"], rate_limited=False)
    KeyDesk(url).create(wanted, digest, by_operator(tenant, "keys.create"))


def _client(app: Any, key: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", headers=headers)


def forget_tenants(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wall is gone: no statement names its tenant any more."""
    asked = databases.Rows._run

    async def run(rows: databases.Rows, cursor: Any, statement: str, parameters: Any) -> Any:
        return await asked(rows, cursor, TENANT_CONDITION.sub("true", statement), parameters)

    monkeypatch.setattr(databases.Rows, "_run", run)


@contextmanager
def without_wall(url: str, *relations: str) -> Iterator[None]:
    """The second wall is gone from these tables and views."""
    with psycopg.connect(url, autocommit=True) as owner:
        kept = {name: _taken_down(owner, name) for name in relations}
        try:
            yield
        finally:
            for statement in kept.values():
                owner.execute(statement)


@asynccontextmanager
async def beside_the_application(url: str, *relations: str) -> AsyncIterator[None]:
    """The same on a thread: tables are locked by transactions of an application that runs on this one."""
    with ExitStack() as stack:
        await asyncio.to_thread(stack.enter_context, without_wall(url, *relations))
        try:
            yield
        finally:
            await asyncio.to_thread(stack.close)


def _taken_down(owner: psycopg.Connection, name: str) -> sql.Composed:
    """How to put it up again."""
    relation = sql.Identifier(*name.split("."))
    if name in SEARCHED:
        (found,) = owner.execute("SELECT pg_get_viewdef(%s::regclass)", [name]).fetchone() or ("",)
        view = sql.SQL("CREATE OR REPLACE VIEW {} AS ").format(relation)
        owner.execute(view + sql.SQL(re.sub(r"WHERE .*", "", found, flags=re.DOTALL)))
        return view + sql.SQL(found)
    owner.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(relation))
    return sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(relation)


def readable(url: str) -> dict[str, bool]:
    """What the service may read, and whether it is of tenants."""
    statement = """
        SELECT pg_class.oid::regclass::text, EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped)
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ('r', 'p', 'v', 'm') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
            AND has_any_column_privilege('alluvium_api', pg_class.oid, 'SELECT')
    """
    with psycopg.connect(url) as owner:
        return dict(owner.execute(statement).fetchall())


def walls(url: str) -> list[str]:
    """The tables and views where the second wall stands: each can be taken away."""
    with psycopg.connect(url) as owner:
        found = owner.execute("SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity ORDER BY 1").fetchall()
    return [*(name for (name,) in found), *SEARCHED]


def seen(url: str, tenant: TenantId | None) -> dict[str, set[str | None]]:
    """Whose rows the service reads where it asks for all there are."""
    with psycopg.connect(url) as service:
        service.execute("SELECT set_config('alluvium.tenant_id', %s, true)", [tenant or ""])
        of_tenants = [name for name, of_tenants in readable(url).items() if of_tenants]
        return {name: _tenants_in(service, name) for name in of_tenants if not name.startswith("generation_")}


def _tenants_in(connection: psycopg.Connection, name: str) -> set[str | None]:
    statement = sql.SQL("SELECT DISTINCT tenant_id FROM {}").format(sql.Identifier(name))
    return {tenant for (tenant,) in connection.execute(statement).fetchall()}


def test_whatever_the_service_may_read_is_of_tenants_or_known_to_be_shared(database_url: str) -> None:
    assert {name for name, of_tenants in readable(database_url).items() if not of_tenants} == SHARED


def test_no_table_shows_a_row_of_another_tenant(service_url: str) -> None:
    for tenant in (ACME, OTHER):
        expected = {name: set() if name in UNTOLD else {str(tenant)} for name in seen(service_url, tenant)}
        assert seen(service_url, tenant) == expected
    assert set().union(*seen(service_url, None).values()) == set(), "nobody's transaction sees nothing"


def test_a_table_whose_wall_is_gone_is_noticed(database_url: str, service_url: str) -> None:
    shown = set(seen(service_url, ACME)) - UNTOLD
    for name in walls(database_url):
        with without_wall(database_url, name):
            noticed = {relation for relation, whose in seen(service_url, ACME).items() if whose != {str(ACME)}}
        own = name.rpartition(".")[2]
        assert noticed - UNTOLD == ({own} & shown), name


async def test_no_endpoint_shows_anything_of_another_tenant(asked: Callable[[], Any]) -> None:
    async with asked() as clients:
        assert await leaks(clients, (*CASES, *CASES)) == [], "twice, since answers may be kept"


async def test_the_second_wall_holds_alone(asked: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    forget_tenants(monkeypatch)
    async with asked() as clients:
        assert await leaks(clients, CASES) == []


async def test_the_first_wall_holds_alone(unguarded: None, asked: Callable[[], Any], database_url: str) -> None:
    async with beside_the_application(database_url, *walls(database_url)), asked() as clients:
        assert await leaks(clients, CASES) == []


async def test_without_both_walls_every_endpoint_is_seen_to_leak(
    unguarded: None, asked: Callable[[], Any], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_tenants(monkeypatch)
    async with beside_the_application(database_url, *walls(database_url)), asked() as clients:
        found = await leaks(clients, CASES)
    telling = {str(case) for case in CASES if case.shows or ITEM in case.path}
    assert {told.partition(": ")[2] for told in found} == telling


async def test_without_both_walls_of_one_table_a_leak_is_seen(
    unguarded: None, asked: Callable[[], Any], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_tenants(monkeypatch)
    for name, template in SHOWN_BY.items():
        cases = [case for case in CASES if case.endpoint == template]
        async with beside_the_application(database_url, name), asked() as clients:
            assert await leaks(clients, cases), f"{name} leaks nothing"


async def test_a_key_of_redis_without_its_tenant_is_seen_to_leak(
    asked: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = [case for case in CASES if case.path.endswith("/profile")]
    monkeypatch.setattr(
        "api.readers.profiles.profile_key", lambda _, user_id, *more: keys.profile_key(ACME, user_id, *more)
    )
    async with asked() as clients:
        assert await leaks(clients, (*profiles, *profiles)) != []
