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
from api.readers import known, shapes, statements
from api.readers.database import Database, Rows
from api.readers.folds import Fold, folded
from api.readers.known import Listing
from api.readers.lifetimes import over
from schemas.ids import TenantId
from streams.extraction.slots import ALL_BUILT_IN, Catalogues
from streams.processors.knowing import TenantPolicy
from topology.retention import RetentionPolicies

EVIDENCE_SHOWN = 100
"""Of an item, the latest; `evidence_count` tells how much there is."""
_CURSOR_PARTS = 3
_VERSION_CURSOR_PARTS = 2
_BEFORE_ALL = (0, -1)


class ItemReader:
    """Items by their status at a moment: what is over by the policy of its tenant has expired."""

    def __init__(self, database: Database, retention: RetentionPolicies, catalogues: Catalogues = ALL_BUILT_IN) -> None:
        self._database, self._retention, self._catalogues = database, retention, catalogues

    async def of_user(
        self, tenant_id: TenantId, user_id: str, wanted: ItemFilter, limit: int, cursor: str | None, now: datetime
    ) -> ItemPage:
        """A page of a user's items by (kind, slot, item id); empty for a user of whom nothing is remembered.

        As of `known_at` where that is asked for, else of `now`. A page may hold fewer rows than its limit: near
        duplicates of a page are one.
        """
        after = pages.decode(cursor, _CURSOR_PARTS)
        after_item = _uuid(after[2] if after else None)
        if wanted.known_at is not None:
            return await self._as_known(
                Listing(
                    whose=self._policy(tenant_id),
                    user_id=user_id,
                    wanted=wanted,
                    known_at=wanted.known_at,
                    after=after,
                    most=limit + 1,
                )
            )
        kind, slot, _ = after or (None, None, None)
        place = {"after_kind": kind, "after_slot": slot, "after_item": after_item}
        whose = {"tenant_id": tenant_id, "user_id": user_id, "limit": limit + 1}
        parameters = wanted.model_dump() | place | whose | over(self._retention.of(tenant_id), now)
        async with self._database.read(tenant_id) as rows:
            found, last = pages.cut(await rows.all(statements.ITEMS, parameters), limit)
            sources = await evidence_of(rows, tenant_id, [row["item_id"] for row in found])
        return _page([_item(each, sources, now) for each in folded(found, wanted=wanted.fold)], last)

    async def _as_known(self, listing: Listing) -> ItemPage:
        async with self._database.read(listing.whose.tenant_id) as rows:
            found = await known.of_user(rows, listing)
        shown = found[: listing.most - 1]
        last = shown[-1].row if len(found) > len(shown) else None
        sources = {str(one.row["item_id"]): one.sources[:EVIDENCE_SHOWN] for one in shown}
        folds = folded([one.row for one in shown], wanted=listing.wanted.fold)
        return _page([_item(each, sources, listing.known_at) for each in folds], last)

    async def one(
        self, tenant_id: TenantId, item_id: UUID, now: datetime, known_at: datetime | None = None
    ) -> Item | None:
        """The item as it stands, or as it was known, in whatever status."""
        async with self._database.read(tenant_id) as rows:
            if known_at is not None:
                found = await known.one(rows, self._policy(tenant_id), item_id, known_at)
                return shapes.item(found.row, found.sources[:EVIDENCE_SHOWN], known_at) if found else None
            parameters = {"tenant_id": tenant_id, "item_id": item_id} | over(self._retention.of(tenant_id), now)
            row = await rows.one(statements.ITEM, parameters)
            sources = await evidence_of(rows, tenant_id, [item_id])
        return shapes.item(row, sources.get(str(item_id), []), now) if row else None

    def _policy(self, tenant_id: TenantId) -> TenantPolicy:
        return TenantPolicy(
            tenant_id=tenant_id,
            catalogue=self._catalogues.of(tenant_id),
            retention=self._retention.of(tenant_id),
        )

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
            user_id=found[0]["user_id"] if found else None,
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


def _item(found: Fold, sources: Mapping[str, list[ItemSource]], at: datetime) -> Item:
    said = [source for item_id in found.item_ids for source in sources.get(item_id, [])]
    return shapes.item(found.row, said, at, found.stands_for)


def _page(items: list[Item], last: shapes.Row | None) -> ItemPage:
    cursor = pages.encode(last["kind"], last["slot"], str(last["item_id"])) if last else None
    return ItemPage(items=items, next_cursor=cursor)


def _uuid(text: str | None) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise pages.bad_cursor() from error
