# /// script
# requires-python = ">=3.11,<3.13"
# dependencies = ["quixstreams[postgresql]==3.28.1"]
# ///
"""The PostgreSQL sink of Quix Streams, tuned: a checkpoint, which is what it lands at once, after 20,000 records.

Runs in an environment of its own, which uv makes from the lines above and the lock beside this file. The table is made
before; of a row that is there the sink takes the last, whatever its version.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from quixstreams import Application
from quixstreams.sinks.community.postgresql import PostgreSQLSink

RECORDS_AT_ONCE = 20_000
"""Of all four partitions together: 5,000 an insert."""


def main() -> None:
    environ = os.environ
    target = urlsplit(environ["DATABASE_URL"])
    app = Application(
        broker_address=environ["KAFKA_BOOTSTRAP_SERVERS"],
        consumer_group=environ["BENCH_GROUP"],
        auto_offset_reset="earliest",
        commit_every=RECORDS_AT_ONCE,
        loglevel="WARNING",
    )
    sink = PostgreSQLSink(
        host=target.hostname or "",
        port=target.port or 5432,
        dbname=target.path.lstrip("/"),
        user=target.username or "",
        password=target.password or "",
        table_name="messages",
        schema_auto_update=False,
        primary_key_columns=["tenant_id", "conversation_id", "message_id"],
        upsert_on_primary_key=True,
        include_metadata=False,
    )
    messages = app.topic(environ["BENCH_TOPIC"], key_deserializer="bytes", value_deserializer="json")
    app.dataframe(messages).sink(sink)
    app.run()


if __name__ == "__main__":
    main()
