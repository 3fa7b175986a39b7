"""A sink loop over a script, with a sink in memory: to see what it says to the log and what is landed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from sinks.consumer import Limits, SinkLoop
from sinks.decoding import Reader, decode
from sinks.log import Fetched, RawRecord
from sinks.memory import MemorySink, MemoryStore
from sinks.meters import SinkMeters
from sinks.ports import NO_SKIPS, Batch, Partition, SinkRecord, Skips
from support.derived import Topics, message
from support.scripted_log import CODEC, ScriptedLog, raw
from topology.errors import Retryable
from topology.metrics import build
from topology.topics import TopicName
from topology.tracing import OFF

ONE, TWO, THREE = (message(f"m{number}", f"words {number}", minute=number) for number in (1, 2, 3))


def records(*said: object) -> list[RawRecord]:
    topics = Topics()
    topics.append(*said)  # type: ignore[arg-type]
    return [raw(record) for record in topics.records]


RECORDS = records(ONE, TWO, THREE)
HERE = RECORDS[0].partition
ELSEWHERE = Partition(topic=TopicName.MESSAGES, number=1 - HERE.number)
INPUT = Partition(topic=TopicName.EVENTS, number=0)
ASSIGNED = Fetched(assigned=[HERE, ELSEWHERE])


class Bench:
    """A loop over a script and a sink in memory."""

    def __init__(self, *script: Fetched, patience_seconds: float = 60.0, end: int = 1_000) -> None:
        self.now = 0.0
        self.store = MemoryStore()
        self.sink: MemorySink = MemorySink(self.store)
        self.meters = build("postgres")
        self.log = ScriptedLog(script, ended=self.stop, end=end)
        self.patience_seconds = patience_seconds
        self.skips: Skips = NO_SKIPS
        self.batch_records = 10
        self.tracing = OFF
        self.decode: Callable[[RawRecord], SinkRecord] = partial(decode, CODEC)

    def run(self) -> Bench:
        self.loop = SinkLoop(
            log=self.log,
            sink=self.sink,
            reader=Reader(self.decode, skips=self.skips, counted=[TopicName.EVENTS]),
            limits=Limits(
                batch_records=self.batch_records, batch_wait_seconds=0.0, patience_seconds=self.patience_seconds
            ),
            meters=SinkMeters(self.meters, self.tick, tracing=self.tracing),
            clock=self.tick,
        )
        self.loop.run()
        return self

    def stop(self) -> None:
        self.loop.stop()

    def tick(self) -> float:
        """A clock that a fifth of an idle write's pause passes on at each look."""
        self.now += 0.04
        return self.now

    @property
    def rows(self) -> int:
        return len(self.store.rows)


class Failing(MemorySink):
    """Raises what it is told to, one a write, before it writes; then it writes."""

    def __init__(self, store: MemoryStore, *failures: Exception, on_start: bool = False) -> None:
        super().__init__(store)
        self.failures = list(failures)
        self.on_start = on_start
        self.before: Callable[[], None] = lambda: None

    def start(self, partitions: Collection[Partition], /) -> Mapping[Partition, int]:
        if self.on_start and self.failures:
            raise self.failures.pop(0)
        return super().start(partitions)

    def write(self, batch: Batch) -> Mapping[str, int]:
        self.before()
        if self.failures:
            raise self.failures.pop(0)
        return super().write(batch)


def away() -> Retryable:
    return Retryable("the database is away", retry_after_seconds=0.5)


def failing(bench: Bench, *failures: Exception, on_start: bool = False) -> Failing:
    sink = Failing(bench.store, *failures, on_start=on_start)
    bench.sink = sink
    return sink


def told(bench: Bench) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in bench.meters.registry.collect()
        for sample in family.samples
    }


def void(_: object) -> None:
    """For a lambda that must give nothing."""
