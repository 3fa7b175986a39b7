"""Runs the one-shot commands of a stack.

Each is harmless to repeat, so nothing here remembers which have run.
"""

import os
import subprocess

from deploy.local.become import environment
from deploy.local.components import Task, python
from deploy.local.stack import Stack

LOG_TAIL_LINES = 20


class TaskFailed(Exception):
    """A one-shot command ended with an error; the message carries the end of its log."""


def run(task: Task, stack: Stack) -> None:
    """Run to its end, its output kept in the component's log."""
    launch = python(stack, task.name, task.argv)
    log = stack.log(task.name)
    with log.open("wb") as output:
        done = subprocess.run(
            launch.argv,
            env=environment(launch, stack, task.name),
            cwd=launch.folder,
            input=task.stdin(stack).encode() if task.stdin else b"",
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=task.timeout_seconds,
            check=False,
        )
    if done.returncode:
        raise TaskFailed(f"{task.name} ended with {done.returncode}; {log}:{os.linesep}{tail(stack, task.name)}")


def tail(stack: Stack, component: str, lines: int = LOG_TAIL_LINES) -> str:
    log = stack.log(component)
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""
