"""Conversations and their turns."""

from __future__ import annotations

from fastapi import APIRouter

from api.audit.recorder import Showing
from api.models.people import ConversationPage, MessagePage
from api.models.values import LIMIT_MOST
from api.problems import documented
from api.routes.parameters import GUARDED, ConversationName, Cursor, Limit
from api.service import Reader, ServiceParts

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


@router.get("", responses=documented(*GUARDED), summary="Which conversations there are")
async def conversations(
    service: ServiceParts, caller: Reader, shown: Showing, limit: Limit = LIMIT_MOST, cursor: Cursor = None
) -> ConversationPage:
    """The tenant's conversations, by id."""
    return shown.by(await service.deps.people.conversations(caller.tenant_id, limit, cursor))


@router.get("/{conversation_id:path}/messages", responses=documented(*GUARDED), summary="The turns of a conversation")
async def messages(
    service: ServiceParts,
    caller: Reader,
    shown: Showing,
    conversation_id: ConversationName,
    limit: Limit = LIMIT_MOST,
    cursor: Cursor = None,
) -> MessagePage:
    """Turns by event time; deleted ones keep their place and lose their text."""
    return shown.by(await service.deps.people.messages(caller.tenant_id, conversation_id, limit, cursor))
