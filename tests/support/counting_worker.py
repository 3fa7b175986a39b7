"""A worker of the counting processor as a process of its own, to be killed.

`python -m support.counting_worker [TOPIC ...]`: its inputs; without, the events.
"""

from __future__ import annotations

import sys

from schemas.codec import Codec, ShippedSchemaIds
from streams.engine.worker import run_worker
from support.counting import CountingProcessor
from topology import logs
from topology.settings import Settings
from topology.topics import TopicName


def main() -> int:
    settings = Settings()
    logs.configure(settings, "extract")
    inputs = [TopicName(name) for name in sys.argv[1:]] or [TopicName.EVENTS]
    return run_worker(settings, CountingProcessor(inputs), Codec(ShippedSchemaIds()))


if __name__ == "__main__":
    sys.exit(main())
