"""How fast the PostgreSQL sink lands records from Kafka, beside `executemany` and plain COPY: `make bench-sink`.

Prints JSON, then a table of ratios, all of one run on the same records; nothing is asserted.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql

from benchmarks.peers_watch import cpu_seconds
from benchmarks.plain_sink import PlainLoop, StraightCopy
from schemas.catalogue import shipped
from schemas.codec import Codec
from schemas.ids import ConversationId, MessageId
from schemas.records import Evidence, Message
from schemas.registry import Registry, RegistrySchemaIds
from sinks.consumer import Limits, SinkLoop
from sinks.decoding import Reader, Stretch, decode
from sinks.log import KafkaLog, RawRecord
from sinks.meters import SinkMeters
from sinks.ports import Batch, Partition, SinkRecord
from sinks.postgres.migrate import migrate
from sinks.postgres.tables import TABLE_BY_NAME, TABLES
from sinks.postgres.writer import PostgresSink
from support import broker
from support.derived import NOON, evidence, key_of, message, number_of, topic_of
from support.infrastructure import Infrastructure, running
from topology import interpreter
from topology.kafka import ClientConfig, consumer_config
from topology.metrics import build
from topology.settings import Settings
from topology.topics import TopicName

RECORDS = 120_000
BATCH_RECORDS = 5_000
ROUNDS = 3
METHODS = ("sink", "executemany", "copy")
WORDS = ("lake", "Saturday", "weather", "bread", "children", "bring", "meet", "garden", "kitchen", "river", "party")
TOPICS = (TopicName.MESSAGES, TopicName.EVIDENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One method, its best round. CPU in microseconds a row: of this process, and of all of PostgreSQL's."""

    method: str
    text_index: bool
    rows: int
    rows_per_second: int
    client_cpu: float
    server_cpu: float

    @property
    def cpu(self) -> float:
        return self.client_cpu + self.server_cpu


