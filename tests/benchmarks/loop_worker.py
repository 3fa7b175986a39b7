"""Our loop under the stopwatch: `python -m benchmarks.loop_worker tally|extract|consolidate`.

The engine as it runs in production, but for the meters, which also count for the stopwatch.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry

from benchmarks import tally
from benchmarks.stopwatch import Stopwatch, from_environment
from schemas.codec import Codec, ShippedSchemaIds
from streams.engine.worker import run_worker
from streams.extraction.rules import RuleExtractor
from streams.ports import Processor
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.extract import ExtractProcessor
from topology import logs
from topology.metrics import RECORDS_CONSUMED, Label, Meters, Metric, keeper_of
from topology.settings import Settings


class TimedMeters(Meters):
    """Tells the stopwatch of each checkpoint."""

    def __init__(self, stage: str, watch: Stopwatch) -> None:
        super().__init__(stage, keeper_of(stage), CollectorRegistry())
        self._watch = watch

    def add(self, metric: Metric, amount: float = 1, **labels: Label) -> None:
        super().add(metric, amount, **labels)
        if metric is RECORDS_CONSUMED:
            self._watch.count(int(amount))


def _tally(_: Settings) -> tuple[Processor, Codec]:
    return tally.TallyProcessor(), tally.codec()


def _extract(settings: Settings) -> tuple[Processor, Codec]:
    return ExtractProcessor(RuleExtractor(), settings.partitions), Codec(ShippedSchemaIds())


def _consolidate(_: Settings) -> tuple[Processor, Codec]:
    return ConsolidateProcessor(), Codec(ShippedSchemaIds())


WORK: Mapping[str, Callable[[Settings], tuple[Processor, Codec]]] = {
    "tally": _tally,
    "extract": _extract,
    "consolidate": _consolidate,
}


def main() -> int:
    settings = Settings()
    processor, codec = WORK[sys.argv[1]](settings)
    logs.configure(settings, processor.stage.name)
    return run_worker(settings, processor, codec, TimedMeters(processor.stage.name, from_environment()))


if __name__ == "__main__":
    sys.exit(main())
