"""Runs the one-shot commands of a stack, and remembers which of them came to a good end.

Each is harmless to repeat: a mark that is missing costs a second, never more.
"""

import os
import subprocess
import time
from pathlib import Path

from deploy.local.become import environment
from deploy.local.components import Task, python
from deploy.local.stack import Stack

LOG_TAIL_LINES = 20
RETRY_SECONDS = 1


class TaskFailed(Exception):
    """A one-shot command ended with an error; the message carries the end of its log."""


def run(task: Task, stack: Stack) -> None:
    """Run to its end, its output kept in the component's log. One that says "come again later" is tried again."""
    deadline = time.monotonic() + task.timeout_seconds
    _mark(task, stack).unlink(missing_ok=True)
    while code := _attempt(task, stack):
        if code != os.EX_TEMPFAIL or time.monotonic() > deadline:
            shown = tail(stack, task.name)
            raise TaskFailed(f"{task.name} ended with {code}; {stack.log(task.name)}:{os.linesep}{shown}")
        time.sleep(RETRY_SECONDS)
    _mark(task, stack).touch()


def is_done(task: Task, stack: Stack) -> bool:
    """Whether its last run came to a good end."""
    return _mark(task, stack).exists()


def _mark(task: Task, stack: Stack) -> Path:
    return stack.run / f"{task.name}.done"


def _attempt(task: Task, stack: Stack) -> int:
    launch = python(stack, task.name, task.argv)
    with stack.log(task.name).open("wb") as output:
        return subprocess.run(
            launch.argv,
            env=environment(launch, stack, task.name),
            cwd=launch.folder,
            input=task.stdin(stack).encode() if task.stdin else b"",
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=task.timeout_seconds,
            check=False,
        ).returncode


def tail(stack: Stack, component: str, lines: int = LOG_TAIL_LINES) -> str:
    log = stack.log(component)
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
