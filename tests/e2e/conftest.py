"""One whole stack for all end-to-end tests; each uses conversations of its own. Its traces go to a small collector."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_socket import enable_socket

from support.collector import Collector, collecting
from support.stack import Stack, whole_stack


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    enable_socket()
    with collecting() as found:
        yield found


@pytest.fixture(scope="session")
def stack(collector: Collector) -> Iterator[Stack]:
    """It begins no trace by itself."""
    with whole_stack({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "TRACING_SAMPLE_RATIO": "0"}) as running:
        yield running
