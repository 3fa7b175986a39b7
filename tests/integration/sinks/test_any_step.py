"""A sink that dies at any step whatsoever, and is started again, leaves what one leaves that nothing happens to.

`make test` tries every third step, `make every-step` each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

import pytest

from sinks.consumer import Limits, SinkLoop
from sinks.decoding import Reader, decode
from sinks.log import RawRecord
from sinks.meters import SinkMeters
from sinks.ports import Partition, Sink
from sinks.postgres.migrate import migrate
from sinks.postgres.writer import Copied, Owned, PostgresSink
from sinks.redis.writer import RedisSink
from support.derived import NOON, a_life
from support.infrastructure import Infrastructure
from support.mortality import Killed, Mortality, MortalLog, mortal_connect, mortal_redis
from support.scripted_log import CODEC, raw
from support.sink_sites import SINK, PostgresSite, RedisSite, Site
from support.strides import STRIDE
from topology.metrics import build
from topology.stages import POSTGRES_SINK, REDIS_SINK, Stage
from topology.topics import TopicName

BATCH_RECORDS = 8
"""Three full batches, so that one is read while another is landed, and one that is not full."""

Open: TypeAlias = Callable[[Mortality], Sink]


def records(stage: Stage) -> list[RawRecord]:
    """A life, and input records among it, which are counted."""
    partition = Partition(topic=TopicName.EVENTS, number=1)
    events = [
        RawRecord(partition=partition, offset=at, timestamp=NOON, key=b"acme/c1", value=b"foreign") for at in range(5)
    ]
    read = {*stage.inputs, *stage.counts}
    mixed = [one for pair in zip(map(raw, a_life().records), events * 9, strict=False) for one in pair]
    return [one for at, one in enumerate(mixed) if one.partition.topic in read and one not in mixed[:at]]


def run(open_sink: Open, stage: Stage, group: dict[Partition, int], mortality: Mortality) -> None:
    log = MortalLog(records(stage), group, mortality)
    loop = SinkLoop(
        log=log,
        sink=open_sink(mortality),
        reader=Reader(partial(decode, CODEC), counted=stage.counts),
        limits=Limits(batch_records=BATCH_RECORDS, batch_wait_seconds=0.0),
        meters=SinkMeters(build(stage.name)),
    )
    log.ended = loop.stop
    loop.run()


def left_by_death(site: Site, open_sink: Open, stage: Stage, *deaths: int | None) -> tuple[bool, object]:
    """What is left by processes that die at these steps, each started after the other, and one that does not die."""
    site.wipe()
    group: dict[Partition, int] = {}
    died = False
    for dies_at in (*deaths, None):
        try:
            run(open_sink, stage, group, Mortality(dies_at))
        except Killed:
            died = True
    return died, (site.contents(), site.received(), group)


def assert_no_step_matters(site: Site, open_sink: Open, stage: Stage, stride: int = STRIDE) -> int:
    """Die at the first step, then at every `stride`th after it until there is none; the last one that was."""
    _, expected = left_by_death(site, open_sink, stage)
    step = 1
    while True:
        died, left = left_by_death(site, open_sink, stage, step)
        assert left == expected, f"after a death at step {step}"
        if not died:
            return step - stride
        step += stride


@pytest.fixture
def postgres(infrastructure: Infrastructure) -> Iterator[PostgresSite]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        yield PostgresSite(url)


@pytest.mark.integration
def test_postgres_at_every_step(postgres: PostgresSite) -> None:
    def open_sink(mortality: Mortality) -> Sink:
        return PostgresSink(postgres.url, sink=SINK, connect=mortal_connect(mortality))

    steps = assert_no_step_matters(postgres, open_sink, POSTGRES_SINK)
    assert steps > 150, "connections, claims, positions, copies, upserts, commits and the group, before and after each"


@pytest.mark.integration
def test_redis_at_every_step(infrastructure: Infrastructure) -> None:
    generation = random.randrange(5_000_000, 6_000_000)
    site = RedisSite(infrastructure.redis_url, generation)

    def open_sink(mortality: Mortality) -> Sink:
        sink = RedisSink(infrastructure.redis_url, ttl_seconds=60, generation=generation, turns_generation=generation)
        mortal_redis(sink._client, mortality)
        return sink

    try:
        assert assert_no_step_matters(site, open_sink, REDIS_SINK) > 30
    finally:
        site.wipe()
        site.client.close()


class Careless(PostgresSink):
    """Moves the position in one transaction and lands the rows in the next: the flaw that a death must show."""

    def _write(self, batch: Copied) -> Mapping[str, int]:
        with self._transaction() as connection:
            self._advance(connection, batch.progress)
        with self._transaction() as connection:
            self._land(connection, batch.copies)
            self._count(connection, batch.received)
        for partition, at in batch.progress.items():
            self._owned[partition] = Owned(epoch=self._owned[partition].epoch, next_offset=at)
        return {}


@pytest.mark.integration
def test_a_position_that_moves_apart_from_its_rows_would_be_seen(postgres: PostgresSite) -> None:
    def open_sink(mortality: Mortality) -> Sink:
        return Careless(postgres.url, sink=SINK, connect=mortal_connect(mortality))

    with pytest.raises(AssertionError, match="after a death at step"):
        assert_no_step_matters(postgres, open_sink, POSTGRES_SINK, stride=1)
