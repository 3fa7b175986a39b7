"""Watches a sink from outside: how many rows are there, and what CPU it and PostgreSQL have spent.

Every contender is a process, and measured alike, on the second half of the records: a virtual machine is warm by then.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import STDOUT, Popen, TimeoutExpired
from typing import Final, TypeAlias

import psutil
import psycopg

LONGEST_SECONDS: Final = 300.0
LOOK_SECONDS: Final = 0.25
"""Between looks at the number of rows, each of which reads the table."""
GRACE_SECONDS: Final = 20.0


class ContenderFailed(Exception):
    """It ended, or did not end its work; the message holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """At a moment: rows there, and seconds of CPU until then."""

    at: float
    rows: int
    client: float
    server: float


Stretch: TypeAlias = tuple[Spent, Spent]


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path, folder: Path) -> Iterator[psutil.Process]:
    """The contender as a process; stopped at the end, and killed where it does not."""
    with log.open("wb") as output, Popen(command, env=environment, cwd=folder, stdout=output, stderr=STDOUT) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            try:
                process.wait(GRACE_SECONDS)
            except TimeoutExpired:
                process.kill()


def second_half(client: psutil.Process, postmaster: psutil.Process, url: str, records: int, log: Path) -> Stretch:
    """From the first look that finds half of the rows to the first that finds all. Raises ContenderFailed."""
    with psycopg.connect(url, autocommit=True) as connection:
        own = connection.info.backend_pid
        half: Spent | None = None
        deadline = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < deadline and client.is_running() and client.status() != psutil.STATUS_ZOMBIE:
            ((rows,),) = connection.execute("SELECT count(*) FROM messages").fetchall()
            if half is None and rows >= records // 2:
                half = _spent(rows, client, postmaster, own)
            if half is not None and rows >= records:
                return half, _spent(rows, client, postmaster, own)
            time.sleep(LOOK_SECONDS)
    raise ContenderFailed(log.read_text("utf-8", errors="replace")[-6_000:])


def _spent(rows: int, client: psutil.Process, postmaster: psutil.Process, watcher: int) -> Spent:
    """The watcher's own backend left out."""
    server = cpu_seconds(postmaster) - cpu_seconds(psutil.Process(watcher))
    return Spent(at=time.perf_counter(), rows=rows, client=cpu_seconds(client), server=server)


def cpu_seconds(process: psutil.Process) -> float:
    """Of a process and its children, those that have ended included."""
    total = _own(process)
    for child in process.children(recursive=True):
        try:
            total += _own(child)
        except psutil.NoSuchProcess:
            continue
    return total


def _own(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system
