"""Traces: which are sampled, what continues them, and that a collector that is away costs nothing but its spans."""

from __future__ import annotations

import io
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from support.spans import TRACE, header, tracing_to
from topology import logs, tracing
from topology.metrics import SPANS, build
from topology.settings import Settings
from topology.tracing import OFF, Fate, Kind, Parent, Tracing, continued, sampled, sampled_in


@pytest.mark.parametrize("flags", ["01", "03", "ff"])
def test_a_sampled_parent_is_read(flags: str) -> None:
    assert sampled(f"00-{'a' * 32}-{'b' * 16}-{flags}") == Parent("a" * 32, "b" * 16)


@pytest.mark.parametrize(
    "given",
    [
        f"00-{'a' * 32}-{'b' * 16}-00",
        f"00-{'a' * 32}-{'b' * 16}-02",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'b' * 16}-01-more",
        "1",
        "",
    ],
)
def test_what_is_not_sampled_or_not_well_formed_is_no_parent(given: str) -> None:
    assert sampled(given) is None
    assert sampled_in([("traceparent", given.encode())]) is None


def test_a_header_that_is_no_text_is_no_parent() -> None:
    assert sampled_in([("traceparent", b"\xff\xfe1"), ("traceparent", None)]) is None


def test_without_an_endpoint_nothing_is_traced() -> None:
    quiet = tracing.of(Settings(), "api", build("api"))
    quiet.start()
    assert not quiet.enabled
    assert quiet.request(header()) is OFF.request(header()) is None
    quiet.stop()


def test_a_request_continues_its_callers_trace_and_an_unsampled_one_is_obeyed() -> None:
    spans, found = tracing_to(ratio=1.0)
    span = spans.request(header())
    assert span is not None
    assert span.trace_id == TRACE
    span.end(name="GET /v1/lag")
    assert spans.request(header(flags="00")) is None
    spans.stop()
    (told,) = found.get_finished_spans()
    assert told.parent is not None
    assert (told.name, told.parent.span_id) == ("GET /v1/lag", 0xB)


@pytest.mark.parametrize(("ratio", "traced"), [(0.0, 0), (1.0, 20)])
def test_requests_without_a_trace_are_traced_by_the_ratio(ratio: float, traced: int) -> None:
    spans, _ = tracing_to(ratio=ratio)
    assert sum(spans.request("") is not None for _ in range(20)) == traced
    spans.stop()


def test_a_child_hangs_below_its_parent_and_headers_name_the_newest() -> None:
    spans, found = tracing_to()
    parent = spans.request(header())
    assert parent is not None
    child = parent.child("send", Kind.PRODUCER, {})
    headers = continued([("other", b"1"), ("traceparent", b"old")], child)
    assert headers == (("other", b"1"), ("traceparent", child.traceparent))
    assert sampled_in(headers) == Parent(TRACE, child.traceparent.split(b"-")[2].decode())
    child.end(error="Retryable")
    parent.end()
    spans.stop()
    first, last = found.get_finished_spans()
    assert first.parent == last.context
    assert (first.attributes or {})["error.type"] == "Retryable"


class Away(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.FAILURE


class Breaks(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise RuntimeError("a defect of an exporter")


@pytest.mark.parametrize(
    ("exporter", "fate"),
    [(InMemorySpanExporter(), Fate.EXPORTED), (Away(), Fate.FAILED), (Breaks(), Fate.FAILED)],
    ids=["there", "away", "broken"],
)
def test_every_span_is_counted_by_what_became_of_it(
    exporter: SpanExporter, fate: Fate, caplog: pytest.LogCaptureFixture
) -> None:
    meters = build("extract")
    spans = tracing.of(Settings(), "extract", meters)
    spans.start(exporter)
    for _ in range(3):
        span = spans.consumed("extract", [("traceparent", header().encode())], dict, 1)
        assert span is not None
        span.end()
    spans.stop()
    name = SPANS.named("extract")
    assert meters.registry.get_sample_value(name, {"fate": fate}) == 3


def test_beyond_what_may_wait_spans_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "MOST_WAITING", 5)
    counts: Counter[Fate] = Counter()
    spans = Tracing(count=lambda fate, number: counts.update({fate: number}))
    spans.start(InMemorySpanExporter())
    begun = [spans.request(header()) for _ in range(8)]
    for span in begun:
        assert span is not None
        span.end()
    assert counts == {Fate.DROPPED: 3}
    spans.stop()
    assert counts == {Fate.DROPPED: 3, Fate.EXPORTED: 5}


@pytest.fixture
def said() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(Settings(), "extract", stream)
    yield stream
    root.handlers[:], root.level = before


def test_log_lines_name_the_trace_of_the_work_under_way(said: io.StringIO) -> None:
    spans, _ = tracing_to()
    with tracing.entered(spans.request(header())):
        logging.getLogger("test").warning("within")
    logging.getLogger("test").warning("after")
    spans.stop()
    within, after = map(json.loads, said.getvalue().splitlines())
    assert within["trace_id"] == TRACE
    assert "trace_id" not in after
