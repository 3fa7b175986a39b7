"""`python -m deploy.local.become COMPONENT`: what the supervisor runs to begin a component.

Prepares what the component needs, ends what a killed predecessor left, and replaces itself by the component.
"""

import os
import resource
import signal
import sys
import time
from pathlib import Path

from deploy.local import processes
from deploy.local.components import SERVICES
from deploy.local.environment import inherited
from deploy.local.launch import Account, Launch
from deploy.local.stack import (
    COMPONENT_VARIABLE,
    MARKER_VARIABLE,
    Stack,
    cache_directory,
    load,
    state_directory,
)

OPEN_FILES = 65_536  # RocksDB and Kafka keep a file open a segment
LEFTOVER_SECONDS = 10


def main(name: str) -> None:
    stack = load(state_directory(os.environ), cache_directory(os.environ))
    if stack is None:
        raise SystemExit("there is no stack here: `python -m deploy.local up` makes one")
    service = SERVICES[name]
    leftovers = processes.of_stack(stack).get(name, [])
    processes.end(leftovers, getattr(signal, f"SIG{service.stop_signal}"), LEFTOVER_SECONDS)
    launch = service.launch(stack)
    note_start(stack, name)
    become(launch, stack, name)


def starts(stack: Stack, name: str) -> Path:
    """One line a start since the component was last begun by hand; all but the first are restarts."""
    return stack.run / f"{name}.starts"


def note_start(stack: Stack, name: str) -> None:
    with starts(stack, name).open("a") as file:
        file.write(f"{time.time():.0f} {os.getpid()}\n")


def become(launch: Launch, stack: Stack, name: str) -> None:
    """Never returns: this process is the component from here on."""
    environ = environment(launch, stack, name)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    os.chdir(launch.folder)
    if launch.account is not None:
        _give_up_root(launch.account)
    os.execve(launch.argv[0], launch.argv, environ)  # noqa: S606 - no shell is the point


def environment(launch: Launch, stack: Stack, name: str) -> dict[str, str]:
    marker = {MARKER_VARIABLE: str(stack.directory), COMPONENT_VARIABLE: name}
    return inherited(os.environ, everything=launch.inherits) | dict(launch.environment) | marker


def _give_up_root(account: Account) -> None:
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)


if __name__ == "__main__":
    main(sys.argv[1])
