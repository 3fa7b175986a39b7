"""Questions to the memory."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter

from api.audit.recorder import Showing
from api.auth import Scope
from api.models.recall import RecallAnswer, RecallRequest
from api.problems import documented
from api.routes.parameters import WITH_BODY
from api.routes.waiting import reach
from api.service import Reader, ServiceParts, need

router = APIRouter(prefix="/v1", tags=["memory"])


@router.post("/recall", responses=documented(*WITH_BODY), summary="What answers a question")
async def recall(service: ServiceParts, caller: Reader, shown: Showing, request: RecallRequest) -> RecallAnswer:
    """Messages and items that answer best, with the words they rest on.

    In a conversation, about a user, or, with the scope `read_tenant`, over the whole tenant.
    """
    shown.about(user_id=request.user_id, conversation_id=request.conversation_id)
    if request.conversation_id is None and request.user_id is None:
        need(caller, Scope.READ_TENANT)
    reached = await reach(service, request.after, request.wait_seconds)
    found = shown.by(await service.deps.recall.ask(caller.tenant_id, request, datetime.now(UTC)))
    shown.told(results=len(found.results))
    return found.model_copy(update={"after_reached": reached})
