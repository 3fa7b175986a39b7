"""Does what `chaos.faults` names, to a running stack, by signals, SQL, mounts and the stack's own commands.

Ends nothing but processes of that stack.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import psutil

from chaos import brokers, databases, disks
from chaos.ending import end
from chaos.faults import AGENTS, LEADER, Fault, Unhurt
from chaos.spares import PREFIX, Spare, spare
from deploy.local import kafka, processes
from deploy.local import stack as stacks
from deploy.local.supervision import Supervisor
from support.stack import Stack

FROZEN_SECONDS = 10.0
"""Beyond the session of six seconds that the embedded stack's members have."""
SHARED_SECONDS = 3.0
"""How long two workers share the work."""
GONE_SECONDS = 15.0


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
        self._deeds: dict[str, Callable[[str], None]] = {
            "kill": lambda victim: self._signal(victim, signal.SIGKILL),
            "term": lambda victim: self._signal(victim, signal.SIGTERM),
            "restart": self._restart,
            "freeze": self._freeze,
            "zombie": self._zombie,
            "join": self._join,
            "roll": self._roll,
            "wipe": self._wipe,
            "full": lambda victim: disks.fill(self._stack, self._supervisor, victim),
            "flush": lambda _: databases.flush_valkey(self._stack),
            "crowd": self._crowd,
            "timeout": lambda _: databases.time_out(self._stack),
            "deadlock": lambda _: databases.dead_lock(self._stack),
            "gone": self._gone,
        }

    @property
    def brokers(self) -> int:
        """How many the stack has."""
        return self._stack.brokers

    def hurt(self, fault: Fault) -> None:
        """Returns once the fault is over; what it broke is mended by the system alone. Raises Unhurt."""
        try:
            self._deeds[fault.kind](brokers.leader(self._stack) if fault.victim == LEADER else fault.victim)
        except databases.UNREACHABLE as error:
            raise Unhurt(f"{fault.victim} could not be reached for it: {error}") from error

    def clean_up(self) -> None:
        """Undo what a driver that was killed amid a fault left: frozen, spare, moved, or with few connections."""
        for name, found in processes.of_stack(self._stack).items():
            for process in found:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL if name.startswith(PREFIX) else signal.SIGCONT)
        if self._supervisor.alive() and processes.of_stack(self._stack).get("valkey"):
            databases.widen(self._stack)
        for victim in (*AGENTS, "postgres"):
            if os.path.ismount(disks.folder_of(self._stack, victim)):
                end(self._stack, self._supervisor, victim)
            if disks.put_back(disks.folder_of(self._stack, victim)) and self._supervisor.alive():
                self._supervisor.start(victim)

    @contextmanager
    def without(self, component: str) -> Iterator[None]:
        """The component stopped in order, and started again in the end."""
        end(self._stack, self._supervisor, component)
        try:
            yield
        finally:
            self._supervisor.start(component)

    def another(self, component: str, number: int) -> AbstractContextManager[Spare]:
        """One more worker of the component's group."""
        return spare(self._stack, component, self._logs, number)

    def _signal(self, victim: str, number: signal.Signals) -> None:
        for process in self._processes(victim):
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

    def _roll(self, _: str) -> None:
        """As a release is brought out: the next one only when the last has caught up."""
        for name in kafka.names(self._stack):
            brokers.await_in_sync(self._stack)
            self._restart(name)

    def _freeze(self, victim: str) -> None:
        """The same processes are woken that were frozen: what was started since is another matter."""
        found = self._processes(victim)
        for number, pause in ((signal.SIGSTOP, FROZEN_SECONDS), (signal.SIGCONT, 0.0)):
            for process in found:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            time.sleep(pause)

    def _zombie(self, victim: str) -> None:
        with spare(self._stack, victim, self._logs):
            self._freeze(victim)

    def _join(self, victim: str) -> None:
        with spare(self._stack, victim, self._logs):
            time.sleep(SHARED_SECONDS)

    def _wipe(self, victim: str) -> None:
        self._signal(victim, signal.SIGKILL)
        end(self._stack, self._supervisor, victim)
        shutil.rmtree(self._stack.data(victim))
        self._supervisor.start(victim)

    def _crowd(self, victim: str) -> None:
        deed = databases.crowd_postgres if victim == "postgres" else databases.crowd_valkey
        deed(self._stack)

    def _gone(self, victim: str) -> None:
        """Agents that know their schemas go on; those that start in the meantime wait, and start in the end."""
        with self.without(victim):
            time.sleep(GONE_SECONDS / 3)
            for agent in AGENTS:
                self._signal(agent, signal.SIGKILL)
            time.sleep(GONE_SECONDS)
