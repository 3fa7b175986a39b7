"""Waiting for what became of an event, with a clock the test moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from api.readers.outcomes import RecordOutcome
from api.status import BEST_FIRST, StatusDesk, best
from schemas.enums import OutcomeStatus
from schemas.records import Position
from support.api_fakes import TENANT, FakeFreshness, FakeOutcomes
from topology.errors import Retryable

pytestmark = pytest.mark.asyncio


class Scene:
    """Outcomes that may appear while someone waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.outcomes, self.freshness = FakeOutcomes(), FakeFreshness()
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.desk = StatusDesk(self.outcomes, self.freshness, clock=lambda: self.now, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        for at, action in [entry for entry in self.later if entry[0] <= self.now]:
            action()
            self.later.remove((at, action))

    def land(self, status: OutcomeStatus, offset: int = 0) -> None:
        position = Position(topic="conversation.events.v1", partition=0, offset=offset)
        outcome = RecordOutcome(position=position, status=status, reasons=(), item_ids=())
        self.outcomes.known.setdefault((TENANT, "e"), []).append(outcome)


async def test_an_outcome_that_lands_while_waiting_is_told() -> None:
    scene = Scene()
    scene.later.append((2.0, lambda: scene.land(OutcomeStatus.STORED)))
    status = await scene.desk.status(TENANT, "e", 10)
    assert status is not None
    assert (status.status, status.queryable) == ("stored", True)
    assert scene.now < 3


async def test_the_stream_is_looked_at_from_the_first_moment_of_waiting() -> None:
    scene = Scene()
    scene.later.append((2.0, lambda: scene.land(OutcomeStatus.STORED)))
    await scene.desk.status(TENANT, "e", 10)
    assert scene.freshness.looks > 2


async def test_an_outcome_is_told_though_kafka_is_away() -> None:
    scene = Scene()
    scene.freshness.error = Retryable("Kafka is away", retry_after_seconds=1)
    scene.later.append((2.0, lambda: scene.land(OutcomeStatus.STORED)))
    status = await scene.desk.status(TENANT, "e", 10)
    assert status is not None
    assert status.status == "stored"


async def test_without_waiting_the_answer_is_what_is_there() -> None:
    scene = Scene()
    assert await scene.desk.status(TENANT, "e", 0) is None
    assert (scene.now, scene.freshness.looks) == (0, 0)


async def test_waiting_for_what_never_comes_ends() -> None:
    scene = Scene()
    assert await scene.desk.status(TENANT, "e", 3) is None
    assert scene.now == pytest.approx(3)


async def test_a_rerouted_event_is_waited_for_where_it_went() -> None:
    scene = Scene()
    scene.land(OutcomeStatus.REROUTED)
    scene.later.append((1.0, lambda: scene.land(OutcomeStatus.STORED, offset=5)))
    status = await scene.desk.status(TENANT, "e", 10)
    assert status is not None
    assert (status.status, status.position.offset) == ("stored", 5)


async def test_a_rerouted_event_alone_is_not_queryable() -> None:
    scene = Scene()
    scene.land(OutcomeStatus.REROUTED)
    status = await scene.desk.status(TENANT, "e", 0)
    assert status is not None
    assert (status.status, status.queryable) == ("rerouted", False)


async def test_the_wait_for_the_sinks_gets_what_is_left_of_it() -> None:
    scene = Scene()
    scene.later.append((4.0, lambda: scene.land(OutcomeStatus.DEAD_LETTERED)))
    await scene.desk.status(TENANT, "e", 10)
    ((_, seconds),) = scene.freshness.waited
    assert 5 < seconds <= 6


async def test_every_status_has_its_rank() -> None:
    assert set(BEST_FIRST) == set(OutcomeStatus)
    at = Position(topic="t", partition=0, offset=0)
    outcomes = [RecordOutcome(position=at, status=status, reasons=(), item_ids=()) for status in reversed(BEST_FIRST)]
    assert best(outcomes).status is OutcomeStatus.STORED
