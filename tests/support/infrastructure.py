"""The embedded infrastructure as the tests use it: real components, fresh topics and databases.

Starts a stack of its own below the system's temporary folder, or uses the one whose state directory
`ALLUVIUM_TEST_STACK` names, which makes a single test quick to repeat.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

PROJECT = Path(__file__).resolve().parents[2]
COMPONENTS = "kafka,registry,postgres,valkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Infrastructure:
    """Where the components listen, as the environment of a process of ours."""

    state_dir: Path
    environment: Mapping[str, str]

    @property
    def kafka(self) -> str:
        return self.environment["KAFKA_BOOTSTRAP_SERVERS"]

    @property
    def registry_url(self) -> str:
        return self.environment["SCHEMA_REGISTRY_URL"]

    @property
    def database_url(self) -> str:
        return self.environment["DATABASE_URL"]

    def service_url(self, url: str) -> str:
        """The same database by the login of the API, which sees one tenant at a time."""
        return self.environment["API_DATABASE_URL"].rsplit("/", 1)[0] + "/" + url.rsplit("/", 1)[1]

    @property
    def redis_url(self) -> str:
        return self.environment["REDIS_URL"]

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """A database of its own, as a URL of the owner's role; dropped at the end."""
        name = f"test_{uuid4().hex[:12]}"
        with psycopg.connect(self.database_url, autocommit=True) as owner:
            owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield self.database_url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            for attempt in Retrying(
                retry=retry_if_exception_type(InsufficientPrivilege), wait=wait_fixed(0.5), stop=stop_after_delay(30)
            ):
                with attempt:
                    self._drop(name)

    def _drop(self, name: str) -> None:
        """Raises InsufficientPrivilege while autovacuum is in the database: only a superuser may end its worker."""
        with psycopg.connect(self.database_url, autocommit=True) as owner:
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def read_environment(file: Path) -> dict[str, str]:
    """The `NAME=value` lines of a stack's environment file."""
    lines = (line.partition("=") for line in file.read_text("utf-8").splitlines() if "=" in line)
    return {name: value for name, _, value in lines}


@contextmanager
def running(components: str = COMPONENTS) -> Iterator[Infrastructure]:
    """The infrastructure, up; a stack that was started here is stopped and removed again."""
    given = os.environ.get("ALLUVIUM_TEST_STACK")
    if given:
        yield _found(Path(given))
        return
    with tempfile.TemporaryDirectory(prefix="alluvium-test-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL's account must be able to enter it
        state_dir = Path(folder) / "stack"
        try:
            stack(state_dir, "up", "--only", components)
            yield _found(state_dir)
        finally:
            stack(state_dir, "down", "--wipe")


def stack(state_dir: Path, *command: str, settings: Mapping[str, str] = MappingProxyType({})) -> None:
    """Run `python -m deploy.local` for the stack in `state_dir`. Raises CalledProcessError; pytest shows the output."""
    subprocess.run(
        [sys.executable, "-m", "deploy.local", *command],
        cwd=PROJECT,
        env={**os.environ, **settings, "ALLUVIUM_STATE_DIR": str(state_dir)},
        check=True,
        timeout=600,
    )


def _found(state_dir: Path) -> Infrastructure:
    return Infrastructure(state_dir=state_dir, environment=read_environment(state_dir / "stack.env"))
