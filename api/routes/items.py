"""One item: as it stands, as it was, corrected, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Path, Query

from api import commands
from api.audit.recorder import Showing
from api.models.items import CommandAccepted, Correct, Item, ItemHistory
from api.models.values import Moment, PositionShape
from api.problems import documented, not_found
from api.routes.parameters import FOUND, WITH_BODY, Cursor
from api.service import Corrector, Reader, ServiceParts
from schemas.ids import CommandId, TenantId

VERSIONS_MOST = 1_000

router = APIRouter(prefix="/v1/items", tags=["items"])

ItemName = Annotated[UUID, Path(examples=["0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10"])]
KnownAt = Annotated[Moment | None, Query(description="The item as it was known at this time.")]


@router.get("/{item_id}", responses=documented(*FOUND), summary="One item")
async def item(
    service: ServiceParts, caller: Reader, shown: Showing, item_id: ItemName, known_at: KnownAt = None
) -> Item:
    """The item as it stands, or as it was known at a time, in whatever status."""
    return shown.by(await _item(service, caller.tenant_id, item_id, known_at))


@router.get("/{item_id}/history", responses=documented(*FOUND), summary="Every version of an item")
async def history(
    service: ServiceParts,
    caller: Reader,
    shown: Showing,
    item_id: ItemName,
    limit: Annotated[int, Query(ge=1, le=VERSIONS_MOST)] = VERSIONS_MOST,
    cursor: Cursor = None,
) -> ItemHistory:
    """How the item came to be what it is: what was known of it, and since when."""
    found = await service.deps.items.history(caller.tenant_id, item_id, limit, cursor)
    if found is None:
        raise not_found("item")
    return shown.by(found)


@router.patch(
    "/{item_id}",
    status_code=HTTPStatus.ACCEPTED,
    responses=documented(*WITH_BODY, HTTPStatus.NOT_FOUND),
    summary="Correct an item",
)
async def correct(
    service: ServiceParts, caller: Corrector, shown: Showing, item_id: ItemName, wanted: Correct
) -> CommandAccepted:
    """Say what the item should have been: a new item takes its place, and the old one stays as history."""
    current, command_id = shown.by(await _item(service, caller.tenant_id, item_id)), _command_id()
    catalogue = service.catalogues.of(caller.tenant_id)
    named = commands.correct(catalogue, caller.tenant_id, current, wanted.value, command_id, datetime.now(UTC))
    position = PositionShape.of(await service.deps.log.command(named.command))
    return shown.by(
        CommandAccepted(
            command_id=command_id, position=position, item_id=named.item_id, superseded_item_id=str(item_id)
        )
    )


@router.delete("/{item_id}", status_code=HTTPStatus.ACCEPTED, responses=documented(*FOUND), summary="Forget an item")
async def forget(service: ServiceParts, caller: Corrector, shown: Showing, item_id: ItemName) -> CommandAccepted:
    """Forget the item: whatever was said up to now no longer supports it."""
    current, command_id = shown.by(await _item(service, caller.tenant_id, item_id)), _command_id()
    named = commands.forget(caller.tenant_id, current, command_id, datetime.now(UTC))
    position = PositionShape.of(await service.deps.log.command(named.command))
    return CommandAccepted(command_id=command_id, position=position, item_id=named.item_id)


async def _item(service: ServiceParts, tenant_id: TenantId, item_id: UUID, known_at: datetime | None = None) -> Item:
    found = await service.deps.items.one(tenant_id, item_id, datetime.now(UTC), known_at)
    if found is None:
        raise not_found("item")
    return found


def _command_id() -> CommandId:
    return CommandId(str(uuid4()))