def said(count: int) -> Iterator[Message | Evidence]:
    """Half messages, half evidence, every key once, as in a first landing."""
    for n in range(count // 2):
        words = " ".join(WORDS[(n + at * 7) % len(WORDS)] for at in range(8 + n % 12))
        spoken = message(f"m{n}", f"{words} {n}", minute=n % 50_000, conversation=f"c{n % 500}")
        yield spoken
        found = evidence(f"thing {n % 3_000}", f"m{n}", slot="hobby")
        at = NOON + timedelta(minutes=n % 50_000)
        yield replace(
            found, conversation_id=ConversationId(f"c{n % 500}"), message_id=MessageId(f"m{n}"), occurred_at=at
        )


def fill(infrastructure: Infrastructure, count: int) -> None:
    """Fresh topics with the records."""
    broker.fresh_topics(infrastructure.kafka)
    with closing(Registry(infrastructure.registry_url)) as registry:
        list(registry.register(shipped()))
    with closing(RegistrySchemaIds(infrastructure.registry_url)) as ids:
        codec = Codec(ids)
        for topic in TOPICS:
            records = (one for one in said(count) if topic_of(one) is topic)
            encoded = ((number_of(one, broker.PARTITIONS), key_of(one).encode(), codec.encode(one)) for one in records)
            broker.send(infrastructure.kafka, topic.value, encoded)


class Watch:
    """Time and CPU from the first record to the moment when so many are durable: before any connection is closed."""

    def __init__(self, postmaster: psutil.Process, count: int) -> None:
        self._postmaster, self._left = postmaster, count
        self._marks: list[tuple[float, float, float]] = []

    def landed(self, records: int) -> bool:
        """`records` more are durable, or the first are there; whether that is all."""
        self._left -= records
        if not self._marks or self._left <= 0:
            self._marks.append((time.perf_counter(), time.process_time(), cpu_seconds(self._postmaster)))
        return self._left <= 0

    def figure(self, method: str, count: int, *, text_index: bool) -> Figure:
        first, *_, last = self._marks
        wall, client, server = (now - then for now, then in zip(last, first, strict=True))
        return Figure(
            method=method,
            text_index=text_index,
            rows=count,
            rows_per_second=round(count / wall),
            client_cpu=round(client / count * 1e6, 1),
            server_cpu=round(server / count * 1e6, 1),
        )


class WatchedReader(Reader):
    """Begins the watch with the first records."""

    def __init__(self, decode: Callable[[RawRecord], SinkRecord], watch: Watch) -> None:
        super().__init__(decode)
        self._watch = watch

    def read(self, raw: Sequence[RawRecord], progress: Mapping[Partition, int]) -> Stretch:
        if raw:
            self._watch.landed(0)
        return super().read(raw, progress)


class WatchedSink:
    """Stops the loop once all records are durable."""

    def __init__(self, sink: PostgresSink, watch: Watch, ended: Callable[[], None]) -> None:
        self._sink, self._watch, self._ended = sink, watch, ended

    def start(self, partitions: Collection[Partition], /) -> Mapping[Partition, int]:
        return self._sink.start(partitions)

    def prepare(self, batch: Batch, /) -> Batch:
        return self._sink.prepare(batch)

    def write(self, batch: Batch) -> Mapping[str, int]:
        rows = self._sink.write(batch)
        if self._watch.landed(len(batch.records)):
            self._ended()
        return rows

    def stop(self) -> None:
        self._sink.stop()


def _postmaster(infrastructure: Infrastructure) -> psutil.Process:
    file = next(infrastructure.state_dir.rglob("postmaster.pid"))
    return psutil.Process(int(file.read_text("utf-8").split()[0]))


def measure(infrastructure: Infrastructure, method: str, count: int, *, text_index: bool) -> Figure:
    with infrastructure.fresh_database() as url:
        migrate(url)
        with psycopg.connect(url) as connection:
            if not text_index:
                connection.execute("ALTER TABLE messages DROP COLUMN search")
            for followed in ("messages", "evidence"):
                names = sql.SQL(", ").join(map(sql.Identifier, TABLE_BY_NAME[followed].types))
                plain, table = sql.Identifier(f"plain_{followed}"), sql.Identifier(followed)
                made = sql.SQL("CREATE TABLE {} AS SELECT {} FROM {} WITH NO DATA").format(plain, names, table)
                connection.execute(made)
        return _landed(infrastructure, url, method, count, text_index)


def _landed(infrastructure: Infrastructure, url: str, method: str, count: int, text_index: bool) -> Figure:
    watch = Watch(_postmaster(infrastructure), count)
    group = f"bench-{uuid4().hex[:8]}"
    config = consumer_config(Settings(kafka_bootstrap_servers=infrastructure.kafka), group=group)
    with closing(RegistrySchemaIds(infrastructure.registry_url)) as ids:
        if method == "executemany":
            tables = [table for table in TABLES if table.topic in TOPICS]
            PlainLoop(url, Codec(ids), tables, batch_records=BATCH_RECORDS).run(config, watch.landed)
        else:
            sink = (StraightCopy if method == "copy" else PostgresSink)(url, sink=group)
            _run_loop(config, sink, Codec(ids), watch)
    return watch.figure(method, count, text_index=text_index)


def _run_loop(config: ClientConfig, sink: PostgresSink, codec: Codec, watch: Watch) -> None:
    """As `sinks.app` puts it together."""
    loop = SinkLoop(
        log=KafkaLog(config, TOPICS),
        sink=WatchedSink(sink, watch, lambda: loop.stop()),  # noqa: PLW0108
        reader=WatchedReader(partial(decode, codec), watch),
        limits=Limits(batch_records=BATCH_RECORDS, batch_wait_seconds=0.05),
        meters=SinkMeters(build("postgres")),
    )
    with _as_the_app_runs():
        loop.run()


@contextmanager
def _as_the_app_runs() -> Iterator[None]:
    thresholds, seconds = gc.get_threshold(), sys.getswitchinterval()
    interpreter.look_seldom_for_garbage()
    interpreter.let_threads_take_turns()
    try:
        yield
    finally:
        sys.setswitchinterval(seconds)
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def figures(infrastructure: Infrastructure, count: int = RECORDS) -> list[Figure]:
    """Every method with and without the text index; rounds in turn, the best of each."""
    fill(infrastructure, count)
    kinds = [(method, index) for index in (False, True) for method in METHODS]
    found = [measure(infrastructure, method, count, text_index=index) for _ in range(ROUNDS) for method, index in kinds]
    return [max(found[at :: len(kinds)], key=lambda one: one.rows_per_second) for at in range(len(kinds))]


def ratios(found: Sequence[Figure]) -> Iterable[str]:
    """Rows a second of the sink over those of each; by CPU, its own and PostgreSQL's, and by the clock."""
    yield f"{'method':12} {'text index':10} {'rows/s':>8} {'client us':>10} {'server us':>10} {'CPU':>8} {'clock':>9}"
    for one in found:
        (ours,) = (other for other in found if other.method == "sink" and other.text_index == one.text_index)
        index = "yes" if one.text_index else "no"
        yield (
            f"{one.method:12} {index:10} {one.rows_per_second:8} {one.client_cpu:10} {one.server_cpu:10} "
            f"{one.cpu / ours.cpu:7.2f}x {ours.rows_per_second / one.rows_per_second:8.2f}x"
        )


def main(argv: Sequence[str]) -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    asked = parser.parse_args(argv)
    with running() as infrastructure:
        found = figures(infrastructure, asked.records)
    print(json.dumps([asdict(one) for one in found], indent=2))
    print("\n".join(ratios(found)))


if __name__ == "__main__":
    main(sys.argv[1:])
