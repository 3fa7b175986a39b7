"""The sealer as a process: it seals what comes, says how it is, ends when told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from random import Random

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from deploy.local.ports import choose
from support import sealed
from support.infrastructure import PROJECT
from support.sealed import Connection, Speech

pytestmark = pytest.mark.integration

TENANT = "process"


def sealer(url: str, *arguments: str, port: int = 0) -> subprocess.Popen[str]:
    environment = {**os.environ, "DATABASE_URL": url, "METRICS_PORT": str(port)}
    command = [sys.executable, "-m", "sinks", "seal", *arguments]
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True)


def until(found: Callable[[], bool]) -> None:
    for attempt in Retrying(retry=retry_if_result(lambda so: not so), wait=wait_fixed(0.1), stop=stop_after_delay(60)):
        with attempt:
            so = found()
        if attempt.retry_state.outcome and not attempt.retry_state.outcome.failed:
            attempt.retry_state.set_result(so)


def test_it_seals_what_comes_and_rebuilds(sealing_url: str, connection: Connection) -> None:
    def unsealed() -> int:
        (found,) = connection.execute(
            "SELECT count(*) FROM search_tail WHERE tenant_id = %s", (TENANT,)
        ).fetchone() or (0,)
        return int(found)

    (port,) = choose(["sealer"], {}).values()
    speech = Speech(random=Random(8))
    first = sealer(sealing_url, "--watch", port=port)
    sealed.add(connection, TENANT, speech.several(1_000))
    until(lambda: unsealed() == 0)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5) as answer:
        assert json.load(answer)["status"] == "ok"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert 'alluvium_sealer_messages_total{kind="sealed"} 1000.0' in answer.read().decode()
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=30)
    assert first.returncode == 0

    sealed.add(connection, TENANT, speech.several(1_001))
    told = sealer(sealing_url, "--tenant", TENANT, "--rebuild").communicate(timeout=60)[0]
    assert "1 of 1 blocks" in told
    assert [f"{what} messages" in told for what in ("rewritten 1000", "found 0", "sealed 1001")] == [True] * 3
