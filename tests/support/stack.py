"""The whole embedded stack as the end-to-end tests see it: from outside, over HTTP, SQL, Kafka and signals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.rows import TupleRow

from deploy.local import stack as stacks
from deploy.local.supervision import Supervisor
from schemas.codec import Codec
from schemas.registry import RegistrySchemaIds
from support.infrastructure import PROJECT, read_environment
from support.infrastructure import stack as run_stack

DRAIN_SECONDS = 120.0
COMEBACK_SECONDS = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running stack."""

    state_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    """What its processes are told beside what they need to work together, whenever it is started."""

    @contextmanager
    def codec(self) -> Iterator[Codec]:
        """A codec over the stack's registry."""
        ids = RegistrySchemaIds(self.environment["SCHEMA_REGISTRY_URL"])
        yield Codec(ids)
        ids.close()

    @property
    def environment(self) -> Mapping[str, str]:
        return read_environment(self.state_dir / "stack.env")

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`python -m deploy.local ...` with its output captured; the caller looks at the return code."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.local", *words],
            cwd=PROJECT,
            env={**os.environ, **self.settings, "ALLUVIUM_STATE_DIR": str(self.state_dir)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def new_key(self, tenant: str) -> str:
        """A key to a tenant, with every scope and no rate limit."""
        words = ("keys", "create", "--tenant", tenant, "--name", "test", "--scopes", "all", "--no-rate-limit")
        made = subprocess.run(
            [sys.executable, "-m", "api", *words],
            cwd=PROJECT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return made.stdout.strip()

    def call(self, method: str, path: str, payload: Any = None, key: str | None = None) -> httpx.Response:
        """One request, with the local key unless another is given, tried again while the API is started again."""
        deadline = time.monotonic() + COMEBACK_SECONDS
        headers = {"Authorization": f"Bearer {key or self.environment['API_KEY']}"}
        while True:
            try:
                answer = httpx.request(
                    method, self.environment["API_URL"] + path, json=payload, headers=headers, timeout=60
                )
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            else:
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                    return answer
            time.sleep(0.5)

    def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Wait until every accepted event is queryable, and has its vector where a model serves."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.call("GET", "/v1/lag")
            told = answer.json() if answer.is_success else {"pending": None}
            if told["pending"] == 0 and not told.get("semantic_pending"):
                return
            assert time.monotonic() < deadline, f"still pending: {answer.text}"
            time.sleep(0.2)

    def rows(self, query: str, *parameters: object) -> Sequence[TupleRow]:
        """What PostgreSQL answers, tried again while it is being started again."""
        deadline = time.monotonic() + COMEBACK_SECONDS
        while True:
            try:
                with psycopg.connect(self.environment["DATABASE_URL"], connect_timeout=5) as connection:
                    return connection.execute(query.encode(), parameters).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def count(self, query: str, *parameters: object) -> int:
        return int(self.rows(query, *parameters)[0][0])

    @contextmanager
    def without(self, component: str) -> Iterator[None]:
        """The component stopped in order; started again at the end, and awaited."""
        found = stacks.load(self.state_dir, stacks.cache_directory(os.environ))
        assert found is not None
        supervisor = Supervisor(found)
        supervisor.stop(component)
        try:
            while self.processes().get(component):
                time.sleep(0.1)
            yield
        finally:
            begun = self.command("restart", component)  # which waits until it is ready
        assert begun.returncode == 0, begun.stdout + begun.stderr

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Living processes of this stack, by component."""
        found: dict[str, list[psutil.Process]] = {}
        for process in psutil.process_iter():
            try:
                environ = process.environ() if process.status() != psutil.STATUS_ZOMBIE else {}
            except psutil.Error:
                continue
            if environ.get("ALLUVIUM_STACK") == str(self.state_dir):
                found.setdefault(environ.get("ALLUVIUM_COMPONENT", "?"), []).append(process)
        return found


@contextmanager
def whole_stack(settings: Mapping[str, str] = MappingProxyType({}), *, semantic: bool = False) -> Iterator[Stack]:
    """A whole stack of its own, up; stopped and removed at the end. `ALLUVIUM_TEST_STACK` names one to use as it
    is, with a model or without."""
    if given := os.environ.get("ALLUVIUM_TEST_STACK"):
        yield Stack(state_dir=Path(given).resolve())
        return
    with tempfile.TemporaryDirectory(prefix="alluvium-e2e-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's account must be able to enter it
        stack = Stack(state_dir=Path(folder).resolve() / "stack", settings=settings)
        try:
            run_stack(stack.state_dir, "up", *(["--semantic"] if semantic else []), settings=settings)
            yield stack
        finally:
            run_stack(stack.state_dir, "down", "--wipe")


def conversation_file(folder: Path, name: str, messages: int) -> Path:
    """A conversation of two, in the form that `feed` reads, with a fact, a preference and small talk in turn."""
    said = (
        "I live in {city}.",
        "I really like {thing}.",
        "The weather was fine, and nothing much happened.",
        "My sister {person} called me.",
    )
    words = {"city": ("Lisbon", "Porto", "Braga"), "thing": ("chess", "hiking", "jazz"), "person": ("Anna", "Rita")}
    lines = []
    for number in range(messages):
        chosen = {slot: options[number // 4 % len(options)] for slot, options in words.items()}
        lines.append(
            {
                "message_id": f"{name}.{number}",
                "conversation_id": name,
                "speaker": "Ines" if number % 2 else "Joao",
                "speaker_id": f"{name}.ines" if number % 2 else f"{name}.joao",
                "occurred_at": f"2026-03-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00Z",
                "text": said[number // 2 % len(said)].format(**chosen),
            }
        )
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path
