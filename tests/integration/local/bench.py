"""A stack of the tests' own, worked by its commands as a person would, beside whatever else runs on the machine."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local import processes, readiness
from deploy.local import stack as stacks
from deploy.local.components import SERVICES
from deploy.local.supervision import Supervisor

COMMAND_SECONDS = 280
RECOVERY_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Bench:
    """One stack, worked by its commands only."""

    directory: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m deploy.local ...`, as a person would call it."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", *arguments],
            env=os.environ | {stacks.STATE_VARIABLE: str(self.directory)},
            cwd=stacks.PROJECT,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def do(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def stack(self) -> stacks.Stack:
        found = stacks.load(self.directory, stacks.cache_directory(os.environ))
        assert found is not None
        return found

    def pid(self, name: str) -> int:
        return Supervisor(self.stack).processes()[name].pid

    def alive(self) -> dict[str, list[psutil.Process]]:
        return processes.of_stack(self.stack)

    def kill(self, name: str) -> int:
        """Kill -9; the pid that is gone."""
        pid = self.pid(name)
        psutil.Process(pid).kill()
        return pid

    def kill_supervisor(self) -> None:
        process = psutil.Process(int((self.stack.run / "supervisord.pid").read_text()))
        process.kill()
        psutil.wait_procs([process], timeout=5)

    def wait_for_another(self, name: str, old: int) -> None:
        """Until the component runs under another pid and answers."""
        until(lambda: self.pid(name) not in (0, old) and readiness.is_ready(SERVICES[name].probe, self.stack))

    def wait_until_ready(self, name: str) -> None:
        until(lambda: readiness.is_ready(SERVICES[name].probe, self.stack))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come back"
        time.sleep(0.2)
