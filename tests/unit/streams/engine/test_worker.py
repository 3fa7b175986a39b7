"""When a worker is ready, and when it should be ended and started again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.engine.loop import Engine
from streams.engine.worker import STALLED_SECONDS, _live, _ready

DEADLINE_SECONDS = 60.0


def engine(*, opening: float = 0.0, idle: float = 0.0, stalled: float = 0.0, begun: bool = True) -> Engine:
    """What probes ask of an engine, which otherwise needs a broker."""
    parts: Any = SimpleNamespace(
        lanes=SimpleNamespace(opening_seconds=opening, lag=lambda: {0: 3, 1: 4}, partitions=(0, 1), begun=begun),
        meter=SimpleNamespace(seconds_since_progress=idle),
        stall=SimpleNamespace(seconds=stalled),
    )
    return cast("Engine", parts)


def test_a_worker_is_ready_once_its_partitions_are_restored() -> None:
    assert not _ready(engine(begun=False)).ready
    found = _ready(engine())
    assert found.ready
    assert found.checks == {"partitions": "0,1", "lag_records": "7"}


@pytest.mark.parametrize(
    ("found", "alive"),
    [
        (engine(), True),
        (engine(opening=DEADLINE_SECONDS, idle=STALLED_SECONDS, stalled=STALLED_SECONDS), True),
        (engine(opening=DEADLINE_SECONDS + 1), False),
        (engine(idle=STALLED_SECONDS + 1), False),
        (engine(stalled=STALLED_SECONDS + 1), False),
    ],
)
def test_a_worker_that_restores_too_long_or_gets_nothing_done_is_not_alive(found: Engine, *, alive: bool) -> None:
    assert _live(found, DEADLINE_SECONDS).ready is alive
