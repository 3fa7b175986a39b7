"""Spans of records that are landed and belong to a sampled trace, from their fetching to their acknowledgement.

Watches the loop and never steers it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import partial

from sinks.log import RawRecord
from sinks.ports import Partition
from topology.tracing import OFF, Span, Tracing, kafka_attributes


class LandingSpans:
    """The spans of what was fetched and is not yet durable; of one loop, used by its thread."""

    def __init__(self, tracing: Tracing = OFF) -> None:
        self._tracing = tracing
        self._begun: list[tuple[Partition, int, Span]] = []

    def fetched(self, records: Iterable[RawRecord]) -> None:
        if not self._tracing.enabled:
            return
        began_ns = time.time_ns()
        for record in records:
            if record.headers:
                at = record.partition
                about = partial(kafka_attributes, at.topic.value, at.number, record.offset)
                span = self._tracing.consumed(f"land {at.topic}", record.headers, about, began_ns)
                if span is not None:
                    self._begun.append((at, record.offset, span))

    def landed(self, progress: Mapping[Partition, int]) -> None:
        """Everything before these offsets is durable."""
        if not self._begun:
            return
        left = []
        for partition, offset, span in self._begun:
            if offset < progress.get(partition, 0):
                span.end()
            else:
                left.append((partition, offset, span))
        self._begun = left

    def dropped(self) -> None:
        """What was fetched will be read again, here or elsewhere."""
        for _, _, span in self._begun:
            span.end(error="Reassigned")
        self._begun = []
