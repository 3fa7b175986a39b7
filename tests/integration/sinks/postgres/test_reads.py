"""The reads of the API find an index for what they ask, below the wall between tenants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, LiteralString

import psycopg
import pytest

from api.readers import context_statements, known_statements, recall_statements, statements
from api.readers.lifetimes import over
from schemas.ids import EventId
from sinks.postgres.migrate import migrate
from sinks.postgres.writer import PostgresSink
from support.derived import ANNA, CONVERSATION, NOON, TENANT, Topics, evidence, item, message, named, outcome
from support.infrastructure import Infrastructure
from support.plans import plan_for_all
from support.sink_sites import SINK
from topology.retention import RetentionPolicy

pytestmark = pytest.mark.integration

QUERIES: Final = {
    "messages_by_time": """
        SELECT * FROM messages WHERE tenant_id = %(tenant)s AND conversation_id = 'c7'
        AND (occurred_at, message_id) > ('2026-05-04', '') ORDER BY occurred_at, message_id LIMIT 20
    """,
    "messages_search": """
        SELECT * FROM messages_to_search
        WHERE tenant_id = %(tenant)s AND search @@ to_tsquery('english', 'word77 | word78')
    """,
    "memory_items_search": """
        SELECT * FROM memory_items_to_search WHERE search @@ to_tsquery('english', 'value77 | value78')
    """,
    "memory_items_pkey": """
        SELECT * FROM memory_items WHERE tenant_id = %(tenant)s AND item_id = %(item)s
    """,
    "memory_items_by_user": """
        SELECT * FROM memory_items WHERE tenant_id = %(tenant)s AND user_id = %(user)s
        AND (kind, slot, item_id) > ('fact', 'hobby', %(item)s) ORDER BY kind, slot, item_id LIMIT 9
    """,
    "memory_item_versions_pkey": """
        SELECT * FROM memory_item_versions WHERE tenant_id = %(tenant)s AND item_id = %(item)s
        ORDER BY generation, version_offset
    """,
    "evidence_pkey": """
        SELECT * FROM evidence WHERE tenant_id = %(tenant)s AND item_id = %(item)s
    """,
    "evidence_by_message": """
        SELECT * FROM evidence
        WHERE tenant_id = %(tenant)s AND conversation_id = %(conversation)s AND message_id = 'm9'
    """,
    "evidence_versions_pkey": """
        SELECT DISTINCT ON (item_id, conversation_id, message_id) * FROM evidence_versions
        WHERE tenant_id = %(tenant)s AND item_id = ANY(ARRAY[%(item)s]::uuid[]) AND recorded_at <= now()
        AND words <> 'erased'
        ORDER BY item_id, conversation_id, message_id, generation DESC, version_offset DESC
    """,
    "evidence_versions_search": """
        SELECT item_id FROM evidence_versions_to_search WHERE words <> 'erased' AND NOT removed
        AND to_tsvector('english'::regconfig, kind || ' ' || replace(slot, '_', ' ') || ' ' || value)
            @@ to_tsquery('english', 'value77 | value78')
    """,
    "outcomes_by_event": """
        SELECT * FROM outcomes WHERE tenant_id = %(tenant)s AND event_id = 'e9'
    """,
}
"""What the API asks, by the index that must answer it."""


@pytest.fixture(scope="module")
def crowded(infrastructure: Infrastructure) -> Iterator[str]:
    """Enough rows that a plan without its index would be seen to be worse."""
    with infrastructure.fresh_database() as url:
        migrate(url)
        topics = Topics()
        topics.append(*(message(f"m{n}", f"word{n} said", minute=n, conversation=f"c{n % 60}") for n in range(3_000)))
        topics.append(*(item(f"value{n}", slot="hobby") for n in range(2_000)))
        topics.append(*(evidence(f"value{n}", f"m{n}", slot="hobby") for n in range(2_000)))
        topics.append(*(replace(outcome(n), event_id=EventId(f"e{n}")) for n in range(2_000)))
        sink = PostgresSink(url, sink=SINK)
        sink.start(topics.ends)
        for batch in topics.batches():
            sink.write(batch)
        sink.stop()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield url


@pytest.fixture(scope="module")
def service(infrastructure: Infrastructure, crowded: str) -> Iterator[psycopg.Connection]:
    """As the API asks, in a transaction of its tenant."""
    with psycopg.connect(infrastructure.service_url(crowded)) as connection:
        connection.execute("SELECT set_config('alluvium.tenant_id', %s, true)", [TENANT])
        yield connection


def test_messages_as_known_are_found_by_the_index_of_messages(service: psycopg.Connection) -> None:
    scope = {"tenant_id": TENANT, "user_id": None, "conversation_id": None, "known_at": NOON + timedelta(days=9)}
    asked = scope | {"matching": "'word77' | 'word78'", "most": 9}
    plan = planned(service, known_statements.MATCHING_MESSAGES, asked)
    assert "messages_search" in plan, plan
    assert "Seq Scan on messages" not in plan, plan


def test_items_that_may_answer_are_found_by_the_index_of_their_words(service: psycopg.Connection) -> None:
    scope = {"tenant_id": TENANT, "user_id": None, "conversation_id": None, "kinds": None, "valid_at": None}
    asked = scope | {"matching": "'value77' | 'value78'", "most": 9} | over(RetentionPolicy(), NOON)
    for explain in (planned, plan_for_all):
        plan = explain(service, statements.MATCHING_ITEMS, asked)
        assert "memory_items_search" in plan, plan
        assert "Seq Scan" not in plan, plan


FOR_ALL: Final = (
    *(
        (recall_statements.QUESTION, {"conversation_id": "c7"}),
        (recall_statements.SCOPE_TURNS, {"conversation_id": "c7"}),
    ),
    *((statements.MATCHING_ITEMS, scope) for scope in ({}, {"user_id": ANNA}, {"conversation_id": "c7"})),
    (recall_statements.CANDIDATES_IN_PLACE, {}),
    (recall_statements.RECALLED_MESSAGES, {}),
    (statements.EVIDENCE_OF_ITEMS, {}),
)


@pytest.mark.parametrize(("statement", "scope"), FOR_ALL)
def test_a_recall_has_plans_that_serve_for_all_values(
    service: psycopg.Connection, statement: LiteralString, scope: dict[str, object]
) -> None:
    where = {"tenant_id": TENANT, "user_id": None, "conversation_id": None} | scope
    keys = {"conversation_ids": '{"c7"}', "message_ids": '{"m7"}', "item_ids": [named("value9", "hobby")]}
    asked = {"query": "word77", "counted": bool(scope), "most": 9, "matching": "'word77'", "reach": 2, "limit": 9}
    options = {"kinds": None, "valid_at": None, "around": 1, "dated": False, "when": False, "time_words": "'may'"}
    plan = plan_for_all(service, statement, where | keys | asked | options | over(RetentionPolicy(), NOON))
    assert not re.search(r"Seq Scan on (messages|memory_items|evidence)", plan), plan


@pytest.mark.parametrize("index", QUERIES)
def test_a_read_of_the_api_uses_its_index(service: psycopg.Connection, index: str) -> None:
    names = {"tenant": TENANT, "user": ANNA, "conversation": CONVERSATION, "item": named("value9", "hobby")}
    plan = planned(service, QUERIES[index], names)
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan


@pytest.mark.parametrize(
    ("statement", "user", "index"),
    [
        (context_statements.STANDING_ITEMS, "one of many", "memory_items_by_user"),
        (context_statements.RECENT_OF_CONVERSATION, ANNA, "messages_by_time"),
        (context_statements.RECENT_OF_USER, ANNA, "messages_by_user"),
        (context_statements.ECHOES, ANNA, "messages_pkey"),
    ],
)
def test_the_parts_of_a_context_are_found_by_an_index(
    crowded: str, statement: LiteralString, user: str, index: str
) -> None:
    asked = {"tenant_id": TENANT, "user_id": user, "conversation_id": "c7", "asked_at": NOON + timedelta(days=1)}
    most = {"most_items": 20, "most_turns": 20, "single_valued": ["fact/home_city"]}
    keys = {"conversation_ids": ["c7"], "message_ids": ["m7"]}
    with psycopg.connect(crowded) as connection:
        parameters = asked | most | keys | over(RetentionPolicy(), NOON)
        plan = "\n".join(line for (line,) in connection.execute("EXPLAIN " + statement, parameters).fetchall())
    assert index in plan, plan
    assert "Sort Key: messages.occurred_at" not in plan, "the latest are read off the index"


@pytest.mark.parametrize("index", ["messages_search", "memory_items_search", "evidence_versions_search"])
def test_without_a_view_for_it_no_index_finds_words(service: psycopg.Connection, index: str) -> None:
    """Why these views are there. Should it fail, PostgreSQL has learned better, and they can go."""
    plan = planned(service, QUERIES[index].replace("_to_search", ""), {"tenant": TENANT})
    assert index not in plan, plan


def planned(connection: psycopg.Connection, query: str, parameters: Mapping[str, object]) -> str:
    found = connection.execute(f"EXPLAIN {query}".encode(), parameters).fetchall()
    return "\n".join(line for (line,) in found)
