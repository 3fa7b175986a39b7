"""The loop acknowledges what is durable, all of it and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from sinks.log import Fetched
from sinks.memory import MemorySink
from sinks.ports import Batch, Fenced, Partition
from support.derived import Topics, partition_for
from support.sink_bench import (
    ASSIGNED,
    ELSEWHERE,
    HERE,
    ONE,
    RECORDS,
    THREE,
    TWO,
    Bench,
    away,
    failing,
    records,
    told,
    void,
)
from topology.errors import Misconfigured, Retryable
from topology.metrics import SINK_BATCHES, SINK_LAG, SINK_RECORDS, SINK_ROWS
from topology.topics import TopicName


def test_records_are_landed_and_then_acknowledged() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS)).run()
    assert bench.rows == 3
    assert bench.log.told == [{HERE: 0, ELSEWHERE: 0}, {HERE: 3}]


def test_reading_begins_where_the_sink_ended() -> None:
    bench = Bench(ASSIGNED)
    bench.sink.start([HERE])
    bench.sink.write(Batch(records=(), progress={HERE: 2}))
    bench.run()
    assert bench.log.resumed == [{HERE: 2, ELSEWHERE: 0}]


def test_the_position_that_was_found_is_told_to_the_group_at_once() -> None:
    """Else a group that is behind the rows, after a kill, would show lag until the next record."""
    bench = Bench(ASSIGNED)
    bench.sink.start([HERE])
    bench.sink.write(Batch(records=(), progress={HERE: 2}))
    assert bench.run().log.group == {HERE: 2, ELSEWHERE: 0}


def test_a_sink_without_positions_goes_on_from_the_groups_offset() -> None:
    class Forgetful(MemorySink):
        def start(self, partitions: Collection[Partition], /) -> Mapping[Partition, int]:
            super().start(partitions)
            return {}

    bench = Bench(ASSIGNED)
    bench.sink = Forgetful(bench.store)
    bench.log.group = {HERE: 2}
    assert bench.run().log.resumed == [{HERE: 2, ELSEWHERE: 0}]


def test_the_end_of_a_partition_behind_its_records_is_progress_of_the_same_write() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS, ends={HERE: 4})).run()
    assert bench.log.told[1:] == [{HERE: 4}]
    assert bench.store.positions[HERE].next_offset == 4


def test_markers_alone_are_written_seldom_and_together() -> None:
    moves = [Fetched(ends={HERE: end}) for end in range(1, 21)]
    bench = Bench(ASSIGNED, *moves, *[Fetched()] * 5).run()
    assert bench.store.positions[HERE].next_offset == 20
    assert 2 <= len(bench.log.told) - 1 <= 10


def test_nothing_new_writes_nothing() -> None:
    bench = Bench(ASSIGNED, Fetched(ends={HERE: 1}), *[Fetched(ends={HERE: 1})] * 40).run()
    assert bench.log.told[1:] == [{HERE: 1}]


def test_a_database_that_comes_back_is_waited_for() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS))
    failing(bench, away(), away())
    bench.run()
    assert bench.rows == 3
    assert [seconds >= 0.5 for seconds in bench.log.held_seconds] == [True, True]
    assert bench.log.resumed[1:] == [{HERE: 3, ELSEWHERE: 0}], "held partitions are read again, from behind the batch"


def test_a_database_that_is_away_at_the_start_is_waited_for() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS))
    failing(bench, away(), on_start=True)
    assert bench.run().rows == 3


def test_patience_ends_with_nothing_acknowledged() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS), patience_seconds=0.01)
    failing(bench, *[away()] * 100_000)
    with pytest.raises(Retryable):
        bench.run()
    assert bench.log.group == {HERE: 0, ELSEWHERE: 0}
    assert bench.log.closed


def test_a_request_to_stop_is_heard_while_the_database_is_away() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS))
    sink = failing(bench, *[away()] * 100_000)
    sink.before = bench.stop
    bench.run()
    assert bench.log.group == {HERE: 0, ELSEWHERE: 0}
    assert bench.log.closed


def test_the_batch_in_hand_is_finished_when_asked_to_stop() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS), Fetched(records=records(ONE)))
    sink = failing(bench)
    sink.before = bench.stop
    bench.run()
    assert bench.log.group[HERE] == 3


def test_partitions_that_change_hands_while_the_database_is_away_take_their_batch_with_them() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS), Fetched(records=RECORDS))
    failing(bench, away())
    bench.log.while_held = [Fetched(assigned=[HERE])]
    bench.run()
    assert bench.log.resumed == [{HERE: 0, ELSEWHERE: 0}, {HERE: 0}]
    assert bench.log.group[HERE] == 3


def test_an_assignment_during_the_wait_for_another_counts() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS))
    failing(bench, away(), away(), on_start=True)
    bench.log.while_held = [Fetched(assigned=[ELSEWHERE]), Fetched(assigned=[HERE])]
    assert bench.run().log.resumed == [{HERE: 0}]


def test_a_lost_partition_stops_the_process() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS))
    sink = failing(bench)
    sink.before = lambda: void(MemorySink(bench.store).start([HERE]))
    with pytest.raises(Fenced):
        bench.run()
    assert bench.log.group == {HERE: 0, ELSEWHERE: 0}
    assert bench.log.closed


def test_a_log_that_ends_before_the_rows_is_refused() -> None:
    bench = Bench(ASSIGNED, end=1)
    bench.sink.start([HERE])
    bench.sink.write(Batch(records=(), progress={HERE: 2}))
    with pytest.raises(Misconfigured, match="landed up to offset 2"):
        bench.run()


def test_the_meters_count_records_rows_batches_and_lag() -> None:
    bench = Bench(ASSIGNED, Fetched(records=RECORDS), *[Fetched()] * 40).run()
    found = told(bench)
    assert found[SINK_RECORDS.named("postgres"), (TopicName.MESSAGES.value,)] == 3
    assert found[SINK_ROWS.named("postgres"), ("rows",)] == 3
    assert found[SINK_BATCHES.named("postgres"), ()] == 1
    assert found[SINK_LAG.named("postgres"), (TopicName.MESSAGES.value, str(HERE.number))] == 997


def test_the_records_of_this_page_are_of_one_partition() -> None:
    topics = Topics()
    topics.append(ONE, TWO, THREE)
    assert {partition_for(record) for record in topics.records} == {HERE}
