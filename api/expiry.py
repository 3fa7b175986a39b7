"""The job that enforces retention: a command for each item whose lifetime is over, so that truth moves through the log.

Reads rows and sends commands; writes no row. Its commands are named by what they expire, so one that is sent again, by
a job that is repeated or runs beside another, is obeyed once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from api import commands
from api.readers.overdue import Overdue, OverduePage
from schemas.ids import TenantId
from schemas.records import MemoryCommand, Position
from topology.retention import RetentionPolicies, RetentionPolicy


class OverdueItems(Protocol):
    async def tenants(self) -> list[TenantId]: ...

    def pages(self, tenant_id: TenantId, policy: RetentionPolicy, now: datetime) -> AsyncIterator[OverduePage]: ...


class CommandLog(Protocol):
    async def command(self, command: MemoryCommand) -> Position:
        """Where the broker has it. Raises Retryable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Of one tenant, so far."""

    tenant_id: TenantId
    looked_at: int
    over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """The job. Without a log it only tells what is over."""

    items: OverdueItems
    log: CommandLog | None
    retention: RetentionPolicies

    async def run(
        self,
        now: datetime,
        tell: Callable[[Progress], None],
        found: Callable[[Overdue], None],
        only: TenantId | None = None,
    ) -> list[Progress]:
        """Every tenant, or the only one, by id. Raises Retryable with what was sent so far obeyed all the same."""
        tenants = [only] if only is not None else await self.items.tenants()
        return [await self._tenant(tenant_id, now, tell, found) for tenant_id in tenants]

    async def _tenant(
        self, tenant_id: TenantId, now: datetime, tell: Callable[[Progress], None], found: Callable[[Overdue], None]
    ) -> Progress:
        done = Progress(tenant_id=tenant_id, looked_at=0, over=0)
        async for page in self.items.pages(tenant_id, self.retention.of(tenant_id), now):
            for overdue in page.overdue:
                found(overdue)
            await self._send(page.overdue, now)
            done = Progress(
                tenant_id=tenant_id,
                looked_at=done.looked_at + page.looked_at,
                over=done.over + len(page.overdue),
            )
            tell(done)
        return done

    async def _send(self, overdue: Iterable[Overdue], now: datetime) -> None:
        if self.log is not None:
            await asyncio.gather(*(self.log.command(commands.expire(each, now)) for each in overdue))
