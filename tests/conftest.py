"""Fixtures of every tier, the rule that unit-like tests open no socket, and who shares a stack in `make test`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import disable_socket, enable_socket

from support.infrastructure import Infrastructure, running

NEEDS_SOCKETS = ("integration", "e2e")

TESTS = Path(__file__).parent
OWN_STACK = ("e2e/test_generations.py", "integration/local/test_three_brokers.py",
             "integration/local/test_recovery.py", "integration/local/test_lifecycle.py",
             "integration/engine/test_hanging.py")  # fmt: skip
"""Each starts a stack, or waits a minute for a broker: one worker runs all of a module, and early."""
WHOLE_STACK = "e2e"
"""All others in here share one stack: one worker runs them, and begins with them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For `--dist loadgroup --no-loadscope-reorder`: who shares a stack runs on one worker, the longest first."""
    if not getattr(config.option, "loadgroup", False):
        return
    groups = [_group_of(item.path.relative_to(TESTS).as_posix()) for item in items]
    for item, group in zip(items, groups, strict=True):
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))
    turns = [WHOLE_STACK, *OWN_STACK, None]
    in_turn = sorted(zip(items, groups, strict=True), key=lambda each: turns.index(each[1]))
    items[:] = [item for item, _ in in_turn]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Ungrouped, every worker starts a stack of each kind for itself, and nothing tells but the time that takes."""
    if getattr(session.config.option, "loadgroup", False):
        lost = [
            item.nodeid for item in session.items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid
        ]
        if lost:
            raise pytest.UsageError(f"pytest-xdist does not group tests with this pytest: {lost[0]}")


def _group_of(path: str) -> str | None:
    if path in OWN_STACK:
        return path
    return WHOLE_STACK if path.startswith(f"{WHOLE_STACK}/") else None


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
