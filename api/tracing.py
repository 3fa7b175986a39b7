"""The names of a request: its own id, and the trace it belongs to (W3C Trace Context).

Holds them for the time of the request; logs and answers show them.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

from topology import tracing
from topology.logs import TRACE_ID
from topology.tracing import Span

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_TRACE = "0" * 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestNames:
    request_id: str
    trace_id: str


_NOBODY = RequestNames(request_id="", trace_id="")
_current: ContextVar[RequestNames] = ContextVar("request_names")


def named(request_id: str, traceparent: str, span: Span | None = None) -> RequestNames:
    """The caller's names where they are well formed, else fresh ones; of a traced request, the trace of its span."""
    trace = span.trace_id if span else _trace_of(traceparent) or secrets.token_hex(16)
    kept = request_id if _REQUEST_ID.fullmatch(request_id) else str(uuid4())
    return RequestNames(request_id=kept, trace_id=trace)


def _trace_of(traceparent: str) -> str | None:
    parent = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return parent["trace"] if parent and parent["trace"] != _NO_TRACE else None


def enter(names: RequestNames, span: Span | None = None) -> None:
    """Let `names` be those of the running request, and `span` what its work is traced under."""
    _current.set(names)
    TRACE_ID.set(names.trace_id)
    tracing.current.set(span)


def current() -> RequestNames:
    """The running request's names; empty outside of one."""
    return _current.get(_NOBODY)


def current_request_id() -> str:
    """The running request's id; empty outside of one."""
    return current().request_id
