"""A counting worker whose first record gives, once, an output that the broker does not take.

`python -m support.stumbling_worker FAULT`: `nowhere`, a partition that no topic has, or `oversized`, more bytes than
the topic takes: the transaction is aborted, and the same records are folded again. `away`: what is needed to begin
with a run is away for a while.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable

from schemas.codec import Codec, ShippedSchemaIds
from schemas.errors import Retryable
from streams.engine.worker import run_worker
from streams.ports import Output, SourceRecord, Stores
from support.counting import CountingProcessor
from topology import logs
from topology.settings import Settings
from topology.topics import TopicName

NOWHERE = 999
AWAY, TIMES_AWAY = "away", 9


def nowhere(raw_partition: int) -> Output:
    return Output(topic=TopicName.OUTCOMES, partition=NOWHERE, key=str(raw_partition), value=b"never")


def oversized(raw_partition: int) -> Output:
    return Output(topic=TopicName.OUTCOMES, partition=raw_partition, key="oversized", value=os.urandom(3 * 1024 * 1024))


FAULTS: dict[str, Callable[[int], Output]] = {made.__name__: made for made in (nowhere, oversized)}


class WaitingProcessor(CountingProcessor):
    """Counts; and cannot begin before it was asked a few times, as if a schema could not be had."""

    def __init__(self) -> None:
        super().__init__()
        self._left = TIMES_AWAY

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        if self._left:
            self._left -= 1
            raise Retryable("the registry is away", retry_after_seconds=0.2)
        return super().process(record, stores)


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
    processor = WaitingProcessor() if fault == AWAY else StumblingProcessor(FAULTS[fault])
    return run_worker(settings, processor, Codec(ShippedSchemaIds()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
