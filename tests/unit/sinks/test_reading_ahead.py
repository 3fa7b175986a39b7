"""One batch is landed while the next is read, and the promise is the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from threading import Event

from sinks.decoding import decode
from sinks.log import Fetched, RawRecord
from sinks.memory import MemorySink, MemoryStore
from sinks.ports import Batch, Partition, SinkRecord
from support.derived import CONVERSATION, message
from support.scripted_log import CODEC
from support.sink_bench import (
    ASSIGNED,
    ELSEWHERE,
    HERE,
    Bench,
    away,
    failing,
    records,
    void,
)


class Slow(MemorySink):
    """Lands a batch only when it is told to, and notes what the loop has done by then."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.allowed = Event()
        self.landing: list[int] = []
        self.prepared: list[int] = []
        """How many rows there were each time; the second time lets the first batch be landed."""

    def prepare(self, batch: Batch, /) -> Batch:
        self.prepared.append(len(self._store.rows))
        if len(self.prepared) == 2:
            self.allowed.set()
        return super().prepare(batch)

    def write(self, batch: Batch) -> Mapping[str, int]:
        self.landing.append(len(batch.records))
        assert self.allowed.wait(5)
        return super().write(batch)


def stretches(*sizes: int) -> list[Fetched]:
    said = iter(records(*(message(f"m{n}", "words", conversation=CONVERSATION) for n in range(sum(sizes)))))
    return [Fetched(records=[next(said) for _ in range(size)]) for size in sizes]


def test_the_next_batch_is_read_while_a_full_one_is_landed() -> None:
    read: list[int] = []
    bench = Bench(ASSIGNED, *stretches(3, 3, 1))
    bench.batch_records = 3
    bench.sink = slow = Slow(bench.store)

    def look(one: RawRecord) -> SinkRecord:
        read.append(one.offset)
        if one.offset == 5:
            assert bench.log.group[HERE] == 0, "nothing is acknowledged before it is durable"
            slow.allowed.set()
        return decode(CODEC, one)

    bench.decode = look
    bench.run()
    assert read == list(range(7))
    assert slow.landing == [3, 3, 1]
    assert [one.get(HERE) for one in bench.log.told] == [0, 3, 6, 7]


def test_the_next_batch_is_prepared_while_a_full_one_is_landed() -> None:
    bench = Bench(ASSIGNED, *stretches(3, 3, 1))
    bench.batch_records = 3
    bench.sink = slow = Slow(bench.store)
    bench.run()
    assert slow.prepared[:2] == [0, 0]


def test_a_batch_read_ahead_is_dropped_when_partitions_change_hands() -> None:
    """What was under way counts, by the position that the sink tells; what was not begun is read again."""
    first, second = stretches(3, 3)
    bench = Bench(ASSIGNED, first, Fetched(assigned=[HERE]), second)
    bench.batch_records = 3
    bench.run()
    assert bench.log.resumed == [{HERE: 0, ELSEWHERE: 0}, {HERE: 3}]
    assert bench.rows == 6


def test_a_database_that_goes_away_under_a_batch_is_waited_for_with_the_next_in_hand() -> None:
    bench = Bench(ASSIGNED, *stretches(3, 3, 1))
    bench.batch_records = 3
    failing(bench, away(), away())
    bench.run()
    assert bench.rows == 7
    assert bench.log.resumed[1:] == [{HERE: 6, ELSEWHERE: 0}], "what is in hand is not read again"
    assert [one.get(HERE) for one in bench.log.told] == [0, 3, 6, 7]


def test_a_batch_under_way_for_a_partition_that_was_lost_does_not_stop_the_process() -> None:
    first, second = stretches(3, 3)
    bench = Bench(ASSIGNED, first, Fetched(assigned=[HERE]), second)
    bench.batch_records = 3
    sink = failing(bench)
    sink.before = lambda: void(MemorySink(bench.store).start([HERE])) if not bench.rows and not taken else None
    taken: list[int] = []
    taken_over = sink.start

    def start(partitions: Collection[Partition], /) -> Mapping[Partition, int]:
        if bench.log.resumed:
            taken.append(1)
        return taken_over(partitions)

    sink.start = start  # type: ignore[method-assign]
    bench.run()
    assert bench.log.resumed[1:] == [{HERE: 0}], "it was refused, and is read again"
