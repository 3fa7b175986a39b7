"""The API as the processes that it is: how they stop, how they are replaced, and what they count together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from api.auth import generate_key, key_hmac
from api.readers.keys import KeyDesk
from support.api_fakes import SECRET
from support.infrastructure import PROJECT, Infrastructure

pytestmark = pytest.mark.integration

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
def serving(environment: dict[str, str], folder: Path, workers: int) -> Iterator[Serving]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    key = generate_key()
    KeyDesk(environment["DATABASE_URL"]).put(
        tenant_id="acme", name="w", digest=key_hmac(SECRET.encode(), key), scopes=["all"], rate_limited=True, days=None
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


@pytest.fixture(scope="module")
def environment(
    infrastructure: Infrastructure, database_url: str, api_topics: None, api_schemas: None
) -> dict[str, str]:
    own = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET, "PARTITIONS": "4"}
    return {**infrastructure.environment, **own}


def test_two_workers_are_replaced_reloaded_counted_and_drained(environment: dict[str, str], tmp_path: Path) -> None:
    with serving(environment, tmp_path, workers=2) as api, ThreadPoolExecutor() as beside:
        first = api.until_workers(set(), 2)
        killed, hung = sorted(first)
        os.kill(killed, signal.SIGKILL)
        assert [api.status() for _ in range(10)] == [200] * 10, "the other one answers"
        second = api.until_workers({killed}, 2)
        os.kill(hung, signal.SIGSTOP)
        third = api.until_workers(first, 2)

        waiting = beside.submit(api.get, "/v1/events/nothing?wait_seconds=4")
        time.sleep(0.5)
        os.kill(api.process.pid, signal.SIGHUP)
        fourth = api.until_workers(first | third, 2)
        assert waiting.result().status_code == 404, "a reload lets requests finish"
        assert second != third != fourth

        counted = sum(_samples(api.get("/metrics").text, "api_requests_total", 'endpoint="/health/live"'))
        assert counted >= 10, "of workers that are gone too"

        waiting = beside.submit(api.get, "/v1/events/nothing?wait_seconds=3")
        time.sleep(0.5)
        api.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert api.status("/health/ready") == 503, "not ready at once"
        assert api.status("/v1/version") == 200, "and still answering"
        assert waiting.result().status_code == 404, "what was under way is answered"
        assert api.process.wait(30) == 0
        lines = [json.loads(line) for line in api.log.read_text("utf-8").splitlines()]
    assert {line["stage"] for line in lines} == {"api"}
    assert not any("nothing?wait" in str(line) for line in lines), "no path in the log"


def test_one_process_drains_likewise(environment: dict[str, str], tmp_path: Path) -> None:
    with serving(environment, tmp_path, workers=1) as api, ThreadPoolExecutor() as beside:
        waiting = beside.submit(api.get, "/v1/events/nothing?wait_seconds=3")
        time.sleep(0.5)
        api.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert api.status("/health/ready") == 503
        assert waiting.result().status_code == 404
        api.process.wait(30)
    assert api.process.returncode in {0, -signal.SIGTERM}


def _samples(text: str, name: str, label: str) -> list[float]:
    return [float(line.split()[-1]) for line in text.splitlines() if line.startswith(name) and label in line]
