"""What a stack looks like from outside: states, memory, logs.

Reads only; a stack that is down shows as such.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import SEEK_END
from pathlib import Path

import psutil
from rich.table import Table

from deploy.local.become import starts
from deploy.local.components import Service, belongs, services
from deploy.local.readiness import is_ready
from deploy.local.stack import Stack
from deploy.local.supervision import Process, Supervisor

STOPPED = Process(state="STOPPED", pid=0, uptime_seconds=0, detail="")
POLL_SECONDS = 0.3
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One component as shown. `up`: it runs and answers."""

    name: str
    state: str
    up: bool
    pid: int
    uptime_seconds: int
    restarts: int
    ports: tuple[int, ...]
    resident_megabytes: float


def rows(stack: Stack) -> list[Row]:
    supervisor = Supervisor(stack)
    known = supervisor.processes() if supervisor.alive() else {}
    shown = (service for service in services(stack.brokers) if belongs(service, stack))
    return [_row(service, known.get(service.name, STOPPED), stack) for service in shown]


def _row(service: Service, process: Process, stack: Stack) -> Row:
    running = process.state == "RUNNING"
    answers = running and is_ready(service.probe, stack)
    return Row(
        name=service.name,
        state="ready" if answers else "not ready" if running else process.state.lower(),
        up=answers,
        pid=process.pid,
        uptime_seconds=process.uptime_seconds,
        restarts=_restarts(stack, service.name),
        ports=tuple(stack.ports[port] for port in service.ports),
        resident_megabytes=_resident(process.pid),
    )


def _restarts(stack: Stack, name: str) -> int:
    file = starts(stack, name)
    return max(0, len(file.read_text().splitlines()) - 1) if file.exists() else 0


def _resident(pid: int) -> float:
    """Of the process and its children; shared pages count once for each."""
    try:
        process = psutil.Process(pid) if pid else None
        family = [process, *process.children(recursive=True)] if process else []
        return sum(member.memory_info().rss for member in family) / MEGABYTE
    except psutil.NoSuchProcess:
        return 0.0


def table(rows: Sequence[Row]) -> Table:
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("component", "state"):
        shown.add_column(column)
    for column in ("pid", "uptime", "restarts", "port", "RSS"):
        shown.add_column(column, justify="right")
    for row in rows:
        shown.add_row(
            row.name,
            f"[{'green' if row.up else 'red'}]{row.state}[/]",
            str(row.pid or "-"),
            _duration(row.uptime_seconds) if row.pid else "-",
            str(row.restarts),
            str(row.ports[0]),
            f"{row.resident_megabytes:.0f} MB" if row.pid else "-",
        )
    return shown


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def log_lines(stack: Stack, names: Sequence[str], lines: int, *, follow: bool) -> Iterator[tuple[str, str]]:
    """(component, line), the last `lines` of each log, then what is appended, for ever, if `follow`."""
    ends = {}
    for name in names:
        text, ends[name] = _tail(stack.log(name), lines)
        yield from ((name, line) for line in text)
    while follow:
        for name in names:
            text, ends[name] = _since(stack.log(name), ends[name])
            yield from ((name, line) for line in text)
        time.sleep(POLL_SECONDS)


def _tail(log: Path, lines: int) -> tuple[list[str], int]:
    if not log.exists():
        return [], 0
    content = log.read_bytes()
    return content.decode(errors="replace").splitlines()[-lines:], len(content)


def _since(log: Path, position: int) -> tuple[list[str], int]:
    """Whole lines written after `position`; from the start again where the log was rotated."""
    if not log.exists():
        return [], 0
    with log.open("rb") as file:
        size = file.seek(0, SEEK_END)
        file.seek(position if size >= position else 0)
        content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        return whole.decode(errors="replace").splitlines(), file.tell() - len(content) + len(whole)
