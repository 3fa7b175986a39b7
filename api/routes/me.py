"""The caller about itself."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from redis import RedisError

from api.limits.gate import show
from api.limits.quotas import Standing
from api.models.usage import QuotaShape, Usage
from api.problems import documented
from api.routes.parameters import GUARDED
from api.service import Caller, ServiceParts
from topology.errors import Retryable

router = APIRouter(prefix="/v1/me", tags=["service"])


@router.get("/usage", responses=documented(*GUARDED), summary="What a key may do and has done")
async def usage(request: Request, service: ServiceParts, caller: Caller) -> Usage:
    """The key's limits, how far they are used and when that ends, and what it did today.

    Any key may ask, as often as it likes. 503 while Redis, which counts, is away.
    """
    try:
        requests, events, day = await service.limiter.standing(caller)
    except RedisError as error:
        raise Retryable(f"Redis: {type(error).__name__}", retry_after_seconds=1.0) from error
    show(request, requests)
    return Usage(
        tenant_id=caller.tenant_id,
        key_id=str(caller.key_id),
        scopes=sorted(scope.value for scope in caller.scopes),
        rate_limited=caller.rate_limited,
        requests=[_shape(standing) for standing in requests.standings],
        events=[_shape(standing) for standing in events.standings],
        day=datetime.now(UTC).date(),
        requests_today=day.requests,
        refused_today=day.refused,
        events_today=day.events,
    )


def _shape(standing: Standing) -> QuotaShape:
    quota = standing.quota
    return QuotaShape(
        name=quota.name,
        limit=quota.amount,
        window_seconds=quota.seconds,
        used=quota.amount - standing.remaining,
        remaining=standing.remaining,
        reset_seconds=standing.moves_seconds,
    )
