"""Spans of the records of a run that belong to a sampled trace; whatever they lead to carries the trace on.

A run without such records is folded as if there were no tracing; where tracing is off, headers are not even read.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from schemas.records import Record
from streams.ports import Output, PoisonRecord, Processor, RawRecord, SourceRecord, Stores
from topology.stages import Stage
from topology.topics import TopicName
from topology.tracing import Attributes, Span, Tracing, continued, entered, kafka_attributes


@contextmanager
def traced(
    tracing: Tracing, processor: Processor, records: Sequence[RawRecord], taken_at: float
) -> Iterator[Processor]:
    """The processor that folds the run within: the spans begin when it was taken (on the monotonic clock) and end with
    the checkpoint, or tell its failure."""
    spans = _spans_of(tracing, processor.stage, records, taken_at) if tracing.enabled else {}
    if not spans:
        yield processor
        return
    try:
        yield TracedProcessor(processor, spans)
    except BaseException as error:
        _end(spans, type(error).__name__)
        raise
    _end(spans)


def _spans_of(tracing: Tracing, stage: Stage, records: Sequence[RawRecord], taken_at: float) -> dict[int, Span]:
    """By the identity of the record."""
    began_ns = time.time_ns() - int(1e9 * (time.monotonic() - taken_at))
    begun = {}
    for record in records:
        if record.headers:
            about = partial(_attributes, record, len(records))
            span = tracing.consumed(f"{stage.name} {record.topic}", record.headers, about, began_ns)
            if span is not None:
                begun[id(record)] = span
    return begun


def _attributes(record: RawRecord, run_records: int) -> Attributes:
    at = record.position
    return kafka_attributes(at.topic, at.partition, at.offset) | {"alluvium.run.records": run_records}


def _end(spans: Mapping[int, Span], error: str = "") -> None:
    for span in spans.values():
        span.end(error=error)


class TracedProcessor:
    """A processor whose outputs continue the traces of their records, for one run.

    What is sent once a run, such as profiles, continues the latest trace of those that share its routing.
    """

    def __init__(self, processor: Processor, spans: Mapping[int, Span]) -> None:
        self._processor, self._spans = processor, spans
        self._latest: dict[str | None, Span] = {}

    @property
    def stage(self) -> Stage:
        return self._processor.stage

    @property
    def inputs(self) -> Mapping[TopicName, type[Record]]:
        return self._processor.inputs

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        span = self._spans.get(id(record.raw))
        if span is None:
            return self._processor.process(record, stores)
        with entered(span):
            outputs = [_continued(output, span) for output in self._processor.process(record, stores)]
        self._latest |= {output.routing: span for output in outputs if output.routing is not None}
        return outputs

    def reject(self, raw: RawRecord, poison: PoisonRecord) -> Iterable[Output]:
        span = self._spans.get(id(raw))
        rejected = self._processor.reject(raw, poison)
        return rejected if span is None else [_continued(output, span) for output in rejected]

    def finish(self, stores: Stores) -> Iterable[Output]:
        for output in self._processor.finish(stores):
            span = self._latest.get(output.routing) if output.routing is not None else None
            yield output if span is None else _continued(output, span)


def _continued(output: Output, span: Span) -> Output:
    return replace(output, headers=continued(output.headers, span))
