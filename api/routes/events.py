"""Events in, what became of them, and how far behind the answers are."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from api.audit.recorder import Showing
from api.ingest import batch
from api.limits.gate import show
from api.models.events import EVENT_EXAMPLE, Accepted, AcceptedEvent, EventIn, EventStatus
from api.models.lag import LagAnswer
from api.models.values import Name
from api.problems import documented, not_found
from api.routes.parameters import FOUND, GUARDED, WITH_BODY
from api.service import Ingester, Reader, ServiceParts
from schemas.records import ConversationEvent
from topology.metrics import API_EVENTS_ACCEPTED

WAIT_MOST_SECONDS = 30

router = APIRouter(prefix="/v1", tags=["stream"])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "1 to 1,000 events, 5 MiB at the most.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "items": {"$ref": f"#/components/schemas/{EventIn.__name__}"},
                    "minItems": 1,
                    "maxItems": batch.MOST_EVENTS,
                },
                "example": [EVENT_EXAMPLE],
            }
        },
    }
}


@router.post(
    "/events", status_code=HTTPStatus.ACCEPTED, responses=documented(*WITH_BODY), openapi_extra=_BODY, summary="Accept"
)
async def accept_events(request: Request, service: ServiceParts, caller: Ingester, shown: Showing) -> Accepted:
    """Accept events, all or none. They are with the broker, on every replica, when this answers 202.

    A 503 promises nothing: send the same events again, with the same ids. A 422 names every bad one.
    """
    body, now = await request.body(), datetime.now(UTC)
    tolerance = service.settings.future_tolerance_seconds

    def read() -> list[ConversationEvent]:
        return batch.read(batch.parse(body), caller.tenant_id, now=now, tolerance_seconds=tolerance)

    events = await asyncio.to_thread(read)
    show(request, await service.limiter.owe(caller, len(events)))
    for event in events:
        shown.about(user_id=event.user_id, conversation_id=event.conversation_id)
    shown.told(events=len(events))
    positions = await service.deps.log.append(events)
    service.meters.add(API_EVENTS_ACCEPTED, len(events))
    return Accepted(
        accepted=len(events),
        positions=[
            AcceptedEvent(event_id=event.event_id, topic=at.topic, partition=at.partition, offset=at.offset)
            for event, at in zip(events, positions, strict=True)
        ],
    )


@router.get("/events/{event_id:path}", responses=documented(*FOUND), summary="What became of an event")
async def event_status(
    service: ServiceParts,
    caller: Reader,
    shown: Showing,
    event_id: Annotated[Name, Path(examples=["evt-17"])],
    wait_seconds: Annotated[
        float, Query(ge=0, le=WAIT_MOST_SECONDS, description="How long to wait for it to be queryable.")
    ] = 0,
) -> EventStatus:
    """The best outcome of the event's records, of a command's as well; 404 while nothing is known of it."""
    status = await service.status.status(caller.tenant_id, event_id, wait_seconds)
    if status is None:
        raise not_found("event")
    return shown.by(status)


@router.get("/lag", responses=documented(*GUARDED), summary="How far behind the answers are")
async def lag(service: ServiceParts, _: Reader) -> LagAnswer:
    """`pending` 0 means that every event accepted before the question can be queried."""
    found = await service.deps.freshness.lag()
    return LagAnswer(
        pending=found.pending,
        seconds=round(found.seconds, 3),
        stages=dict(found.stages),
        semantic_pending=await service.deps.recall.semantic_pending(),
    )
