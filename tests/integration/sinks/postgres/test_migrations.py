"""The schema goes up and down, by one migrator at a time, and is what the writer believes it to be."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alembic.util import CommandError

from sinks.postgres.migrate import LOCK, current, history, migrate
from sinks.postgres.tables import TABLES, Table
from support.infrastructure import Infrastructure

pytestmark = pytest.mark.integration

HEAD = history()[-1].number


@pytest.fixture
def url(infrastructure: Infrastructure) -> Iterator[str]:
    """An empty database."""
    with infrastructure.fresh_database() as found:
        yield found


def ask(url: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a sink of the first generation would be told: tables, where others see views."""
    with psycopg.connect(url, options="-c search_path=generation_1,public") as connection:
        return connection.execute(query, parameters).fetchall()


def relations(url: str) -> set[str]:
    found = ask(
        url, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
    )
    return {name for (name,) in found} - {"alembic_version"}


def test_up_and_down_and_up_again(url: str) -> None:
    assert current(url) is None
    assert migrate(url) == (None, HEAD)
    there = relations(url)
    assert migrate(url, "base") == (HEAD, None)
    assert relations(url) == set()
    assert migrate(url, HEAD) == (None, HEAD)
    assert relations(url) == there


def test_each_revision_comes_down_to_the_one_before_it(url: str) -> None:
    migrate(url)
    for before in [revision.number for revision in history()][-2::-1]:
        migrate(url, before)
        assert current(url) == before


def test_migrating_a_migrated_database_changes_nothing(url: str) -> None:
    migrate(url)
    assert migrate(url) == (HEAD, HEAD)


def test_an_unknown_revision_is_refused_and_nothing_moves(url: str) -> None:
    with pytest.raises(CommandError):
        migrate(url, "9999")
    assert current(url) is None


def test_migrators_at_once_do_it_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        moves = list(pool.map(lambda _: migrate(url), range(4)))
    assert sorted(moves, key=str) == [(HEAD, HEAD)] * 3 + [(None, HEAD)]


def test_a_migrator_waits_for_another(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as first, ThreadPoolExecutor(1) as pool:
        first.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        second = pool.submit(migrate, url)
        while not ask(url, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert not second.done()
        assert current(url) is None
        first.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
        assert second.result() == (None, HEAD)


def test_a_generation_has_the_tables_that_follow_its_topics(url: str) -> None:
    migrate(url)
    found = ask(url, "SELECT * FROM generation_tables()")
    assert [name for (name,) in found] == sorted(table.name for table in TABLES if table.of_generation)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_the_columns_and_the_key_that_the_writer_writes(url: str, table: Table[Any]) -> None:
    migrate(url)
    columns = dict(
        ask(
            url,
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            table.name,
        )
    )
    types = {
        name: ask(url, "SELECT format_type(%s::regtype, NULL)", type_name)[0][0]
        for name, type_name in table.types.items()
    }
    assert columns == types
    key = ask(
        url,
        "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) "
        "WHERE indrelid = %s::regclass AND indisprimary",
        table.name,
    )
    assert {name for (name,) in key} == set(table.key)


def test_every_table_and_every_column_that_does_not_speak_for_itself_is_described(url: str) -> None:
    migrate(url)
    assert not ask(
        url,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') "
        "AND relname <> 'alembic_version' AND obj_description(oid, 'pg_class') IS NULL",
    )
    plain = ["tenant_id", "conversation_id", "message_id", "user_id", "kind", "slot", "qualifier", "value", "canonical"]
    plain += ["granularity", "due_from", "due_to", "topic", "partition", "key_id", "created_at", "item_id"]
    undescribed = ask(
        url,
        "SELECT relname, attname FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version' "
        "AND attnum > 0 AND NOT attisdropped AND NOT attname = ANY (%s) AND col_description(attrelid, attnum) IS NULL",
        plain,
    )
    assert undescribed == []
