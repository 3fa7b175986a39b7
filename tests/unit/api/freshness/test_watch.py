"""The watch over a stream whose offsets the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from api.freshness.barrier import Offsets
from api.freshness.watch import FreshnessWatch, Lag, keep_looking
from schemas.records import Position
from topology.errors import Retryable
from topology.generations import Serving
from topology.stages import CONSOLIDATE, EXTRACT, POSTGRES_SINK, REDIS_SINK, STAGES
from topology.topics import TopicName

pytestmark = pytest.mark.asyncio


class FakeStream:
    """One partition a topic. Offsets are plain numbers that the test sets."""

    def __init__(self) -> None:
        self.end: dict[TopicName, int] = {}
        self.done: dict[str, int] = {}
        self.asked = 0
        self.away = False
        self.generations: list[int] = []

    async def ends(self, topics: Sequence[TopicName], generation: int) -> Offsets:
        if self.away:
            raise Retryable("no broker", retry_after_seconds=1)
        self.asked += 1
        self.generations.append(generation)
        return {(str(topic), 0): self.end.get(topic, 0) for topic in topics}

    async def committed(self, group: str, topics: Sequence[TopicName], generation: int) -> Offsets:
        return {(str(topic), 0): min(self.done.get(group, 0), self.end.get(topic, 0)) for topic in topics}

    def accept(self, count: int = 1) -> Position:
        self.end[TopicName.EVENTS] = self.end.get(TopicName.EVENTS, 0) + count
        return Position(topic=str(TopicName.EVENTS), partition=0, offset=self.end[TopicName.EVENTS] - 1)

    def work(self, *groups: str) -> None:
        """Let the groups commit everything there is, upstream first, each writing one record to every output."""
        for stage in STAGES:
            if stage.group in groups:
                self.done[stage.group] = 1_000
                for topic in set(stage.outputs) - set(stage.inputs):
                    self.end[topic] = self.end.get(topic, 0) + 1


class Time:
    """A clock that moves when someone sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.at_sleep: list[object] = []

    def __call__(self) -> float:
        self.now += 0.001
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.at_sleep:
            action = self.at_sleep.pop(0)
            if callable(action):
                action()


ALL = (EXTRACT.group, CONSOLIDATE.group, POSTGRES_SINK.group, REDIS_SINK.group)


class Pointer:
    """Which generation serves, as the test says."""

    def __init__(self) -> None:
        self.serving = Serving()

    async def __call__(self) -> Serving:
        return self.serving


def watch_over(stream: FakeStream, time: Time, pointer: Pointer | None = None) -> FreshnessWatch:
    return FreshnessWatch(stream, serving=pointer or Pointer(), clock=time, sleep=time.sleep)


async def test_nothing_is_pending_in_an_empty_stream() -> None:
    assert await watch_over(FakeStream(), Time()).lag() == Lag(
        pending=0, seconds=0.0, stages={"extract": 0, "consolidate": 0, "postgres": 0, "redis": 0}
    )


async def test_an_event_accepted_just_before_the_question_is_pending_even_after_an_earlier_zero() -> None:
    stream, time = FakeStream(), Time()
    watch = watch_over(stream, time)
    assert (await watch.lag()).pending == 0
    stream.accept()
    assert (await watch.lag()).pending == 1


async def test_a_lag_above_zero_is_shown_again_for_a_moment() -> None:
    stream, time = FakeStream(), Time()
    stream.accept()
    watch = watch_over(stream, time)
    await watch.lag()
    asked = stream.asked
    await watch.lag()
    assert stream.asked == asked
    time.now += 1
    await watch.lag()
    assert stream.asked > asked


async def test_seconds_is_the_age_of_the_last_moment_that_is_wholly_queryable() -> None:
    stream, time = FakeStream(), Time()
    watch = watch_over(stream, time)
    await watch.lag()
    stream.accept()
    time.now += 3
    assert (await watch.lag()).seconds == pytest.approx(3, abs=0.1)
    time.now += 2
    assert (await watch.lag()).seconds == pytest.approx(5, abs=0.1)


