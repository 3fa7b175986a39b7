"""A second worker of a component's group, beside the supervised one.

Ends in order; one that a killed driver left behind carries the stack's marker, by which it is found.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from chaos.faults import Unhurt
from deploy.local.components import SERVICES
from deploy.local.stack import COMPONENT_VARIABLE, MARKER_VARIABLE, Stack
from support.infrastructure import PROJECT

PREFIX = "spare-"
READY_SECONDS = 90.0
STOP_SECONDS = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """A worker that runs, and where it tells of itself."""

    name: str
    process: subprocess.Popen[bytes]
    port: int

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=3).is_success
        except httpx.TransportError:
            return False


@contextmanager
def spare(stack: Stack, victim: str, logs: Path, number: int = 1) -> Iterator[Spare]:
    """A worker more, ready. Raises Unhurt where it ends by itself, or does not end when it should."""
    made = begin(stack, victim, logs, number)
    try:
        await_ready(made)
        yield made
    finally:
        end(made)


def begin(stack: Stack, victim: str, logs: Path, number: int = 1) -> Spare:
    name, port = f"{PREFIX}{victim}-{number}", _free_port()
    launch = SERVICES[victim].launch(stack)
    own = {
        "STATE_DIR": str(stack.data(name)),
        "METRICS_PORT": str(port),
        "INSTANCE_ID": name,
        MARKER_VARIABLE: str(stack.directory),
        COMPONENT_VARIABLE: name,
    }
    with (logs / f"{name}.log").open("ab") as output:
        environment = {**os.environ, **launch.environment, **own}
        process = subprocess.Popen(
            launch.argv, env=environment, cwd=PROJECT, stdout=output, stderr=output, start_new_session=True
        )
    return Spare(name=name, process=process, port=port)


def await_ready(made: Spare) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not made.is_ready():
        if made.process.poll() is not None:
            raise Unhurt(f"the second worker ended with {made.process.returncode}: see {made.name}.log")
        if time.monotonic() > deadline:
            raise Unhurt(f"the second worker was not ready within {READY_SECONDS:.0f} s")
        time.sleep(0.2)


def end(made: Spare) -> None:
    """SIGTERM; one that does not obey within the grace period of a deployment is killed, and that is told."""
    made.process.terminate()
    try:
        made.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        made.process.kill()
        made.process.wait()
        raise Unhurt(f"the second worker did not end within {STOP_SECONDS:.0f} s of SIGTERM") from None


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
