"""Expiry when it is read: statements, policy and pages agree on what is over, at any moment that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from api.models.items import ItemFilter
from api.models.recall import RecallRequest
from api.readers import statements
from api.readers.database import Database
from api.readers.items import ItemReader
from api.readers.lifetimes import over
from api.readers.overdue import OverdueReader
from api.readers.recall import RecallReader
from schemas.enums import ItemStatus, Kind, RetentionLevel, Tense
from schemas.ids import TenantId, item_id
from schemas.keys import join_key
from schemas.records import Interval, MemoryItem
from sinks.postgres.migrate import migrate
from support.api_story import (
    ACME,
    ANA,
    OTHER,
    RECORDED,
    START,
    Landed,
    evidence,
    evidence_key,
    land,
    memory_item,
    message,
)
from support.infrastructure import Infrastructure
from support.lifetimes import status_at
from topology.retention import LIFETIMES, RetentionPolicies, RetentionPolicy
from topology.topics import TopicName

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
OVER = START + 30 * DAY
"""When what was said at START and is kept short is over."""
RETENTION = RetentionPolicies(
    tenants={OTHER: RetentionPolicy(lifetimes={**LIFETIMES, RetentionLevel.SHORT: timedelta(days=60)})}
)


def liked(value: str, level: RetentionLevel, tenant: TenantId = ACME) -> MemoryItem:
    item = memory_item(tenant, value, value, START)
    name = item_id(tenant, ANA, "preference", "likes", value)
    return replace(item, item_id=name, kind=Kind.PREFERENCE, slot="likes", retention_level=level)


def everything() -> list[MemoryItem]:
    short = liked("green tea", RetentionLevel.SHORT)
    held = (Interval(valid_from=START, valid_to=START + 9 * DAY),)
    return [
        short,
        liked("session", RetentionLevel.WORKING),
        liked("chess", RetentionLevel.LONG),
        liked("opera", RetentionLevel.PERMANENT),
        replace(liked("chores", RetentionLevel.SHORT), due_to=START + 5 * DAY),
        replace(liked("skiing", RetentionLevel.SHORT), status=ItemStatus.ENDED, validity=held),
        replace(liked("gone", RetentionLevel.SHORT), status=ItemStatus.RETRACTED),
        replace(liked("expired", RetentionLevel.LONG), status=ItemStatus.EXPIRED),
        liked("green tea", RetentionLevel.SHORT, OTHER),
    ]


TENSES = {"skiing": Tense.ENDED}
"""What was said of some of them other than that they hold."""


@pytest.fixture(scope="module")
def database_url(infrastructure: Infrastructure) -> Iterator[str]:
    """Anna's tastes, one of each kind of end."""
    with infrastructure.fresh_database() as url:
        migrate(url)
        items = [replace(item, recorded_at=RECORDED - 9 * DAY) for item in everything()]
        said = [evidence(i.tenant_id, i, message(i.tenant_id, 0, "m-1", ANA, i.value), i.value) for i in items]
        proofs = [
            replace(
                each,
                tense=TENSES.get(each.value, Tense.PRESENT),
                occurred_at=START,
                recorded_at=RECORDED - 9 * DAY,
            )
            for each in said
        ]
        land(
            url,
            [
                *(Landed(topic=TopicName.ITEMS, key=join_key(i.tenant_id, ANA, i.item_id), value=i) for i in items),
                *(Landed(topic=TopicName.EVIDENCE, key=evidence_key(each), value=each) for each in proofs),
            ],
        )
        yield url


async def statuses(database: Database, now: datetime, tenant: TenantId = ACME) -> dict[str, str]:
    page = await ItemReader(database, RETENTION).of_user(tenant, ANA, ItemFilter(), 100, None, now)
    return {item.value: item.status for item in page.items}


async def test_what_is_over_has_expired(database: Database) -> None:
    before, after = await statuses(database, OVER - timedelta(microseconds=1)), await statuses(database, OVER)

    assert (before["green tea"], after["green tea"]) == ("active", "expired")
    assert (before["session"], after["session"]) == ("expired", "expired")
    assert (after["chess"], after["opera"], after["gone"], after["expired"]) == (
        "active",
        "active",
        "retracted",
        "expired",
    )
    assert (await statuses(database, START + 20_000 * DAY))["opera"] == "active"


async def test_a_lifetime_counts_from_when_it_is_due_or_has_held(database: Database) -> None:
    assert (await statuses(database, OVER))["chores"] == "active"
    assert (await statuses(database, OVER + 5 * DAY))["chores"] == "expired"
    assert (await statuses(database, OVER + 8 * DAY))["skiing"] == "ended"
    assert (await statuses(database, OVER + 9 * DAY))["skiing"] == "expired"


