"""The API as processes of its own, for tests that look at it from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from api.auth import generate_key, key_hmac
from api.readers.keys import KeyDesk
from support.api_fakes import SECRET
from support.infrastructure import PROJECT, Infrastructure

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A running API."""

    process: subprocess.Popen[bytes]
    url: str
    key: str
    log: Path

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {self.key}"}, timeout=30)

    def workers(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children() if child.status() != "zombie"}

    def status(self, path: str = "/health/live") -> int:
        """0 where nobody answers."""
        try:
            return self.get(path).status_code
        except httpx.TransportError:
            return 0

    def until_workers(self, gone: set[int], count: int) -> set[int]:
        """Wait until `count` others than those serve."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            living = self.workers()
            booted = self.log.read_text("utf-8").count("Application startup complete")
            if not living & gone and len(living) == count and booted >= count + len(gone):
                return living
            assert time.monotonic() < deadline, (living, gone, booted)
            time.sleep(0.1)


@contextmanager
def serving(environment: Mapping[str, str], folder: Path, workers: int) -> Iterator[Serving]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    key = generate_key()
    KeyDesk(environment["DATABASE_URL"]).put(
        tenant_id="acme", name="w", digest=key_hmac(SECRET.encode(), key), scopes=["all"], rate_limited=False, days=None
    )
    mine = {"API_PORT": str(port), "API_HOST": "127.0.0.1", "API_WORKERS": str(workers), "API_HUNG_SECONDS": "3"}
    log = folder / "api.log"
    with log.open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "api"], cwd=PROJECT, env={**os.environ, **environment, **mine}, stderr=told
        )
    found = Serving(process=process, url=f"http://127.0.0.1:{port}", key=key, log=log)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while found.status("/health/ready") != 200:
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline, log.read_text("utf-8")
            time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        process.wait(60)


def environment_of(infrastructure: Infrastructure, database_url: str) -> dict[str, str]:
    """What the API needs to know to serve from a database of a test."""
    urls = {"DATABASE_URL": database_url, "API_DATABASE_URL": infrastructure.service_url(database_url)}
    own = {**urls, "SECRET_KEY": SECRET, "PARTITIONS": "4"}
    return {**infrastructure.environment, **own}
