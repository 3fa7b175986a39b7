"""When a sink says that it is ready and alive, and when it must not."""

from __future__ import annotations

from sinks import app
from sinks.meters import DEAD_SECONDS, STALLED_SECONDS, SinkMeters
from sinks.ports import Partition
from topology.metrics import build
from topology.settings import Settings
from topology.stages import POSTGRES_SINK
from topology.topics import TopicName

LIMIT_KILOBYTES = 65_536
ONE = Partition(topic=TopicName.MESSAGES, number=0)


def test_a_sink_whose_database_is_away_holds_a_bounded_part_of_the_log() -> None:
    ahead = app._kafka(Settings(), POSTGRES_SINK, None)["queued.max.messages.kbytes"]
    assert int(str(ahead)) < LIMIT_KILOBYTES


class Bench:
    def __init__(self) -> None:
        self.now = 1_000.0
        self.adrift = 0.0
        self.meters = SinkMeters(build("postgres"), lambda: self.now, lambda: self.adrift)

    def look(self, seconds: float, lag: int = 0) -> None:
        """The loop's next turn ends well, so much later."""
        self.now += seconds
        self.meters.looked(lambda: {ONE: lag})

    @property
    def told(self) -> tuple[bool, bool]:
        """(ready, alive)"""
        return self.meters.ready().ready, self.meters.live().ready


def test_a_sink_is_not_ready_before_its_group_has_spoken() -> None:
    bench = Bench()
    assert bench.told == (False, True)
    bench.meters.took_over([ONE])
    assert bench.told == (True, True)


def test_a_spare_sink_without_partitions_is_ready() -> None:
    bench = Bench()
    bench.meters.took_over([])
    for _ in range(30):
        bench.look(10)
    assert bench.told == (True, True)


def test_a_sink_that_lost_its_place_is_not_ready_and_in_the_end_not_alive() -> None:
    """Its loop turns well and finds nothing: that used to look like a spare sink, for ever."""
    bench = Bench()
    bench.meters.took_over([])
    bench.adrift = 1.0
    bench.look(1)
    assert bench.told == (False, True)
    bench.adrift = DEAD_SECONDS + 1
    bench.look(1)
    assert bench.told == (False, False)
    assert bench.meters.live().checks["assignment"] == "none for 181 s"


def test_turns_that_do_not_end_are_told_first_to_whoever_routes_and_then_to_whoever_restarts() -> None:
    bench = Bench()
    bench.meters.took_over([ONE])
    bench.now += STALLED_SECONDS + 1
    assert bench.told == (False, True)
    bench.now += DEAD_SECONDS
    assert bench.told == (False, False)


def test_a_lag_that_stays_while_nothing_is_landed_is_not_life() -> None:
    bench = Bench()
    bench.meters.took_over([ONE])
    for _ in range(19):
        bench.look(10, lag=5)
    assert bench.told == (True, True)
    bench.look(10, lag=5)
    assert bench.told == (True, False)
    bench.meters.landed([], {"messages": 1}, seconds=0.1)
    assert bench.told == (True, True)


def test_a_sink_at_the_end_of_its_log_lives_for_ever() -> None:
    bench = Bench()
    bench.meters.took_over([ONE])
    for _ in range(100):
        bench.look(10)
    assert bench.told == (True, True)
