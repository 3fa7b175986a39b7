"""OpenTelemetry behind `topology.tracing`: its spans, its batches, its OTLP over HTTP.

Imported only where tracing is on. Who is traced is decided before it comes here: everything here is.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from importlib.metadata import version
from os import getpid
from typing import Protocol

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags

from topology.tracing import MOST_WAITING, SEND_EVERY_SECONDS, Attributes, Fate, Kind, Parent, Span

KINDS = {kind: SpanKind[kind.value] for kind in Kind}


class Waiting(Protocol):
    def has_room(self) -> bool: ...

    def gone(self, fate: Fate, spans: int) -> None: ...


def over_http(endpoint: str, timeout_seconds: float) -> SpanExporter:
    """OTLP, protobuf, below `endpoint`; the exporter reads the other OTEL_EXPORTER_OTLP_ variables by itself."""
    return OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=timeout_seconds)


def provider(exporter: SpanExporter, service: str, waiting: Waiting) -> TracerProvider:
    """Sends in batches, on a thread of its own."""
    about = {
        "service.name": service,
        "service.version": version("alluvium"),
        "service.instance.id": f"{socket.gethostname()}-{getpid()}",
    }
    made = TracerProvider(sampler=ALWAYS_ON, resource=Resource(about), shutdown_on_exit=False)
    batches = BatchSpanProcessor(
        _Told(exporter, waiting), max_queue_size=MOST_WAITING, schedule_delay_millis=1e3 * SEND_EVERY_SECONDS
    )
    made.add_span_processor(_Bounded(batches, waiting))
    return made


def beginner(made: TracerProvider) -> Callable[[str, Kind, Parent | None, Attributes, int | None], Span]:
    tracer = made.get_tracer("alluvium")

    def begin(name: str, kind: Kind, parent: Parent | None, attributes: Attributes, began_ns: int | None) -> Span:
        context = Context() if parent is None else _below(parent)
        begun = tracer.start_span(name, context, KINDS[kind], attributes, start_time=began_ns)
        return Begun(tracer, begun)

    return begin


def _below(parent: Parent) -> Context:
    remote = SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), is_remote=True, trace_flags=TraceFlags(1))
    return trace.set_span_in_context(NonRecordingSpan(remote), Context())


class Begun:
    """A Span of OpenTelemetry's."""

    __slots__ = ("_span", "_tracer")

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._tracer, self._span = tracer, span

    @property
    def trace_id(self) -> str:
        return format(self._span.get_span_context().trace_id, "032x")

    @property
    def traceparent(self) -> bytes:
        at = self._span.get_span_context()
        return b"00-%032x-%016x-01" % (at.trace_id, at.span_id)

    def child(self, name: str, kind: Kind, attributes: Attributes) -> Span:
        context = trace.set_span_in_context(self._span, Context())
        return Begun(self._tracer, self._tracer.start_span(name, context, KINDS[kind], attributes))

    def end(self, *, name: str = "", attributes: Attributes | None = None, error: str = "") -> None:
        if name:
            self._span.update_name(name)
        if attributes:
            self._span.set_attributes(attributes)
        if error:
            self._span.set_attribute("error.type", error)
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class _Bounded(SpanProcessor):
    """Passes on what there is room for."""

    def __init__(self, batches: SpanProcessor, waiting: Waiting) -> None:
        self._batches, self._waiting = batches, waiting

    def on_end(self, span: ReadableSpan) -> None:
        if self._waiting.has_room():
            self._batches.on_end(span)

    def shutdown(self) -> None:
        self._batches.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._batches.force_flush(timeout_millis)


class _Told(SpanExporter):
    """An exporter whose results are counted."""

    def __init__(self, exporter: SpanExporter, waiting: Waiting) -> None:
        self._exporter, self._waiting = exporter, waiting

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        fate = Fate.FAILED
        try:
            result = self._exporter.export(spans)
            fate = Fate.EXPORTED if result is SpanExportResult.SUCCESS else Fate.FAILED
        finally:
            self._waiting.gone(fate, len(spans))
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()
