"""What became of an event: the best of its records' outcomes, and whether it can be queried.

Asks PostgreSQL for outcomes and Kafka's offsets for the rest; waits by asking again, ever more slowly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from time import monotonic

from api.models.events import EventStatus
from api.models.values import PositionShape
from api.ports import Freshness, Outcomes
from api.readers.outcomes import RecordOutcome
from schemas.enums import OutcomeStatus
from schemas.ids import TenantId
from topology.errors import Retryable

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PAUSE_GROWTH = 0.03, 0.1, 1.5

BEST_FIRST = (
    OutcomeStatus.STORED,
    OutcomeStatus.DUPLICATE,
    OutcomeStatus.REROUTED,
    OutcomeStatus.DEAD_LETTERED,
    OutcomeStatus.UNKNOWN,
)
"""A retry is a duplicate of what is stored; a rerouted record has another on its way; a dead letter can be mended."""


def best(outcomes: Sequence[RecordOutcome]) -> RecordOutcome:
    """The outcome that counts; of equals the first, which is the latest."""
    return min(outcomes, key=lambda outcome: BEST_FIRST.index(outcome.status))


class StatusDesk:
    """Answers for events and commands by id."""

    def __init__(
        self,
        outcomes: Outcomes,
        freshness: Freshness,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._outcomes, self._freshness = outcomes, freshness
        self._clock, self._sleep = clock, sleep

    async def status(self, tenant_id: TenantId, event_id: str, wait_seconds: float) -> EventStatus | None:
        """The event's status, as soon as it can be queried or the wait is over; None while nothing is known of it."""
        deadline = self._clock() + wait_seconds
        outcome = await self._outcome(tenant_id, event_id, deadline)
        if outcome is None:
            return None
        left = max(0.0, deadline - self._clock())
        queryable = await self._queryable(outcome, left)
        return EventStatus(
            event_id=event_id,
            status=outcome.status.value,
            reasons=list(outcome.reasons),
            position=PositionShape.of(outcome.position),
            item_ids=list(outcome.item_ids),
            queryable=queryable,
        )

    async def _outcome(self, tenant_id: TenantId, event_id: str, deadline: float) -> RecordOutcome | None:
        """The best outcome; a rerouted record is on its way still, so what comes of it is waited for."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            found = await self._outcomes.of_event(tenant_id, event_id)
            outcome = best(found) if found else None
            left = deadline - self._clock()
            if left <= 0 or (outcome is not None and outcome.status is not OutcomeStatus.REROUTED):
                return outcome
            await self._look()
            await self._sleep(min(pause, left))
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)

    async def _look(self) -> None:
        """Let the stream's offsets be looked at now: whether the event can be queried is followed from here on, and not
        from when its outcome has come. While Kafka is away the outcome may come all the same.
        """
        with suppress(Retryable):
            await self._freshness.lag()

    async def _queryable(self, outcome: RecordOutcome, left: float) -> bool:
        if outcome.status is OutcomeStatus.REROUTED:
            return False
        if left > 0:
            return await self._freshness.wait(outcome.position, left)
        return await self._freshness.is_queryable(outcome.position)
