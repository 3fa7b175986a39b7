"""Counting workers as processes against a real broker, to be killed, frozen and looked at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from support.broker import PARTITIONS
from support.infrastructure import PROJECT
from topology.topics import TopicName

SESSION_SECONDS = 6
WAIT_SECONDS = 60.0


class Workers:
    """Counting workers as processes, each with a state directory of its own; all count the records of `inputs`."""

    def __init__(self, kafka: str, folder: Path, inputs: Sequence[TopicName] = (TopicName.EVENTS,)) -> None:
        self._kafka = kafka
        self._inputs = inputs
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, **settings: str) -> subprocess.Popen[bytes]:
        """`command`: a module and its arguments, where it is another worker than the counting one."""
        environment = {
            **os.environ,
            "PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'tests'}",
            "KAFKA_BOOTSTRAP_SERVERS": self._kafka,
            "SECRET_KEY": "test",
            "STATE_DIR": str(self.folder / name),
            "PARTITIONS": str(PARTITIONS),
            "RUN_MAX_RECORDS": "100",
            "SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
            **settings,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *(command or ("support.counting_worker", *self._inputs))],
                env=environment,
                stdout=log,
                stderr=log,
            )
        return self.processes[name]

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        process = self.processes.pop(name)
        process.send_signal(number)
        return process.wait(WAIT_SECONDS)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", errors="replace")

    def stop(self) -> None:
        for name in list(self.processes):
            self.kill(name)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS:.0f} s: {what}"
        time.sleep(0.3)
