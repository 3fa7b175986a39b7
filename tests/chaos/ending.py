"""Ends one component of a stack, and returns once nobody holds it for running any more.

Starts nothing again: whoever ended it does.
"""

from __future__ import annotations

import time

from chaos.faults import Unhurt
from deploy.local import processes
from deploy.local.stack import Stack
from deploy.local.supervision import Supervisor

STOP_SECONDS = 60.0


def end(stack: Stack, supervisor: Supervisor, victim: str) -> None:
    """Wait for the supervisor too: a start that reaches it before it has noticed the end does nothing.

    Raises Unhurt where the component outlives STOP_SECONDS.
    """
    supervised = supervisor.alive()
    if supervised:
        supervisor.stop(victim)
    deadline = time.monotonic() + STOP_SECONDS
    while processes.of_stack(stack).get(victim) or (supervised and supervisor.processes()[victim].pid):
        if time.monotonic() > deadline:
            raise Unhurt(f"{victim} did not end within {STOP_SECONDS:.0f} s")
        time.sleep(0.1)
