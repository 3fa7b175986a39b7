"""What happens around every request: names, a log line, metrics, a last resort for errors, a limit on bodies.

Plain ASGI, so that nothing is buffered. Logs never hold a query, a path parameter or a body.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems, tracing
from topology.metrics import API_REQUEST_SECONDS, API_REQUESTS, Meters
from topology.tracing import OFF, Attributes, Span, Tracing

NO_ROUTE = "none"
"""The endpoint of a request that matched no route: paths are the caller's, and would make labels without end."""

GONE = 499
"""The status of a request whose caller went away, as nginx counts it."""

_log = logging.getLogger(__name__)


class Observe:
    """Names each request, counts it, times it, logs it; answers what nobody else could."""

    def __init__(self, app: ASGIApp, meters: Meters, *, debug: bool, spans: Tracing = OFF) -> None:
        self._app, self._meters, self._debug, self._spans = app, meters, debug, spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        traceparent = headers.get("traceparent", "")
        span = self._spans.request(traceparent)
        names = tracing.named(headers.get("x-request-id", ""), traceparent, span)
        tracing.enter(names, span)
        began, answered = perf_counter(), _Answered(send, names.request_id)
        try:
            await self._app(scope, receive, answered)
        except Exception as error:  # noqa: BLE001 - the last resort of every request
            _log.exception("a request failed", extra={"request_id": names.request_id, "trace_id": names.trace_id})
            if answered.status is None:
                await problems.unexpected(error, debug=self._debug)(scope, receive, answered)
        finally:
            self._count(scope, answered.status, names, perf_counter() - began)
            if span is not None:
                _end(span, scope, answered.status)

    def _count(self, scope: Scope, status: int | None, names: tracing.RequestNames, seconds: float) -> None:
        method, endpoint = _known_method(scope["method"]), endpoint_of(scope)
        told = status if status is not None else GONE
        self._meters.add(API_REQUESTS, method=method, endpoint=endpoint, status=told)
        self._meters.observe(API_REQUEST_SECONDS, seconds, method=method, endpoint=endpoint)
        _log.info(
            "request",
            extra={
                "method": method,
                "endpoint": endpoint,
                "status": told,
                "milliseconds": round(1e3 * seconds, 2),
                "tenant": scope.get("state", {}).get("tenant_id"),
                "request_id": names.request_id,
                "trace_id": names.trace_id,
            },
        )


class LimitBody:
    """Refuses a body above `most_bytes` (413), by what is announced and by what comes."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app, self._most_bytes = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > self._most_bytes:
            await problems.answer(too_large(self._most_bytes))(scope, receive, send)
            return
        await self._app(scope, _Counted(receive, self._most_bytes), send)


class BodyTooLarge(HTTPException):
    """Raised where the body is read; an HTTPException, because FastAPI lets no other kind through its parsing."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def too_large(most_bytes: int) -> problems.Problem:
    return problems.Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "request-entity-too-large",
        "The body is too large",
        detail=f"{most_bytes} bytes are allowed.",
    )


def endpoint_of(scope: Scope) -> str:
    """The template of the matched route, such as `/v1/items/{item_id}`."""
    return str(getattr(scope.get("route"), "path_format", NO_ROUTE))


def _end(span: Span, scope: Scope, status: int | None) -> None:
    """The template of the path, never the path: it names people."""
    method, endpoint = _known_method(scope["method"]), endpoint_of(scope)
    told: Attributes = {
        "http.request.method": method,
        "http.route": endpoint,
        "http.response.status_code": status or GONE,
    }
    failed = status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    span.end(name=f"{method} {endpoint}", attributes=told, error=str(status or "gone") if failed else "")


def _known_method(method: str) -> str:
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "OTHER"


class _Answered:
    """A `send` that remembers the status and adds the request's id."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self._request_id = send, request_id
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-ID"] = self._request_id
        await self._send(message)


class _Counted:
    """A `receive` that stops at the limit."""

    def __init__(self, receive: Receive, most_bytes: int) -> None:
        self._receive, self._left = receive, most_bytes

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLarge
        return message
