"""Memory for a prompt."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter

from api.audit.recorder import Showing
from api.context.composing import compose
from api.context.gathering import gather
from api.models.context import ContextAnswer, ContextRequest
from api.problems import documented
from api.routes.parameters import WITH_BODY
from api.routes.waiting import reach
from api.service import Reader, ServiceParts

router = APIRouter(prefix="/v1", tags=["memory"])


@router.post("/context", responses=documented(*WITH_BODY), summary="Memory for a prompt, within a token budget")
async def context(service: ServiceParts, caller: Reader, shown: Showing, request: ContextRequest) -> ContextAnswer:
    """Profile, standing items, what answers the query, recent turns: never over `max_tokens`, the least salient lines
    left out, and where each line comes from.

    The same state gives the same text. The block says that it is recalled: what is sent on of it, set `recalled` on.
    """
    shown.about(user_id=request.user_id, conversation_id=request.conversation_id)
    reached = await reach(service, request.after, request.wait_seconds)
    material = await gather(service.deps, caller.tenant_id, request, datetime.now(UTC))
    return shown.by(compose(material, request, reached))