async def test_a_position_is_queryable_once_every_stage_has_passed() -> None:
    stream, time = FakeStream(), Time()
    watch, position = watch_over(stream, time), stream.accept()
    assert not await watch.is_queryable(position)
    stream.work(EXTRACT.group, CONSOLIDATE.group)
    time.now += 1
    assert not await watch.is_queryable(position)
    stream.work(POSTGRES_SINK.group, REDIS_SINK.group)
    time.now += 1
    assert await watch.is_queryable(position)


async def test_waiting_ends_when_the_sinks_arrive_although_new_events_keep_coming() -> None:
    stream, time = FakeStream(), Time()
    watch, position = watch_over(stream, time), stream.accept()
    stream.work(EXTRACT.group)

    def more() -> None:
        stream.accept(10)
        stream.done = {EXTRACT.group: 1, CONSOLIDATE.group: 1, POSTGRES_SINK.group: 1, REDIS_SINK.group: 1}
        for topic in (*CONSOLIDATE.inputs, *POSTGRES_SINK.inputs, *REDIS_SINK.inputs):
            stream.end[topic] = 50
        time.at_sleep.append(lambda: stream.done.update(dict.fromkeys(ALL, 50)))
        time.at_sleep.append(lambda: stream.end.update({TopicName.EVENTS: 99}))

    time.at_sleep.append(more)
    assert await watch.wait(position, 30)


async def test_waiting_gives_up_at_the_timeout() -> None:
    stream, time = FakeStream(), Time()
    watch, position = watch_over(stream, time), stream.accept()
    began = time.now
    assert not await watch.wait(position, 2)
    assert time.now - began == pytest.approx(2, abs=0.2)


async def test_a_broker_that_is_away_is_the_asker_s_to_hear() -> None:
    stream = FakeStream()
    stream.away = True
    with pytest.raises(Retryable):
        await watch_over(stream, Time()).lag()


async def test_waves_stay_bounded_while_nothing_passes() -> None:
    stream, time = FakeStream(), Time()
    watch, position = watch_over(stream, time), stream.accept()
    for _ in range(300):
        await watch.look()
    stream.work(*ALL)
    stream.done = dict.fromkeys(ALL, 1_000)
    assert (await watch.look()).pending == 0
    assert await watch.is_queryable(position)


async def test_what_could_be_queried_of_one_generation_must_be_seen_in_the_one_that_is_promoted() -> None:
    stream, pointer = FakeStream(), Pointer()
    watch = watch_over(stream, Time(), pointer)
    position = stream.accept()
    stream.work(*ALL)
    assert await watch.is_queryable(position)

    pointer.serving = Serving(number=2, direct=False)
    assert not await watch.is_queryable(position)
    assert set((await watch.lag()).stages) == {
        "extract",
        "reextract",
        "consolidate",
        "postgres",
        "redis",
        "postgres_shadow",
        "redis_shadow",
    }
    stream.done |= dict.fromkeys(
        ("reextract-v1-g2", "consolidate-v1-g2", "sink-postgres-v1-g2", "sink-redis-v1-g2"), 1_000
    )
    assert await watch.wait(position, 1)
    assert stream.generations[-1] == 2


async def test_once_extract_works_for_a_generation_nobody_waits_for_its_shadow() -> None:
    stream, pointer = FakeStream(), Pointer()
    pointer.serving = Serving(number=2, direct=True)
    watch = watch_over(stream, Time(), pointer)
    position = stream.accept()
    stream.work(*ALL)

    assert not await watch.is_queryable(position)
    stream.done["consolidate-v1-g2"] = 1_000
    assert await watch.wait(position, 1)


async def test_the_background_look_goes_on_after_any_error() -> None:
    class Broken(FakeStream):
        async def ends(self, topics: Sequence[TopicName], generation: int) -> Offsets:
            self.asked += 1
            raise KeyError("unforeseen")

    stream = Broken()
    looking = asyncio.create_task(keep_looking(FreshnessWatch(stream), 0))
    while stream.asked < 2:
        await asyncio.sleep(0)
        assert not looking.done()
    looking.cancel()
