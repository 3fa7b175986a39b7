"""The API as the processes that it is: how they stop, how they are replaced, and what they count together."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.infrastructure import Infrastructure
from support.serving import environment_of, serving

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def environment(
    infrastructure: Infrastructure, database_url: str, api_topics: None, api_schemas: None
) -> dict[str, str]:
    return environment_of(infrastructure, database_url)


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
