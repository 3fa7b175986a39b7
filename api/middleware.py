"""What happens around every request: names, a log line, metrics, a last resort for errors.

Plain ASGI, so that nothing is buffered. Logs never hold a query, a path parameter or a body, nor the words of an error,
which may be anybody's.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
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
        except ClientDisconnect:
            pass  # nobody is there to be answered: it is counted as gone
        except Exception as error:  # noqa: BLE001 - the last resort of every request
            told = {"request_id": names.request_id, "trace_id": names.trace_id}
            _log.error("a request failed", exc_info=wordless(error), extra=told)
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


def wordless(error: BaseException) -> BaseException:
    """An error of the same name and places in the code, and so are those that it came from; without their words."""
    kind = type(error)
    made: BaseException = type(kind.__name__, (Exception,), {"__module__": kind.__module__})()
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    made.__cause__ = wordless(before) if before else None
    return made.with_traceback(error.__traceback__)


def endpoint_of(scope: Scope) -> str:
    """The template of the route, such as `/v1/items/{item_id}`; also where a request was refused on its way there."""
    route = scope.get("route") or _route_of(scope)
    return str(getattr(route, "path_format", NO_ROUTE))


def _route_of(scope: Scope) -> BaseRoute | None:
    routes = scope["app"].state.endpoints if "app" in scope else []
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)


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