async def test_a_tenant_has_its_own_lifetimes(database: Database) -> None:
    assert (await statuses(database, OVER, OTHER))["green tea"] == "active"
    assert (await statuses(database, START + 60 * DAY, OTHER))["green tea"] == "expired"


@pytest.mark.parametrize("days", [0, 1, 29, 30, 35, 39, 3_650])
async def test_the_statement_says_what_the_policy_says(database: Database, days: int) -> None:
    now = START + days * DAY
    expected = {item.value: status_at(item, now) for item in everything() if item.tenant_id == ACME}

    assert await statuses(database, now) == expected


async def test_pages_hold_the_status_that_is_asked_for(database: Database) -> None:
    reader, wanted = ItemReader(database, RETENTION), ItemFilter(status="expired")
    first = await reader.of_user(ACME, ANA, wanted, 2, None, OVER)
    second = await reader.of_user(ACME, ANA, wanted, 2, first.next_cursor, OVER)

    assert len(first.items) == 2
    assert sorted(item.value for page in (first, second) for item in page.items) == ["expired", "green tea", "session"]
    active = await reader.of_user(ACME, ANA, ItemFilter(status="active"), 100, None, OVER)
    assert {item.value for item in active.items} == {"chess", "chores", "opera"}


async def test_one_item_tells_it_too_and_its_history_does_not(database: Database) -> None:
    reader, name = ItemReader(database, RETENTION), UUID(liked("green tea", RetentionLevel.SHORT).item_id)
    one = await reader.one(ACME, name, OVER)
    history = await reader.history(ACME, name, 10, None)

    assert one is not None
    assert one.status == "expired"
    assert one.salience is not None
    assert history is not None
    assert [version.status for version in history.versions] == ["active"]


async def test_what_was_known_then_is_judged_by_then(database: Database) -> None:
    reader = ItemReader(database, RETENTION)
    then = await reader.of_user(ACME, ANA, ItemFilter(known_at=OVER - DAY), 100, None, OVER + 900 * DAY)

    assert {item.value: item.status for item in then.items}["green tea"] == "active"


async def recalled(database: Database, now: datetime, **asked: datetime) -> set[str | None]:
    request = RecallRequest(query="green tea chess skiing", user_id=ANA, kinds=["item"], **asked)
    return {result.value for result in await RecallReader(database, RETENTION).recall(ACME, request, now)}


async def test_what_has_expired_is_not_recalled(database: Database) -> None:
    assert await recalled(database, OVER - DAY) == {"green tea", "chess"}
    assert await recalled(database, OVER) == {"chess"}
    assert await recalled(database, OVER, asked_at=OVER - DAY) == {"green tea", "chess"}
    assert await recalled(database, OVER, known_at=OVER - DAY) == {"green tea", "chess"}
    assert await recalled(database, OVER - DAY, valid_at=START + DAY) == {"green tea", "chess", "skiing"}
    assert await recalled(database, OVER + 9 * DAY, valid_at=START + DAY) == {"chess"}
    old = START + (LIFETIMES[RetentionLevel.LONG] or timedelta.max)
    assert await recalled(database, OVER, known_at=old - DAY, valid_at=START + DAY) == {"green tea", "chess"}
    assert await recalled(database, OVER, known_at=old, valid_at=START + DAY) == set()


async def test_the_job_finds_what_the_reader_calls_expired(every_tenant: Database) -> None:
    reader, found = OverdueReader(every_tenant), set()
    assert await reader.tenants() == [ACME, OTHER]
    async for page in reader.pages(ACME, RETENTION.of(ACME), OVER):
        assert page.looked_at == 8
        found = {(each.item_id, each.counted_from) for each in page.overdue}

    assert found == {
        (liked("green tea", RetentionLevel.SHORT).item_id, START),
        (liked("session", RetentionLevel.WORKING).item_id, START),
    }


def test_a_question_for_a_status_uses_the_index_of_the_user(database_url: str) -> None:
    nothing = dict.fromkeys(("kind", "slot", "valid_at", "after_kind", "after_slot", "after_item"))
    asked = {"tenant_id": ACME, "user_id": ANA, "status": "active", "limit": 9}
    with psycopg.connect(database_url) as connection:
        connection.execute("SET enable_seqscan = off")
        explained = connection.execute(
            "EXPLAIN " + statements.ITEMS, nothing | asked | over(RetentionPolicy(), OVER)
        ).fetchall()
    plan = "\n".join(line for (line,) in explained)
    assert "memory_items_by_user" in plan, plan
    assert "Sort" not in plan, plan
