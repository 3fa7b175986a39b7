"""Logs of every process: one JSON object a line on standard error.

Configures the root logger once, from `__main__`; never write a message's text to a log.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

from topology.settings import Settings

FIELDS = ("levelname", "message", "module", "funcName")
"""Of every line, after `timestamp`; what a call passes as `extra` (tenant, topic, partition, offset) follows them."""

NAMES = {"levelname": "level", "funcName": "function"}


def configure(settings: Settings, stage: str, stream: TextIO | None = None) -> None:
    """Send every logger to `stream` (standard error), each line naming `stage`. Calling it again replaces the first."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(stage))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    logging.captureWarnings(True)


def formatter(stage: str) -> logging.Formatter:
    """Lines with `timestamp` (ISO 8601, UTC), level, message, module, function, stage and the extras of the call."""
    return JsonFormatter(
        FIELDS, rename_fields=NAMES, static_fields={"stage": stage}, timestamp=True, json_ensure_ascii=False
    )
