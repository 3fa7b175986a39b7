"""A counting worker whose first record gives, once, an output that the broker does not take.

`python -m support.stumbling_worker FAULT`: `nowhere`, a partition that no topic has, or `oversized`, more bytes than
the topic takes. The transaction is aborted for it, and the same records are folded again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

from schemas.codec import Codec, ShippedSchemaIds
from streams.engine.worker import run_worker
from streams.ports import Output, SourceRecord, Stores
from support.counting import CountingProcessor
from topology import logs
from topology.settings import Settings
from topology.topics import TopicName

NOWHERE = 999


def nowhere(raw_partition: int) -> Output:
    return Output(topic=TopicName.OUTCOMES, partition=NOWHERE, key=str(raw_partition), value=b"never")


def oversized(raw_partition: int) -> Output:
    return Output(topic=TopicName.OUTCOMES, partition=raw_partition, key="oversized", value=os.urandom(3 * 1024 * 1024))


FAULTS: dict[str, Callable[[int], Output]] = {made.__name__: made for made in (nowhere, oversized)}


class StumblingProcessor(CountingProcessor):
    """Counts; and sends what cannot be sent with the first record of all."""

    def __init__(self, fault: Callable[[int], Output]) -> None:
        super().__init__()
        self._fault: Callable[[int], Output] | None = fault

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        made = list(super().process(record, stores))
        if (fault := self._fault) is not None:
            self._fault = None
            made.append(fault(record.raw.position.partition))
        return made


def main(fault: str) -> int:
    settings = Settings()
    logs.configure(settings, "extract")
    return run_worker(settings, StumblingProcessor(FAULTS[fault]), Codec(ShippedSchemaIds()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
