"""Memory items with the words they rest on: of a user, one alone, and every version of one.

Reads only. A list is read in one transaction with its evidence, so both are of the same moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from api import pages
from api.models.items import Item, ItemFilter, ItemHistory, ItemPage
from api.models.values import ItemSource
from api.readers import shapes, statements
from api.readers.database import Database, Rows
from api.readers.folds import Fold, folded
from api.readers.lifetimes import over
from schemas.ids import TenantId
from topology.retention import RetentionPolicies

EVIDENCE_SHOWN = 100
"""Of an item, the latest; `evidence_count` tells how much there is."""
_CURSOR_PARTS = 3
_VERSION_CURSOR_PARTS = 2
_BEFORE_ALL = (0, -1)


class ItemReader:
    """Items by their status at a moment: what is over by the policy of its tenant has expired."""

    def __init__(self, database: Database, retention: RetentionPolicies) -> None:
        self._database, self._retention = database, retention

    async def of_user(
        self, tenant_id: TenantId, user_id: str, wanted: ItemFilter, limit: int, cursor: str | None, now: datetime
    ) -> ItemPage:
        """A page of a user's items by (kind, slot, item id); empty for a user of whom nothing is remembered.

        As of `known_at` where that is asked for, else of `now`. A page may hold fewer rows than its limit: near
        duplicates of a page are one.
        """
        at = wanted.known_at or now
        kind, slot, item_id = pages.decode(cursor, _CURSOR_PARTS) or (None, None, None)
        after = {"after_kind": kind, "after_slot": slot, "after_item": _uuid(item_id)}
        statement = statements.ITEMS if wanted.known_at is None else statements.ITEMS_AS_KNOWN
        whose = {"tenant_id": tenant_id, "user_id": user_id, "limit": limit + 1}
        parameters = wanted.model_dump() | after | whose | over(self._retention.of(tenant_id), at)
        async with self._database.read(tenant_id) as rows:
            found, last = pages.cut(await rows.all(statement, parameters), limit)
            sources = await evidence_of(rows, tenant_id, [row["item_id"] for row in found], wanted.known_at)
        return ItemPage(
            items=[_item(each, sources, at) for each in folded(found, wanted=wanted.fold)],
            next_cursor=pages.encode(last["kind"], last["slot"], str(last["item_id"])) if last else None,
        )

    async def one(self, tenant_id: TenantId, item_id: UUID, now: datetime) -> Item | None:
        """The item as it stands, in whatever status."""
        parameters = {"tenant_id": tenant_id, "item_id": item_id} | over(self._retention.of(tenant_id), now)
        async with self._database.read(tenant_id) as rows:
            row = await rows.one(statements.ITEM, parameters)
            sources = await evidence_of(rows, tenant_id, [item_id], None)
        return shapes.item(row, sources.get(str(item_id), []), now) if row else None

    async def history(self, tenant_id: TenantId, item_id: UUID, limit: int, cursor: str | None) -> ItemHistory | None:
        """A page of an item's versions, oldest first. None for an item that has none."""
        after = pages.decode(cursor, _VERSION_CURSOR_PARTS)
        generation, offset = map(pages.number, after) if after else _BEFORE_ALL
        parameters = {
            "tenant_id": tenant_id,
            "item_id": item_id,
            "generation": generation,
            "version_offset": offset,
            "limit": limit + 1,
        }
        async with self._database.read(tenant_id) as rows:
            found, last = pages.cut(await rows.all(statements.ITEM_VERSIONS, parameters), limit)
        if not found and cursor is None:
            return None
        return ItemHistory(
            item_id=str(item_id),
            versions=[shapes.item_version(row) for row in found],
            next_cursor=pages.encode(last["generation"], last["version_offset"]) if last else None,
        )


async def evidence_of(
    rows: Rows,
    tenant_id: TenantId,
    item_ids: list[UUID],
    known_at: datetime | None,
    conversation_id: str | None = None,
    limit: int = EVIDENCE_SHOWN,
) -> dict[str, list[ItemSource]]:
    """Evidence by item id, the latest first, at most `limit` an item."""
    parameters = {
        "tenant_id": tenant_id,
        "item_ids": item_ids,
        "known_at": known_at,
        "conversation_id": conversation_id,
        "limit": limit,
    }
    return shapes.sources_by_item(await rows.all(statements.EVIDENCE_OF_ITEMS, parameters))


def _item(found: Fold, sources: Mapping[str, list[ItemSource]], at: datetime) -> Item:
    said = [source for item_id in found.item_ids for source in sources.get(item_id, [])]
    return shapes.item(found.row, said, at, found.stands_for)


def _uuid(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise pages.bad_cursor() from error
