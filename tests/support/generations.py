"""Whoever types the commands about generations, and what can be seen of them from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from support.infrastructure import PROJECT
from support.stack import Stack
from topology.offsets import Look
from topology.settings import Settings
from topology.stages import REEXTRACT

WAIT_SECONDS = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Whoever types the commands."""

    environment: Mapping[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=PROJECT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )

    def generations(self, *words: str) -> str:
        done = self.run("sinks", "generations", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        done = self.run("sinks", "generations", *words)
        assert done.returncode == 2, done.stdout + done.stderr
        return done.stderr

    @contextmanager
    def replaying(self, rules_file: Path, extractor: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """The shadow being built, and followed until the end of the context."""
        words = ("streams", "replay", "--rules-file", str(rules_file), "--extractor", extractor, "--into", "shadow")
        command = [sys.executable, "-m", *words]
        with subprocess.Popen(command, cwd=PROJECT, env={**self.environment, **settings}) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(90)


def operator_of(stack: Stack, state_dir: Path) -> Operator:
    """One whose commands keep their state there."""
    own = {"STATE_DIR": str(state_dir), "PARTITIONS": "4", "SESSION_TIMEOUT_SECONDS": "6"}
    return Operator(environment={**os.environ, **stack.environment, **own})


def until(condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.2)


def reached(operator: Operator) -> int:
    """How many messages have been read again."""
    wanted = {name.lower(): value for name, value in operator.environment.items()}
    known = {name: wanted[name] for name in ("kafka_bootstrap_servers", "partitions") if name in wanted}
    with Look(Settings.model_validate(known), 2) as look:
        return look.reached(REEXTRACT).done


def slots_of(stack: Stack, user: str) -> dict[str, set[str]]:
    """Values that hold, by slot, as the API lists them."""
    answer = stack.call("GET", f"/v1/users/{user}/items?status=active&limit=100").json()
    found: dict[str, set[str]] = {}
    for item in answer["items"]:
        found.setdefault(item["slot"], set()).add(item["value"])
    return found


def profile_of(stack: Stack, user: str) -> dict[str, Any]:
    answer = stack.call("GET", f"/v1/users/{user}/profile").json()
    return {entry["slot"]: entry["value"] for entry in (*answer["slots"], *answer["top"])}


def children_of(operator: Operator) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("STATE_DIR", "").startswith(
                operator.environment["STATE_DIR"] + "/generation-"
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found
