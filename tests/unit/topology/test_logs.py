"""One JSON object a line, with the fields the contract names."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from io import StringIO

import pytest

from topology.logs import QUIET_SECONDS, OncePerWhile, configure
from topology.settings import Settings


@pytest.fixture
def lines() -> Iterator[StringIO]:
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    stream = StringIO()
    configure(Settings(log_level="INFO"), "extract", stream)
    yield stream
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    logging.captureWarnings(False)


def test_a_line_names_when_where_and_what(lines: StringIO) -> None:
    logging.getLogger("streams.engine").info("checkpoint", extra={"partition": 3, "offset": 41})

    line = json.loads(lines.getvalue())

    assert {
        name: line[name] for name in ("level", "message", "module", "function", "stage", "partition", "offset")
    } == {
        "level": "INFO",
        "message": "checkpoint",
        "module": "test_logs",
        "function": "test_a_line_names_when_where_and_what",
        "stage": "extract",
        "partition": 3,
        "offset": 41,
    }
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() is not None


def test_below_the_level_nothing_is_written(lines: StringIO) -> None:
    logging.getLogger("streams.engine").debug("noise")

    assert not lines.getvalue()


def test_an_error_stays_on_its_line(lines: StringIO) -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("sinks").exception("failed")

    (line,) = lines.getvalue().splitlines()
    assert "ValueError: two" in json.loads(line)["exc_info"]


def test_configuring_again_does_not_write_twice(lines: StringIO) -> None:
    configure(Settings(), "extract", lines)
    logging.getLogger().warning("once")

    assert len(lines.getvalue().splitlines()) == 1


def test_a_broker_that_is_away_is_told_once_in_a_while() -> None:
    now = [100.0]
    quiet = OncePerWhile(lambda: now[0])

    def passes(text: str) -> bool:
        return quiet.filter(logging.LogRecord("librdkafka", logging.ERROR, "", 0, text, None, None))

    assert passes("connection refused (after 0ms in state CONNECT)")
    assert not passes("connection refused (after 3ms in state CONNECT, 37 identical errors suppressed)")
    assert passes("another thing")
    now[0] += QUIET_SECONDS
    assert passes("connection refused (after 0ms in state CONNECT)")
