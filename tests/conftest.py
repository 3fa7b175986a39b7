"""Fixtures of every tier, and the rule that unit-like tests open no socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket

from support.infrastructure import Infrastructure, running

NEEDS_SOCKETS = ("integration", "e2e")


@pytest.fixture(scope="session")
def infrastructure() -> Iterator[Infrastructure]:
    """A real Kafka, registry, PostgreSQL and Valkey, started once a session (see `running`)."""
    enable_socket()
    with running() as found:
        yield found


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Unit-like tests may not talk to anything but themselves (asyncio needs its own socket pair)."""
    if any(request.node.get_closest_marker(marker) for marker in NEEDS_SOCKETS):
        enable_socket()
    else:
        disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
