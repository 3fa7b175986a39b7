"""Traces across processes (W3C Trace Context): who is traced, what is told of it, and its export in the background.

Off without OTEL_EXPORTER_OTLP_ENDPOINT, and then nothing of OpenTelemetry is imported. A span says what was done, where
in Kafka and for how long; never what was said, nor by whom. What becomes of spans decides nothing else: those that
cannot be exported are counted and dropped.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from topology.logs import TRACE_ID, OncePerWhile
from topology.metrics import SPANS_OF, Meters
from topology.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

TRACEPARENT: Final = "traceparent"
MOST_WAITING: Final = 2_048
"""Spans that wait for their export; a few MB at the most. Beyond, new ones are dropped and counted."""
EXPORT_SECONDS: Final = 5.0
SEND_EVERY_SECONDS: Final = 1.0
STOP_SECONDS: Final = 2.0
"""For the last spans of a process that ends; a collector that is away must not hold it up."""

_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_SAMPLED: Final = frozenset("13579bdf")
_SAMPLED_BYTES: Final = frozenset(b"13579bdf")
"""Flags whose lowest bit is set."""
_EXPORTER_LOG: Final = "opentelemetry.exporter.otlp.proto.http.trace_exporter"

Attribute: TypeAlias = str | int | float | bool
Attributes: TypeAlias = Mapping[str, Attribute]
Headers: TypeAlias = Sequence[tuple[str, bytes | None]]


class Kind(StrEnum):
    """What a span is to its parent, as OpenTelemetry names it."""

    SERVER = "SERVER"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class Fate(StrEnum):
    """What becomes of a span that has ended."""

    EXPORTED = "exported"
    FAILED = "failed"
    """The collector was away, or refused it."""
    DROPPED = "dropped"
    """Too many waited."""


Begin: TypeAlias = "Callable[[str, Kind, Parent | None, Attributes, int | None], Span]"
Count: TypeAlias = Callable[[Fate, int], None]


@dataclass(frozen=True, slots=True)
class Parent:
    """Where a span hangs: ids in lower-case hexadecimal."""

    trace_id: str
    span_id: str


class Span(Protocol):
    """A span that has begun; it is told when it ends."""

    @property
    def trace_id(self) -> str: ...

    @property
    def traceparent(self) -> bytes:
        """For whoever continues it."""
        ...

    def child(self, name: str, kind: Kind, attributes: Attributes) -> Span: ...

    def end(self, *, name: str = "", attributes: Attributes | None = None, error: str = "") -> None:
        """`name` replaces that of the beginning; an `error` is told by its kind, never by its words."""
        ...


current: ContextVar[Span | None] = ContextVar("span", default=None)
"""The traced piece of work under way."""


@contextmanager
def entered(span: Span | None) -> Iterator[None]:
    """The work within belongs to the span, and its log lines name the trace; None: it is not traced."""
    if span is None:
        yield
        return
    before, named = current.set(span), TRACE_ID.set(span.trace_id)
    try:
        yield
    finally:
        current.reset(before)
        TRACE_ID.reset(named)


def sampled(traceparent: str) -> Parent | None:
    """The parent that a header names, where its trace is sampled."""
    found = _TRACEPARENT.fullmatch(traceparent)
    return Parent(found[1], found[2]) if found and found[3][1] in _SAMPLED else None


def sampled_in(headers: Headers) -> Parent | None:
    """The parent that a record's headers name, where its trace is sampled. Quick where it is not."""
    for name, value in headers:
        if name == TRACEPARENT and value and value[-1] in _SAMPLED_BYTES:
            return sampled(value.decode("latin-1"))
    return None


def continued(headers: Headers, span: Span) -> Headers:
    """The headers, with the span in place of what they named before."""
    kept = (header for header in headers if header[0] != TRACEPARENT)
    return (*kept, (TRACEPARENT, span.traceparent))


def kafka_attributes(topic: str, partition: int, offset: int) -> dict[str, Attribute]:
    return {
        "messaging.system": "kafka",
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": str(partition),
        "messaging.kafka.offset": offset,
    }


class Tracing:
    """The spans of one process. Begun in the process that uses it (after any fork), stopped before it ends."""

    def __init__(
        self, *, endpoint: str = "", ratio: float = 0.0, service: str = "", count: Count = lambda *_: None
    ) -> None:
        self._endpoint, self._ratio, self._service, self._count = endpoint, ratio, service, count
        self._provider: TracerProvider | None = None
        self._begin: Begin | None = None

    @property
    def enabled(self) -> bool:
        return self._begin is not None

    def start(self, exporter: SpanExporter | None = None) -> None:
        """Where an endpoint is set, or an exporter is given; else tracing stays off."""
        if not self._endpoint and exporter is None:
            return
        from topology import tracing_export  # OpenTelemetry takes a tenth of a second, and memory

        logging.getLogger(_EXPORTER_LOG).filters[:] = [OncePerWhile()]
        exporter = exporter or tracing_export.over_http(self._endpoint, EXPORT_SECONDS)
        self._provider = tracing_export.provider(exporter, self._service, _Waiting(self._count))
        self._begin = tracing_export.beginner(self._provider)

    def stop(self) -> None:
        """Send what waits, for a moment; what is left then is dropped. Idempotent."""
        provider, self._provider, self._begin = self._provider, None, None
        if provider is not None:
            last = Thread(target=provider.shutdown, name="last spans", daemon=True)
            last.start()
            last.join(STOP_SECONDS)

    def request(self, traceparent: str) -> Span | None:
        """The span of a request that came with this header: of a trace that is sampled, or by chance of a new one."""
        if self._begin is None:
            return None
        parent = sampled(traceparent)
        if parent is None and (_TRACEPARENT.fullmatch(traceparent) or random.random() >= self._ratio):  # noqa: S311
            return None  # a caller who decided against a trace is obeyed
        return self._begin("request", Kind.SERVER, parent, {}, None)

    def consumed(self, name: str, headers: Headers, attributes: Callable[[], Attributes], began_ns: int) -> Span | None:
        """The span of work on a record that began at `began_ns` (since 1970), where its trace is sampled."""
        if self._begin is None or (parent := sampled_in(headers)) is None:
            return None
        return self._begin(name, Kind.CONSUMER, parent, attributes(), began_ns)


OFF: Final = Tracing()
"""No tracing: what is never begun."""


class _Waiting:
    """How many spans have ended and are not yet exported; safe to use from several threads."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._lock = Lock()
        self._waiting = 0

    def has_room(self) -> bool:
        """Takes a place for a span that has ended; False, and counted, where there is none."""
        with self._lock:
            room = self._waiting < MOST_WAITING
            self._waiting += room
        if not room:
            self._count(Fate.DROPPED, 1)
        return room

    def gone(self, fate: Fate, spans: int) -> None:
        with self._lock:
            self._waiting -= spans
        self._count(fate, spans)


@contextmanager
def running(settings: Settings, service: str, meters: Meters) -> Iterator[Tracing]:
    """The tracing of a process while it works."""
    found = of(settings, service, meters)
    found.start()
    try:
        yield found
    finally:
        found.stop()


def of(settings: Settings, service: str, meters: Meters) -> Tracing:
    """The tracing of a process; not yet begun."""
    return Tracing(
        endpoint=settings.otel_exporter_otlp_endpoint,
        ratio=settings.tracing_sample_ratio,
        service=f"alluvium-{service}",
        count=lambda fate, spans: meters.add(SPANS_OF[meters.keeper], spans, fate=fate),
    )
