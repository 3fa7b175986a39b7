"""Items whose lifetime is over, of every tenant in turn, a page at a time.

Reads only. A page looks at a bounded number of items whether they are over or not, so no statement takes long.
"""

# ruff: noqa: S608 - constants are joined to constants; values are parameters

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from api.readers.database import Database
from api.readers.lifetimes import over
from api.readers.statements import COUNTED_FROM, STATUS
from schemas.enums import Kind
from schemas.ids import ItemId, TenantId, UserId
from topology.retention import RetentionPolicy

PAGE = 1_000
"""Items looked at by one statement: milliseconds, and as many commands under way at the most."""

_TENANTS: LiteralString = """
    WITH RECURSIVE known AS (
        (SELECT tenant_id FROM memory_items ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT next.tenant_id FROM memory_items AS next
                WHERE next.tenant_id > known.tenant_id ORDER BY next.tenant_id LIMIT 1)
        FROM known
        WHERE known.tenant_id IS NOT NULL
    )
    SELECT tenant_id FROM known WHERE tenant_id IS NOT NULL ORDER BY tenant_id
"""
"""One step in the index a tenant, however many items each has."""

_ITEMS: LiteralString = (
    "SELECT item_id, user_id, kind, slot, "
    + COUNTED_FROM
    + " AS counted_from, NOT deleted AND status <> "
    + STATUS
    + """ AS over
    FROM memory_items
    WHERE tenant_id = %(tenant_id)s AND (%(after)s::uuid IS NULL OR item_id > %(after)s)
    ORDER BY item_id
    LIMIT %(limit)s
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An item whose lifetime is over, and from when that counted: nothing said of it later was known."""

    tenant_id: TenantId
    user_id: UserId
    item_id: ItemId
    kind: Kind
    slot: str
    counted_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OverduePage:
    """How many items were looked at, and those among them that are over."""

    looked_at: int
    overdue: Sequence[Overdue]


class OverdueReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def tenants(self) -> list[TenantId]:
        """Every tenant of whom anything is remembered, by id."""
        async with self._database.read(None) as rows:
            return [TenantId(row["tenant_id"]) for row in await rows.all(_TENANTS, {})]

    async def pages(self, tenant_id: TenantId, policy: RetentionPolicy, now: datetime) -> AsyncIterator[OverduePage]:
        """All items of the tenant, by id, each page of one moment."""
        after: UUID | None = None
        while True:
            parameters = {"tenant_id": tenant_id, "after": after, "limit": PAGE} | over(policy, now)
            async with self._database.read(tenant_id) as rows:
                found = await rows.all(_ITEMS, parameters)
            if not found:
                return
            after = found[-1]["item_id"]
            yield OverduePage(looked_at=len(found), overdue=[_overdue(tenant_id, row) for row in found if row["over"]])


def _overdue(tenant_id: TenantId, row: dict[str, object]) -> Overdue:
    counted_from = row["counted_from"]
    assert isinstance(counted_from, datetime), "what has no such moment is never over"
    return Overdue(
        tenant_id=tenant_id,
        user_id=UserId(str(row["user_id"])),
        item_id=ItemId(str(row["item_id"])),
        kind=Kind(str(row["kind"])),
        slot=str(row["slot"]),
        counted_from=counted_from,
    )
