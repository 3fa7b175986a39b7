"""One whole stack for all end-to-end tests; each uses conversations of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_socket import enable_socket

from support.stack import Stack, whole_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    enable_socket()
    with whole_stack() as running:
        yield running
