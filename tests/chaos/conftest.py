"""A whole stack for the verifier's end-to-end test, so that its flushes and kills are in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_socket import enable_socket

from support.stack import Stack, whole_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    enable_socket()
    with whole_stack() as running:
        yield running
