"""Runs workers one after the other on one broker, and takes the median of what they tell.

Knows processes and figures, not what the workers do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from support.broker import PARTITIONS
from support.infrastructure import PROJECT

LONGEST_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A worker: its command, how many records it is timed over, and the size of its runs where it has any."""

    name: str
    command: Sequence[str]
    records: int
    run_records: int = 500
    warm_records: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one run of a worker gave."""

    per_second: float
    per_core: float
    """Records a second of CPU time of the worker's process, threads of its libraries included."""
    peak_megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All repetitions of a contender."""

    contender: Contender
    figures: Sequence[Figure]

    @property
    def per_second(self) -> float:
        return median(figure.per_second for figure in self.figures)

    @property
    def per_core(self) -> float:
        return median(figure.per_core for figure in self.figures)

    @property
    def peak_megabytes(self) -> float:
        return median(figure.peak_megabytes for figure in self.figures)

    def told(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "name": self.contender.name,
            "records": self.contender.records,
            "run_records": self.contender.run_records,
            "records_per_second": round(self.per_second),
            "records_per_second_of_cpu": round(self.per_core),
            "peak_megabytes": round(self.peak_megabytes),
            "repetitions": [asdict(figure) for figure in self.figures],
        }


class WorkerFailed(Exception):
    """A worker ended without figures; its log says why."""


def repeated(
    contenders: Sequence[Contender], kafka: str, rounds: int, prepare: Callable[[Contender], None]
) -> list[Result]:
    """Every contender `rounds` times, in turns, so that a busy minute does not meet one of them alone."""
    figures: dict[str, list[Figure]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            prepare(contender)
            figure = run(contender, kafka)
            figures[contender.name].append(figure)
            progress(f"round {number + 1} of {rounds}: {contender.name}", figure)
    return [Result(contender=contender, figures=figures[contender.name]) for contender in contenders]


def progress(what: str, figure: Figure) -> None:
    """Say how far things are, for the person waiting."""
    print(f"  {what}: {figure.per_second:,.0f}/s, {figure.per_core:,.0f}/s a core", file=sys.stderr, flush=True)


def run(contender: Contender, kafka: str) -> Figure:
    """One run, in a state directory and a group of its own. Raises WorkerFailed."""
    with tempfile.TemporaryDirectory(prefix="alluvium-bench-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "worker.log"
        with log.open("wb") as errors:
            done = subprocess.run(
                contender.command,
                cwd=PROJECT,
                env=_environment(contender, kafka, folder),
                stdout=subprocess.PIPE,
                stderr=errors,
                timeout=LONGEST_SECONDS,
                check=False,
            )
        if done.returncode != 0 or not done.stdout:
            raise WorkerFailed(f"{contender.name}: {log.read_text('utf-8', errors='replace')[-4_000:]}")
        return _figure(json.loads(done.stdout.splitlines()[-1]))


def _environment(contender: Contender, kafka: str, folder: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(PROJECT), str(PROJECT / "tests"))),
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "SECRET_KEY": "bench",
        "LOG_LEVEL": "WARNING",
        "STATE_DIR": str(Path(folder) / "state"),
        "PARTITIONS": str(PARTITIONS),
        "RUN_MAX_RECORDS": str(contender.run_records),
        "BENCH_GROUP": f"bench-{uuid4().hex[:8]}",
        "BENCH_RECORDS": str(contender.records),
        "BENCH_WARM_RECORDS": str(contender.warm_records),
    }


def _figure(told: dict[str, float]) -> Figure:
    return Figure(
        per_second=told["records"] / told["seconds"],
        per_core=told["records"] / told["cpu_seconds"],
        peak_megabytes=told["peak_megabytes"],
    )
