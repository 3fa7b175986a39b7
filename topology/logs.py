"""Logs of every process: one JSON object a line on standard error.

Configures the root logger once, from `__main__`; never write a message's text to a log.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, TextIO

from pythonjsonlogger.json import JsonFormatter

from topology.kafka import LOGGER
from topology.settings import Settings

FIELDS = ("levelname", "message", "module", "funcName")
"""Of every line, after `timestamp`; what a call passes as `extra` (tenant, topic, partition, offset) follows them."""

TRACE_ID: Final[ContextVar[str]] = ContextVar("trace_id", default="")
"""Of the work under way; its log lines name it."""

QUIET_SECONDS = 10.0

NAMES = {"levelname": "level", "funcName": "function"}


def configure(settings: Settings, stage: str, stream: TextIO | None = None) -> None:
    """Send every logger to `stream` (standard error), each line naming `stage`. Calling it again replaces the first."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(stage))
    handler.addFilter(_name_trace)
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for client in ("httpx", "httpx2"):
        logging.getLogger(client).setLevel(logging.WARNING)  # they tell of every request to the registry
    logging.getLogger(LOGGER).filters[:] = [OncePerWhile()]


def _name_trace(record: logging.LogRecord) -> bool:
    if (trace_id := TRACE_ID.get()) and not hasattr(record, "trace_id"):
        record.trace_id = trace_id
    return True


class OncePerWhile(logging.Filter):
    """Lets a message through once in ten seconds: a client tells of a broker that is away twenty times a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._quiet_until: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        message, now = record.getMessage().partition(" (after ")[0], self._clock()
        if self._quiet_until.get(message, now) > now:
            return False
        self._quiet_until = {told: until for told, until in self._quiet_until.items() if until > now}
        self._quiet_until[message] = now + QUIET_SECONDS
        return True


def formatter(stage: str) -> logging.Formatter:
    """Lines with `timestamp` (ISO 8601, UTC), level, message, module, function, stage and the extras of the call."""
    return JsonFormatter(
        FIELDS, rename_fields=NAMES, static_fields={"stage": stage}, timestamp=True, json_ensure_ascii=False
    )
