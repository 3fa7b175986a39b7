"""The stack that is measured: its infrastructure, the service as a process of its own, and what both have used.

Kept below `.local/bench-api` where that is asked for, with a note of what was filled in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks import usage
from deploy.local import postgres
from deploy.local import stack as stacks
from deploy.local.environment import own_process
from support.infrastructure import PROJECT
from support.infrastructure import stack as run_stack
from support.stack import Stack

FOLDER: Final = PROJECT / ".local" / "bench-api"
NOTE: Final = "filled.json"
VERSION: Final = 2
"""Of what is filled in: raised where older fillings are of no use any more."""
READY_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is filled in."""

    messages: int
    of_heavy: int
    semantic: bool
    version: int = VERSION


@contextmanager
def infrastructure(size: Size, *, keep: bool) -> Iterator[tuple[Stack, dict[str, Any]]]:
    """The components up, and what was noted of what is in them: nothing, where it must be filled."""
    stack = Stack(state_dir=FOLDER)
    noted = _noted(size)
    if noted is None:
        run_stack(FOLDER, "down", "--wipe")
    try:
        run_stack(FOLDER, "up", "--only", "postgres,valkey,kafka,topology-apply,api-key")
        yield stack, noted or {}
    finally:
        run_stack(FOLDER, "down", *(() if keep else ("--wipe",)))


def note(size: Size, figures: Mapping[str, Any]) -> None:
    """Write down that this much is filled in, with figures that cannot be taken again."""
    (FOLDER / NOTE).write_text(json.dumps({"size": asdict(size), "figures": figures}), "utf-8")


def _noted(size: Size) -> dict[str, Any] | None:
    file = FOLDER / NOTE
    if not file.exists():
        return None
    found = json.loads(file.read_text("utf-8"))
    return dict(found["figures"]) if found["size"] == asdict(size) else None


@contextmanager
def service(stack: Stack, **settings: str) -> Iterator[psutil.Process]:
    """The service with its bare routes, a worker for each processor, answering at the stack's API_URL."""
    warm(stack, vectors="EMBEDDING_MODEL" in settings)
    found = _loaded(stack)
    workers = {"API_WORKERS": str(os.cpu_count() or 1), "LOG_LEVEL": "WARNING"}
    environment = {**os.environ, **own_process(found, "api"), **workers, **settings}
    environment["PYTHONPATH"] = str(PROJECT / "tests")
    log = (FOLDER / "service.log").open("wb")
    command = [sys.executable, "-m", "benchmarks.service.server"]
    with log, subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log) as process:
        try:
            _await_ready(stack.environment["API_URL"], process, FOLDER / "service.log")
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def _loaded(stack: Stack) -> stacks.Stack:
    found = stacks.load(stack.state_dir, stacks.cache_directory(os.environ))
    assert found is not None, f"no stack in {stack.state_dir}"
    return found


def _await_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the service ended: {log.read_text('utf-8')[-2_000:]}"
        try:
            if httpx.get(f"{url}/health/ready", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"the service is not ready: {log.read_text('utf-8')[-2_000:]}")


def warm(stack: Stack, *, vectors: bool) -> None:
    """Bring the tables into PostgreSQL's memory, where those of a server are that has been up for a while.

    Vectors only where they are asked for: a million fill the memory of a stack like this.
    """
    found = _loaded(stack)
    name = conninfo_to_dict(stack.environment["DATABASE_URL"])["dbname"]
    with psycopg.connect(postgres.url(found, "postgres", str(name))) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_prewarm")
        connection.execute(
            """
            SELECT pg_prewarm(oid) FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
                AND (starts_with(relname, 'search_') OR starts_with(relname, 'messages_') OR relname = 'messages'
                    OR starts_with(relname, 'message_vectors_') AND %s)
                AND relname <> 'messages_search'
            """,
            (vectors,),
        )
        connection.execute("CHECKPOINT")  # else what was filled in is written out while questions are measured


def seal(stack: Stack) -> float | None:
    """Bring what was filled in into blocks, where this release has such; how long it took."""
    began = time.monotonic()
    if _run(stack, "sinks", "seal", "--help", check=False).returncode != 0:
        return None
    _run(stack, "sinks", "seal")
    return round(time.monotonic() - began, 1)


def fill_vectors(stack: Stack) -> None:
    """A synthetic vector for every message, and the index over them."""
    _run(stack, "benchmarks.service.vectors", stack.environment["DATABASE_URL"])


def _run(stack: Stack, *words: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **stack.environment, "PYTHONPATH": str(PROJECT / "tests")}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, check=check, timeout=3_600)


def cpu_seconds(stack: Stack, process: psutil.Process) -> dict[str, float]:
    """What the service and PostgreSQL have used so far."""
    members = [process, *process.children(recursive=True)]
    own = sum(times.user + times.system for times in (member.cpu_times() for member in members))
    return {"service": own, "postgresql": usage.of_stack(stack.state_dir).cpu_seconds.get("postgres", 0.0)}
