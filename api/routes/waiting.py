"""Reading what one has just written: a question may name a position that it waits for."""

from __future__ import annotations

from api.models.values import PositionShape
from api.service import ServiceParts
from schemas.records import Position


async def reach(service: ServiceParts, after: PositionShape | None, wait_seconds: float) -> bool | None:
    """Whether the position could be queried in time; None where none is named."""
    if after is None:
        return None
    position = Position(topic=after.topic, partition=after.partition, offset=after.offset)
    return await service.deps.freshness.wait(position, wait_seconds)
