"""Our PostgreSQL sink beside those of others, on the same messages and table: `make bench-peers`.

Each is a process of its own, in turns, on a fresh database. Nothing is asserted.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import uuid4

import psutil
import psycopg
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from benchmarks import peers_debezium, peers_records, peers_watch
from benchmarks.facts import keep
from benchmarks.tables import print_table
from deploy.local.stack import cache_directory
from schemas.catalogue import shipped
from schemas.codec import Codec
from schemas.registry import Registry, RegistrySchemaIds
from sinks.postgres.migrate import migrate
from support import broker
from support.infrastructure import PROJECT, Infrastructure, running
from topology.topics import TopicName

RECORDS: Final = 200_000
"""The second half is timed."""
ROUNDS: Final = 2
OURS: Final = "our sink"
DEBEZIUM: Final = "Debezium"
QUIX: Final = "Quix"
CONTENDERS: Final = (OURS, DEBEZIUM, QUIX)

Command: TypeAlias = Callable[[Path, str], list[str]]
"""Of a folder for its settings and the URL of its database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One run. CPU in microseconds a row: of the sink's processes, and of all of PostgreSQL's."""

    name: str
    text_index: bool
    rows_per_second: int
    client_cpu: float
    server_cpu: float


def contenders(infrastructure: Infrastructure) -> dict[str, Command]:
    python, uv = sys.executable, str(PROJECT / ".uv" / "bin" / "uv")
    script = str(PROJECT / "tests" / "benchmarks" / "peers_quix.py")
    quix = [uv, "run", "--quiet", "--script", "--python", python, script]
    cache = cache_directory(os.environ)
    return {
        OURS: lambda folder, url: [python, "-m", "sinks", "postgres"],
        DEBEZIUM: lambda folder, url: peers_debezium.command(folder, cache, infrastructure.kafka, url),
        QUIX: lambda folder, url: quix,
    }


def fill(infrastructure: Infrastructure, count: int) -> None:
    """Both topics, with the same messages."""
    kafka = infrastructure.kafka
    broker.fresh_topics(kafka)
    topic = NewTopic(peers_records.TOPIC, num_partitions=broker.PARTITIONS, replication_factor=1)
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([topic])[peers_records.TOPIC].result(30)
    with closing(Registry(infrastructure.registry_url)) as registry:
        list(registry.register(shipped()))
    with closing(RegistrySchemaIds(infrastructure.registry_url)) as ids:
        broker.send(kafka, TopicName.MESSAGES, peers_records.as_we_read_them(count, Codec(ids), broker.PARTITIONS))
    broker.send(kafka, peers_records.TOPIC, peers_records.as_others_read_them(count, broker.PARTITIONS))


def forget(infrastructure: Infrastructure) -> None:
    admin = AdminClient({"bootstrap.servers": infrastructure.kafka})
    admin.delete_topics([peers_records.TOPIC])[peers_records.TOPIC].result(30)


def measure(infrastructure: Infrastructure, name: str, command: Command, count: int, *, text_index: bool) -> Figure:
    with infrastructure.fresh_database() as url, tempfile.TemporaryDirectory(prefix="alluvium-bench-") as temporary:
        _prepare(url, text_index=text_index)
        folder = Path(temporary)
        log = folder / "contender.log"
        environment = _environment(infrastructure, url)
        with peers_watch.running(command(folder, url), environment, log, PROJECT) as client:
            postmaster = _postmaster(infrastructure)
            half, whole = peers_watch.second_half(client, postmaster, url, count, log)
    rows = whole.rows - half.rows
    return Figure(
        name=name,
        text_index=text_index,
        rows_per_second=round(rows / (whole.at - half.at)),
        client_cpu=round((whole.client - half.client) / rows * 1e6, 1),
        server_cpu=round((whole.server - half.server) / rows * 1e6, 1),
    )


def _prepare(url: str, *, text_index: bool) -> None:
    migrate(url)
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE messages ALTER redactions SET DEFAULT '{}'")
        if not text_index:
            connection.execute("ALTER TABLE messages DROP COLUMN search")


def _environment(infrastructure: Infrastructure, url: str) -> dict[str, str]:
    return {
        **os.environ,
        **infrastructure.environment,
        "DATABASE_URL": url,
        "METRICS_PORT": "0",
        "LOG_LEVEL": "WARNING",
        "SINK_BATCH_RECORDS": str(peers_debezium.BATCH_RECORDS),
        "BENCH_GROUP": f"bench-{uuid4().hex[:8]}",
        "BENCH_TOPIC": peers_records.TOPIC,
    }


def _postmaster(infrastructure: Infrastructure) -> psutil.Process:
    file = next(infrastructure.state_dir.rglob("postmaster.pid"))
    return psutil.Process(int(file.read_text("utf-8").split()[0]))


def figures(infrastructure: Infrastructure, count: int, rounds: int, only: Sequence[str]) -> list[Figure]:
    """All contenders with and without the text index, in turns; the best round of each."""
    fill(infrastructure, count)
    chosen = {name: command for name, command in contenders(infrastructure).items() if name in only}
    kinds = [
        partial(measure, infrastructure, name, command, count, text_index=index)
        for index in (False, True)
        for name, command in chosen.items()
    ]
    found = [_told(kind()) for _ in range(rounds) for kind in kinds]
    forget(infrastructure)
    return [max(found[at :: len(kinds)], key=lambda one: one.rows_per_second) for at in range(len(kinds))]


def _told(figure: Figure) -> Figure:
    print(f"  {figure}", file=sys.stderr, flush=True)
    return figure


def rows(found: Sequence[Figure]) -> Iterator[Sequence[str]]:
    """Of the table: our rows a second over those of each, and our client's CPU a row over its."""
    for one in found:
        ours = next(other for other in found if other.name == OURS and other.text_index == one.text_index)
        yield (
            one.name,
            "yes" if one.text_index else "no",
            f"{one.rows_per_second:,}",
            f"{one.client_cpu}",
            f"{one.server_cpu}",
            f"{ours.rows_per_second / one.rows_per_second:.2f}x",
            f"{ours.client_cpu / one.client_cpu:.2f}",
        )


def main(count: int = RECORDS, rounds: int = ROUNDS, only: Sequence[str] = CONTENDERS) -> None:
    with running() as infrastructure:
        found = figures(infrastructure, count, rounds, only)
    columns = ("", "text index", "rows/s", "client us", "server us", "ours is", "of its CPU")
    print_table("PostgreSQL sinks, from Kafka", columns, rows(found))
    kept: dict[str, Any] = {
        "versions": {"debezium": peers_debezium.VERSION, "kafka_connect": peers_debezium.CONNECT_VERSION},
        "records": count,
        "figures": [asdict(figure) for figure in found],
    }
    print(f"kept in {keep('peers', kept).relative_to(PROJECT)}")
