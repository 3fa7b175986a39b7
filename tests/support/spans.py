"""Tracing into memory, and the headers of a caller who traces."""

from __future__ import annotations

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from topology.tracing import Tracing

TRACE = "a" * 32


def header(flags: str = "01") -> str:
    """A caller's `traceparent`; its span is number 11."""
    return f"00-{TRACE}-{0xB:016x}-{flags}"


def tracing_to(ratio: float = 0.0) -> tuple[Tracing, InMemorySpanExporter]:
    """Tracing that has begun; what it sent is there once it is stopped."""
    found = InMemorySpanExporter()
    spans = Tracing(ratio=ratio, service="test")
    spans.start(found)
    return spans, found
