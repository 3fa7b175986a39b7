"""How fast the PostgreSQL sink lands records from Kafka, beside `executemany` and plain COPY: `make bench-sink`.

Prints JSON, then a table of ratios, all of one run on the same records and the same loop; nothing is asserted.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from schemas.catalogue import shipped
from schemas.codec import Codec
from schemas.ids import ConversationId, MessageId
from schemas.records import Evidence, Message
from schemas.registry import Registry, RegistrySchemaIds
from sinks.consumer import Limits, SinkLoop
from sinks.decoding import Reader, decode
from sinks.log import KafkaLog, RawRecord
from sinks.meters import SinkMeters
from sinks.ports import Batch, Partition, SinkRecord
from sinks.postgres.migrate import migrate
from sinks.postgres.rows import Row
from sinks.postgres.tables import TABLE_BY_NAME
from sinks.postgres.writer import PostgresSink
from support import broker
from support.derived import NOON, evidence, key_of, message, number_of, topic_of
from support.infrastructure import Infrastructure, running
from topology.kafka import consumer_config
from topology.metrics import build
from topology.settings import Settings
from topology.topics import TopicName

RECORDS = 20_000
BATCH_RECORDS = 2_000
ROUNDS = 2
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


class Executemany(PostgresSink):
    """The same upsert, a statement a row, sent in pipelined batches by the driver."""

    def _land_table(self, connection: psycopg.Connection[Any], name: str, rows: Mapping[str, Collection[Row]]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                _upsert(name), map(partial(_adapted, tuple(TABLE_BY_NAME[name].types.values())), rows[name])
            )


class StraightCopy(PostgresSink):
    """Rows as they come into a table without constraints, indexes or generated columns: the limit."""

    def _land_table(self, connection: psycopg.Connection[Any], name: str, rows: Mapping[str, Collection[Row]]) -> None:
        table = TABLE_BY_NAME[name]
        columns = sql.SQL(", ").join(map(sql.Identifier, table.types))
        command = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(f"plain_{name}"), columns)
        with connection.cursor() as cursor, cursor.copy(command) as copy:
            copy.set_types(list(table.types.values()))
            for row in rows[name]:
                copy.write_row(row)


METHODS: dict[str, type[PostgresSink]] = {
    "sink": PostgresSink,
    "executemany": Executemany,
    "copy": StraightCopy,
}


def _adapted(types: tuple[str, ...], row: Row) -> Row:
    return tuple(Jsonb(value) if kind == "jsonb" else value for kind, value in zip(types, row, strict=True))


def _upsert(name: str) -> sql.Composed:
    table = TABLE_BY_NAME[name]
    changed = [column for column in table.types if column not in table.key]
    return sql.SQL(
        "INSERT INTO {table} AS kept ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO UPDATE "
        "SET ({changed}) = ROW ({excluded}) "
        "WHERE (kept.generation, kept.version_offset) < (excluded.generation, excluded.version_offset)"
    ).format(
        table=sql.Identifier(name),
        columns=sql.SQL(", ").join(map(sql.Identifier, table.types)),
        values=sql.SQL(", ").join(sql.SQL("%s::" + kind) for kind in table.types.values()),
        key=sql.SQL(", ").join(map(sql.Identifier, table.key)),
        changed=sql.SQL(", ").join(map(sql.Identifier, changed)),
        excluded=sql.SQL(", ").join(sql.Identifier("excluded", column) for column in changed),
    )


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


class CountingSink:
    """Stops the loop once so many records are durable."""

    def __init__(self, sink: PostgresSink, count: int, ended: Callable[[], None]) -> None:
        self._sink, self._left, self._ended = sink, count, ended

    def start(self, partitions: Collection[Partition], /) -> Mapping[Partition, int]:
        return self._sink.start(partitions)

    def write(self, batch: Batch) -> Mapping[str, int]:
        rows = self._sink.write(batch)
        self._left -= len(batch.records)
        if self._left <= 0:
            self._ended()
        return rows

    def stop(self) -> None:
        self._sink.stop()


def _postmaster(infrastructure: Infrastructure) -> psutil.Process:
    file = next(infrastructure.state_dir.rglob("postmaster.pid"))
    return psutil.Process(int(file.read_text("utf-8").split()[0]))


def _cpu_of(postmaster: psutil.Process) -> float:
    """Seconds of all processes of the server, those that have ended included."""
    gone = postmaster.cpu_times()
    total = gone.user + gone.system + gone.children_user + gone.children_system
    for child in postmaster.children():
        try:
            spent = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += spent.user + spent.system
    return total


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
    postmaster = _postmaster(infrastructure)
    group = f"bench-{uuid4().hex[:8]}"
    settings = Settings(kafka_bootstrap_servers=infrastructure.kafka)
    with closing(RegistrySchemaIds(infrastructure.registry_url)) as ids:
        began: list[tuple[float, float, float]] = []
        sink = METHODS[method](url, sink=group)
        counting = CountingSink(sink, count, lambda: loop.stop())  # noqa: PLW0108

        codec = Codec(ids)

        def look(raw: RawRecord) -> SinkRecord:
            if not began:
                began.append((time.perf_counter(), time.process_time(), _cpu_of(postmaster)))
            return decode(codec, raw)

        loop = SinkLoop(
            log=KafkaLog(consumer_config(settings, group=group), TOPICS),
            sink=counting,
            reader=Reader(look),
            limits=Limits(batch_records=BATCH_RECORDS, batch_wait_seconds=0.05),
            meters=SinkMeters(build("postgres")),
        )
        loop.run()
    wall, client, server = (
        now - then
        for now, then in zip((time.perf_counter(), time.process_time(), _cpu_of(postmaster)), began[0], strict=True)
    )
    return Figure(
        method=method,
        text_index=text_index,
        rows=count,
        rows_per_second=round(count / wall),
        client_cpu=round(client / count * 1e6, 1),
        server_cpu=round(server / count * 1e6, 1),
    )


def figures(infrastructure: Infrastructure, count: int = RECORDS) -> list[Figure]:
    """Every method with and without the text index; rounds in turn, the best of each."""
    fill(infrastructure, count)
    kinds = [(method, index) for index in (False, True) for method in METHODS]
    found = [measure(infrastructure, method, count, text_index=index) for _ in range(ROUNDS) for method, index in kinds]
    return [max(found[at :: len(kinds)], key=lambda one: one.rows_per_second) for at in range(len(kinds))]


def ratios(found: Sequence[Figure]) -> Iterable[str]:
    yield f"{'method':12} {'text index':10} {'rows/s':>8} {'client us':>10} {'server us':>10} {'sink is':>8}"
    for one in found:
        (ours,) = (other for other in found if other.method == "sink" and other.text_index == one.text_index)
        ratio = ours.rows_per_second / one.rows_per_second
        index = "yes" if one.text_index else "no"
        yield (
            f"{one.method:12} {index:10} {one.rows_per_second:8} {one.client_cpu:10} {one.server_cpu:10} {ratio:7.2f}x"
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
