"""Finds the processes of a stack by the marker in their environment, and ends them.

Whatever does not carry the marker, or serve the stack's own data folder, is never touched.
"""

import os
import time
from collections.abc import Iterable, Sequence
from signal import SIGKILL

import psutil

from deploy.local import postgres
from deploy.local.stack import COMPONENT_VARIABLE, MARKER_VARIABLE, Stack

KILL_SECONDS = 5
POLL_SECONDS = 0.05


def of_stack(stack: Stack) -> dict[str, list[psutil.Process]]:
    """Living processes by component; the supervisor's own name is `supervisor`."""
    found: dict[str, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        component = belongs_to(process, stack)
        if component is not None and process.pid != os.getpid():
            found.setdefault(component, []).append(process)
    return found


def belongs_to(process: psutil.Process, stack: Stack) -> str | None:
    """The component a process is part of; None where it is not ours."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        environ = process.environ()
    except psutil.Error:
        return None
    if environ.get(MARKER_VARIABLE) == str(stack.directory):
        return environ.get(COMPONENT_VARIABLE)
    return "postgres" if postgres.serves(process, postgres.data_directory(stack)) else None


def end(processes: Sequence[psutil.Process], signal: int, grace_seconds: float) -> None:
    """Signal, wait, then kill what remains. A process that is already gone is a success."""
    _signal(processes, signal)
    remaining = _wait(processes, grace_seconds)
    _signal(remaining, SIGKILL)
    _wait(remaining, KILL_SECONDS)


def _wait(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that still live when the time is up. A zombie is dead: init may take its time to bury it."""
    deadline = time.monotonic() + seconds
    living = [process for process in processes if _lives(process)]
    while living and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        living = [process for process in living if _lives(process)]
    return living


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(processes: Iterable[psutil.Process], signal: int) -> None:
    for process in processes:
        try:
            process.send_signal(signal)
        except psutil.NoSuchProcess:
            continue
