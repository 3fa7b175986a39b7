"""The control: a plain Faust agent that counts records by key in a table, with Faust's own acknowledgements.

Everything as Faust's documentation has it; nothing of ours.
"""

from __future__ import annotations

import os

import faust


def build(environ: dict[str, str]) -> faust.App:
    """The application; its table's changelog is `<id>-counts-changelog`."""
    app = faust.App(
        environ["CONTROL_APP"],
        broker=f"kafka://{environ['KAFKA_BOOTSTRAP_SERVERS']}",
        topic_partitions=int(environ["PARTITIONS"]),
        datadir=environ["STATE_DIR"],
        web_enabled=False,
    )
    source = app.topic(environ["CONTROL_TOPIC"], key_type=bytes, value_type=bytes, value_serializer="raw")
    counts = app.Table("counts", default=int, key_type=str, value_type=int)

    @app.agent(source)  # type: ignore[untyped-decorator,unused-ignore]
    async def count(stream: faust.StreamT) -> None:  # type: ignore[type-arg,unused-ignore]
        async for key, _ in stream.items():  # noqa: PERF102  a stream, not a dict
            counts[key.decode()] += 1

    return app


if __name__ == "__main__":
    faust.Worker(build(dict(os.environ)), loglevel="WARNING").execute_from_commandline()
