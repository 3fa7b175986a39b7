"""A small HTTP server beside an agent or a sink: is it alive, is it ready, what has it counted.

Runs on a thread of its own and answers three paths; the API serves the same paths itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

LIVE_PATH = "/health/live"
READY_PATH = "/health/ready"
METRICS_PATH = "/metrics"

_REQUEST_TIMEOUT_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether a process can do its work now, and what of its surroundings is in the way or worth knowing."""

    ready: bool
    checks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: HTTPStatus
    content_type: str
    body: bytes


class StallWatch:
    """How long there has been something to do and nothing was done.

    `lags` and `moved` are told by the loop, `seconds` is asked by probes, on other threads: each is one assignment.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def lags(self, records: int) -> None:
        """What is left to do, as seen now."""
        if records == 0:
            self._since = None
        elif self._since is None:
            self._since = self._clock()

    def moved(self) -> None:
        """Something was done; what is left counts from now."""
        if self._since is not None:
            self._since = self._clock()

    @property
    def seconds(self) -> float:
        since = self._since
        return 0.0 if since is None else self._clock() - since


def always() -> Readiness:
    return Readiness(ready=True)


class HealthServer:
    """Serves `/health/live`, `/health/ready` and `/metrics` from `start()` until `stop()`.

    `ready` and `live` are called on the server's threads: they must be quick and must not block on the stream.
    Where one of them raises, the answer is 503 with the error's name.
    """

    def __init__(
        self,
        port: int,
        ready: Callable[[], Readiness],
        *,
        registry: CollectorRegistry | None = None,
        live: Callable[[], Readiness] = always,
        host: str = "127.0.0.1",
    ) -> None:
        self._probes = {LIVE_PATH: live, READY_PATH: ready}
        self._registry = registry
        self._address = (host, port)
        self._server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, once started; port 0 finds a free one."""
        if self._server is None:
            raise RuntimeError("the health server has not started")
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Listen and answer in the background. Raises OSError where the port is taken."""
        self._server = ThreadingHTTPServer(self._address, _handler(self.answer))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def stop(self) -> None:
        """Stop listening; without effect where it never started."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, path: str, accept: str = "") -> Answer:
        """What a GET of `path` is told."""
        if path == METRICS_PATH and self._registry is not None:
            encode, content_type = choose_encoder(accept)
            return Answer(status=HTTPStatus.OK, content_type=content_type, body=encode(self._registry))
        probe = self._probes.get(path)
        if probe is None:
            return _json(HTTPStatus.NOT_FOUND, {"status": "not found"})
        return _readiness(_ask(probe))


def _ask(probe: Callable[[], Readiness]) -> Readiness:
    try:
        return probe()
    except Exception as error:  # noqa: BLE001 - a probe that fails is an answer: not ready
        return Readiness(ready=False, checks={"probe": f"{type(error).__name__}: {error}"})


def _readiness(readiness: Readiness) -> Answer:
    status = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
    return _json(status, {"status": "ok" if readiness.ready else "unavailable", "checks": dict(readiness.checks)})


def _json(status: HTTPStatus, body: Mapping[str, object]) -> Answer:
    return Answer(status=status, content_type="application/json", body=json.dumps(body).encode())


def _handler(answer: Callable[[str, str], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_TIMEOUT_SECONDS

        def do_GET(self) -> None:
            told = answer(self.path.partition("?")[0], self.headers.get("Accept", ""))
            self.send_response(told.status)
            self.send_header("Content-Type", told.content_type)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Probes are not worth a line."""

    return Handler
