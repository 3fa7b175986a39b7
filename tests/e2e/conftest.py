"""One whole stack for all end-to-end tests; each uses conversations of its own. Its traces go to a small collector."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_socket import enable_socket

from support.collector import Collector, collecting
from support.stack import Stack, whole_stack


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """For as long as there are tests: stacks that are started again send there too. None begins a trace by itself."""
    enable_socket()
    with collecting() as found, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        patch.setenv("TRACING_SAMPLE_RATIO", "0")
        yield found


@pytest.fixture(scope="session")
def stack(collector: Collector) -> Iterator[Stack]:
    with whole_stack() as running:
        yield running
