"""Stock Faust under the stopwatch: one table write an event, everything else as Faust sets it.

Faust keeps the state in RocksDB and in a changelog, acknowledges each event, and commits every few seconds.
"""

from __future__ import annotations

import io
import os

import faust
from fastavro import parse_schema, schemaless_reader

from benchmarks.stopwatch import from_environment
from benchmarks.tally import CATALOGUE, Said
from topology.topics import TopicName

HEADER_BYTES = 5


def build(brokers: str, group: str, state: str) -> faust.App:
    app = faust.App(group, broker=f"kafka://{brokers}", store="rocksdb://", datadir=state, web_enabled=False)
    events = app.topic(str(TopicName.EVENTS), key_type=bytes, value_type=bytes, value_serializer="raw")
    tallies = app.Table("tallies", default=int, key_type=bytes, partitions=int(os.environ["PARTITIONS"]))
    schema = parse_schema(CATALOGUE.latest(Said.SUBJECT).definition)
    watch = from_environment()

    async def count(stream: faust.StreamT[bytes]) -> None:
        async for key, value in stream.items():
            schemaless_reader(io.BytesIO(value[HEADER_BYTES:]), schema, None)
            tallies[key] += 1
            watch.count()

    app.agent(events)(count)
    return app


def main() -> None:
    environ = os.environ
    app = build(environ["KAFKA_BOOTSTRAP_SERVERS"], environ["BENCH_GROUP"], environ["STATE_DIR"])
    worker = faust.Worker(app, loglevel="warning", quiet=True, redirect_stdouts=False)
    worker.spinner = None
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
