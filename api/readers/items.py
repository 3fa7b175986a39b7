"""Memory items with the words they rest on: of a user, one alone, and every version of one.

Reads only. A list is read in one transaction with its evidence, so both are of the same moment.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from api import pages
from api.models.items import Item, ItemFilter, ItemHistory, ItemPage
from api.models.values import ItemSource
from api.readers import known, shapes, statements
from api.readers.database import Database, Rows
from api.readers.known import Listing
from schemas.ids import TenantId

EVIDENCE_SHOWN = 100
"""Of an item, the latest; `evidence_count` tells how much there is."""
_CURSOR_PARTS = 3
_VERSION_CURSOR_PARTS = 2
_BEFORE_ALL = (0, -1)


class ItemReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_user(
        self, tenant_id: TenantId, user_id: str, wanted: ItemFilter, limit: int, cursor: str | None
    ) -> ItemPage:
        """A page of a user's items by (kind, slot, item id); empty for a user of whom nothing is remembered."""
        after = pages.decode(cursor, _CURSOR_PARTS)
        after_item = _uuid(after[2] if after else None)
        if wanted.known_at is not None:
            return await self._as_known(
                Listing(
                    tenant_id=tenant_id,
                    user_id=user_id,
                    wanted=wanted,
                    known_at=wanted.known_at,
                    after=after,
                    most=limit + 1,
                )
            )
        kind, slot, _ = after or (None, None, None)
        place = {"after_kind": kind, "after_slot": slot, "after_item": after_item}
        parameters = wanted.model_dump() | place | {"tenant_id": tenant_id, "user_id": user_id, "limit": limit + 1}
        async with self._database.read(tenant_id) as rows:
            found, last = pages.cut(await rows.all(statements.ITEMS, parameters), limit)
            sources = await evidence_of(rows, tenant_id, [row["item_id"] for row in found])
        return _page([shapes.item(row, sources.get(str(row["item_id"]), [])) for row in found], last)

    async def _as_known(self, listing: Listing) -> ItemPage:
        async with self._database.read(listing.tenant_id) as rows:
            found = await known.of_user(rows, listing)
        shown = found[: listing.most - 1]
        last = shown[-1].row if len(found) > len(shown) else None
        return _page([shapes.item(one.row, one.sources[:EVIDENCE_SHOWN]) for one in shown], last)

    async def one(self, tenant_id: TenantId, item_id: UUID, known_at: datetime | None = None) -> Item | None:
        """The item as it stands, or as it was known, in whatever status."""
        async with self._database.read(tenant_id) as rows:
            if known_at is not None:
                found = await known.one(rows, tenant_id, item_id, known_at)
                return shapes.item(found.row, found.sources[:EVIDENCE_SHOWN]) if found else None
            row = await rows.one(statements.ITEM, {"tenant_id": tenant_id, "item_id": item_id})
            sources = await evidence_of(rows, tenant_id, [item_id])
        return shapes.item(row, sources.get(str(item_id), [])) if row else None

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
    conversation_id: str | None = None,
    limit: int = EVIDENCE_SHOWN,
) -> dict[str, list[ItemSource]]:
    """Evidence by item id, the latest first, at most `limit` an item."""
    parameters = {
        "tenant_id": tenant_id,
        "item_ids": item_ids,
        "conversation_id": conversation_id,
        "limit": limit,
    }
    return shapes.sources_by_item(await rows.all(statements.EVIDENCE_OF_ITEMS, parameters))


def _page(items: list[Item], last: shapes.Row | None) -> ItemPage:
    cursor = pages.encode(last["kind"], last["slot"], str(last["item_id"])) if last else None
    return ItemPage(items=items, next_cursor=cursor)


def _uuid(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise pages.bad_cursor() from error
