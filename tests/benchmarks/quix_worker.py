# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = ["quixstreams==3.28.1", "fastavro>=1.12"]
# ///
"""Quix Streams under the stopwatch: a stateful count, everything else as Quix sets it.

Runs in an environment of its own, which uv makes from the lines above and the lock beside this file. Quix keeps the
state in RocksDB and in a changelog. Arguments: its guarantee, `at-least-once` or `exactly-once`, and when it commits:
`each-run`, after so many records, or `seldom`, every five seconds, as it sets itself.
"""

from __future__ import annotations

import io
import json
import os
import sys

from fastavro import parse_schema, schemaless_reader
from quixstreams import Application, State

from benchmarks.stopwatch import from_environment

HEADER_BYTES = 5


def main() -> None:
    environ = os.environ
    guarantee, commits = sys.argv[1:]
    app = Application(
        broker_address=environ["KAFKA_BOOTSTRAP_SERVERS"],
        consumer_group=environ["BENCH_GROUP"],
        auto_offset_reset="earliest",
        processing_guarantee=guarantee,
        commit_every=int(environ["RUN_MAX_RECORDS"]) if commits == "each-run" else 0,
        state_dir=environ["STATE_DIR"],
        loglevel="WARNING",
    )
    events = app.topic(environ["BENCH_TOPIC"], key_deserializer="bytes", value_deserializer="bytes")
    schema = parse_schema(json.loads(environ["BENCH_SCHEMA"]))
    watch = from_environment()

    def count(value: bytes, state: State) -> None:
        schemaless_reader(io.BytesIO(value[HEADER_BYTES:]), schema, None)
        state.set("count", state.get("count", 0) + 1)
        watch.count()

    app.dataframe(events).update(count, stateful=True)
    app.run()


if __name__ == "__main__":
    main()
