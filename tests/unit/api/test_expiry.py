"""The job that enforces retention: which commands it sends, that they are the same again, and what they do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from api import commands
from api.expiry import Expiry, Progress
from api.readers.overdue import Overdue, OverduePage
from schemas.enums import CommandType, ItemStatus, Kind
from schemas.ids import TenantId, UserId, item_id
from schemas.records import MemoryItem
from support.api_fakes import FakeLog, away
from support.lifetimes import kept_since
from support.memory import Memory, minute
from support.speech import said
from topology.errors import Retryable
from topology.retention import RetentionPolicies, RetentionPolicy

pytestmark = pytest.mark.asyncio

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ACME, OTHER = TenantId("acme"), TenantId("other")


def overdue(value: str, tenant: TenantId = ACME) -> Overdue:
    return Overdue(
        tenant_id=tenant,
        user_id=UserId("ana"),
        item_id=item_id(tenant, UserId("ana"), "task", "task", value),
        kind=Kind.TASK,
        slot="task",
        counted_from=NOON - timedelta(days=90),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeItems:
    """Pages by tenant, and with which policy they were asked for."""

    known: dict[TenantId, Sequence[OverduePage]]
    policies: dict[TenantId, RetentionPolicy] = field(default_factory=dict)

    async def tenants(self) -> list[TenantId]:
        return sorted(self.known)

    async def pages(self, tenant_id: TenantId, policy: RetentionPolicy, now: datetime) -> AsyncIterator[OverduePage]:
        self.policies[tenant_id] = policy
        for page in self.known.get(tenant_id, ()):
            yield page


def two_tenants() -> FakeItems:
    pages = [
        OverduePage(looked_at=1_000, overdue=[overdue("post")]),
        OverduePage(looked_at=5, overdue=[overdue("pay"), overdue("call")]),
    ]
    return FakeItems(known={ACME: pages, OTHER: [OverduePage(looked_at=3, overdue=[])]})


def quiet(_: object) -> None: ...


async def test_every_item_that_is_over_gets_its_command_and_progress_is_told_by_page() -> None:
    log, told = FakeLog(), list[Progress]()
    done = await Expiry(items=two_tenants(), log=log, retention=RetentionPolicies()).run(NOON, told.append, quiet)

    assert {each.item_id for each in log.commands} == {overdue(name).item_id for name in ("post", "pay", "call")}
    assert {each.type for each in log.commands} == {CommandType.EXPIRE}
    assert [(each.tenant_id, each.looked_at, each.over) for each in done] == [("acme", 1_005, 3), ("other", 3, 0)]
    assert [each.looked_at for each in told] == [1_000, 1_005, 3]


async def test_without_a_log_it_only_tells() -> None:
    found = list[Overdue]()
    done = await Expiry(items=two_tenants(), log=None, retention=RetentionPolicies()).run(NOON, quiet, found.append)

    assert [each.over for each in done] == [3, 0]
    assert found == [overdue("post"), overdue("pay"), overdue("call")]


async def test_one_tenant_alone_by_its_own_policy() -> None:
    log, items, own = FakeLog(), two_tenants(), RetentionPolicy(rules=())
    job = Expiry(items=items, log=log, retention=RetentionPolicies(tenants={ACME: own}))
    await job.run(NOON, quiet, quiet, ACME)

    assert items.policies == {ACME: own}
    assert len(log.commands) == 3


async def test_a_repeated_job_sends_the_same_commands() -> None:
    first, second = FakeLog(), FakeLog()
    for log, now in ((first, NOON), (second, NOON + timedelta(days=1))):
        await Expiry(items=two_tenants(), log=log, retention=RetentionPolicies()).run(now, quiet, quiet)

    assert {each.command_id for each in first.commands} == {each.command_id for each in second.commands}
    assert len({each.command_id for each in first.commands}) == 3


async def test_what_kafka_does_not_take_is_the_operator_s_to_hear() -> None:
    log = FakeLog()
    log.error = away()
    with pytest.raises(Retryable):
        await Expiry(items=two_tenants(), log=log, retention=RetentionPolicies()).run(NOON, quiet, quiet)


def over_as_known(item: MemoryItem) -> Overdue:
    """As the reader finds it once its lifetime has passed."""
    since = kept_since(item)
    assert since is not None
    return Overdue(
        tenant_id=item.tenant_id,
        user_id=item.user_id,
        item_id=item.item_id,
        kind=item.kind,
        slot=item.slot,
        counted_from=since,
    )


async def test_its_command_lets_what_was_known_expire_and_nothing_that_came_after() -> None:
    memory = Memory().hear(said(1, "todo:post"), said(2, "todo:post likes:tea"))
    command = commands.expire(over_as_known(memory.items["post"]), minute(90_000))
    memory.obey(command)
    assert memory.items["post"].status is ItemStatus.EXPIRED
    assert memory.items["tea"].status is ItemStatus.ACTIVE

    late = said(3, "todo:post")
    assert memory.hear(late).items["post"].status is ItemStatus.ACTIVE
    again = commands.expire(over_as_known(memory.items["post"]), minute(90_001))
    assert again.command_id != command.command_id
    assert memory.obey(again).items["post"].status is ItemStatus.EXPIRED


async def test_a_task_with_a_date_expires_by_it() -> None:
    memory = Memory().hear(said(1, "party:birthday"))
    command = commands.expire(over_as_known(memory.items["birthday"]), minute(90_000))

    assert command.known_to == minute(1) + timedelta(days=8, microseconds=1)
    assert memory.obey(replace(command)).items["birthday"].status is ItemStatus.EXPIRED
