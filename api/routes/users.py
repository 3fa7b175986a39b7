"""Users, what is remembered of them, and being told more."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import uuid4

import orjson
from fastapi import APIRouter, Query, Response

from api import commands
from api.audit.recorder import Showing
from api.models.items import CommandAccepted, ItemPage, ItemQuery, Remember
from api.models.people import UserPage, UserProfile
from api.models.values import LIMIT_MOST, PositionShape
from api.problems import documented
from api.routes.parameters import GUARDED, WITH_BODY, Cursor, Limit, UserName
from api.service import Corrector, Reader, ServiceParts
from schemas.ids import CommandId, UserId

router = APIRouter(prefix="/v1/users", tags=["users"])


@router.get("", responses=documented(*GUARDED), summary="Who is there")
async def users(
    service: ServiceParts, caller: Reader, shown: Showing, limit: Limit = LIMIT_MOST, cursor: Cursor = None
) -> UserPage:
    """Whoever speaks in the tenant's conversations, by id."""
    return shown.by(await service.deps.people.users(caller.tenant_id, limit, cursor))


@router.get(
    "/{user_id:path}/profile",
    response_model=UserProfile,
    responses=documented(*GUARDED),
    summary="What is current about a user",
)
async def profile(service: ServiceParts, caller: Reader, shown: Showing, user_id: UserName) -> Response:
    """The current value of each slot, what matters most of the rest, open tasks and coming events; empty where nothing
    is remembered."""
    found = shown.by(await service.deps.profiles.as_json(caller.tenant_id, user_id, datetime.now(UTC)))
    return Response(orjson.dumps(found), media_type="application/json")


@router.get("/{user_id:path}/items", responses=documented(*GUARDED), summary="What is remembered of a user")
async def items(
    service: ServiceParts, caller: Reader, shown: Showing, user_id: UserName, query: Annotated[ItemQuery, Query()]
) -> ItemPage:
    """Every item of the user, superseded ones included, by kind, slot and id, with the words each rests on."""
    now = datetime.now(UTC)
    wanted, limit, cursor = query.filter, query.limit, query.cursor
    return shown.by(await service.deps.items.of_user(caller.tenant_id, user_id, wanted, limit, cursor, now))


@router.post(
    "/{user_id:path}/items", status_code=HTTPStatus.ACCEPTED, responses=documented(*WITH_BODY), summary="Remember"
)
async def remember(
    service: ServiceParts, caller: Corrector, shown: Showing, user_id: UserName, wanted: Remember
) -> CommandAccepted:
    """Remember something of the user, as an assertion made now."""
    command_id = CommandId(str(uuid4()))
    catalogue = service.catalogues.of(caller.tenant_id)
    named = commands.remember(catalogue, caller.tenant_id, UserId(user_id), wanted, command_id, datetime.now(UTC))
    position = await service.deps.log.command(named.command)
    accepted = CommandAccepted(command_id=command_id, position=PositionShape.of(position), item_id=named.item_id)
    return shown.by(accepted)
