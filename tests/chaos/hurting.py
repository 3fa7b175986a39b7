"""Does what `chaos.faults` names, to a running stack, by signals, SQL, and the stack's own commands.

Ends nothing but processes of that stack.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import redis

from chaos.faults import Fault
from deploy.local import processes
from deploy.local import stack as stacks
from deploy.local.components import SERVICES
from deploy.local.stack import COMPONENT_VARIABLE, MARKER_VARIABLE
from deploy.local.supervision import Supervisor
from support.infrastructure import PROJECT
from support.stack import Stack

FROZEN_SECONDS = 10.0
"""Beyond the session of six seconds that the embedded stack's members have."""
STOP_SECONDS = 40.0
SPARE_SECONDS = 15.0


class Unhurt(Exception):
    """The fault could not be done: the round says nothing."""


class Surgeon:
    """Hurts one stack."""

    def __init__(self, stack: Stack, logs: Path) -> None:
        self._outside = stack
        self._logs = logs
        found = stacks.load(stack.state_dir, stacks.cache_directory(os.environ))
        if found is None:
            raise LookupError(f"no stack in {stack.state_dir}")
        self._stack = found
        self._supervisor = Supervisor(found)

    def hurt(self, fault: Fault) -> None:
        """Returns once the fault is over; what it broke is mended by the system alone. Raises Unhurt."""
        victim = fault.victim
        match fault.kind:
            case "kill":
                self._signal(victim, signal.SIGKILL)
            case "term":
                self._signal(victim, signal.SIGTERM)
            case "restart":
                self._restart(victim)
            case "freeze":
                self._freeze(victim)
            case "zombie":
                with self._spare(victim):
                    self._freeze(victim)
            case "join":
                with self._spare(victim):
                    pass
            case "wipe":
                self._wipe(victim)
            case _:
                self._empty(fault)

    def _empty(self, fault: Fault) -> None:
        environment = self._outside.environment
        if fault.kind == "flush":
            with redis.Redis.from_url(environment["REDIS_URL"]) as client:
                client.flushall()
        elif fault.kind == "disconnect":
            query = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            with psycopg.connect(environment["DATABASE_URL"]) as connection:
                connection.execute(query + b" AND datname = current_database()")
        else:
            raise LookupError(fault.kind)

    def _signal(self, victim: str, number: signal.Signals) -> None:
        found = self._processes(victim)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _processes(self, victim: str) -> list[psutil.Process]:
        found = processes.of_stack(self._stack).get(victim, [])
        if not found:
            raise Unhurt(f"{victim} does not run")
        return found

    def _restart(self, victim: str) -> None:
        done = self._outside.command("restart", victim)
        if done.returncode:
            raise Unhurt(done.stdout + done.stderr)

    def _freeze(self, victim: str) -> None:
        """The same processes are woken that were frozen: what was started since is another matter."""
        found = self._processes(victim)
        for number, pause in ((signal.SIGSTOP, FROZEN_SECONDS), (signal.SIGCONT, 0.0)):
            for process in found:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            time.sleep(pause)

    def _wipe(self, victim: str) -> None:
        self._signal(victim, signal.SIGKILL)
        self._supervisor.stop(victim)
        while processes.of_stack(self._stack).get(victim):
            time.sleep(0.1)
        shutil.rmtree(self._stack.data(victim))
        self._supervisor.start(victim)

    @contextmanager
    def _spare(self, victim: str) -> Iterator[None]:
        """A second worker of the victim's group, which ends in order. Raises Unhurt where it does not."""
        name = f"spare-{victim}"
        launch = SERVICES[victim].launch(self._stack)
        own = {
            "STATE_DIR": str(self._stack.data(name)),
            "METRICS_PORT": "0",
            MARKER_VARIABLE: str(self._stack.directory),
            COMPONENT_VARIABLE: name,
        }
        with (self._logs / f"{name}.log").open("ab") as output:
            worker = subprocess.Popen(
                launch.argv,
                env={**os.environ, **launch.environment, **own},
                cwd=PROJECT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            time.sleep(SPARE_SECONDS)
            if worker.poll() is not None:
                raise Unhurt(f"the second worker ended with {worker.returncode}: see {name}.log")
            yield
        finally:
            _end(worker)


def _end(worker: subprocess.Popen[bytes]) -> None:
    """SIGTERM; one that does not obey within the grace period of a deployment is killed, and that is told."""
    worker.terminate()
    try:
        worker.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
        raise Unhurt(f"the second worker did not end within {STOP_SECONDS:.0f} s of SIGTERM") from None
