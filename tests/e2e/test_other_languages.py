"""A producer in another language, with its own Kafka client and Avro library, is remembered like ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NODE = Path(__file__).parent / "node"


@pytest.mark.skipif(shutil.which("npm") is None, reason="Node is not installed")
def test_a_record_from_node_is_remembered(stack: Stack, tmp_path: Path) -> None:
    shutil.copytree(NODE, tmp_path / "node", ignore=shutil.ignore_patterns("node_modules"))
    run(["npm", "ci", "--no-audit", "--no-fund"], tmp_path / "node", {})
    produced = run(["node", "producer.mjs"], tmp_path / "node", dict(stack.environment))
    positions = json.loads(produced.strip().splitlines()[-1])
    assert positions
    stack.drain()
    touched: set[str] = set()
    for position in positions:
        answer = stack.call("GET", f"/v1/events/{position['event_id']}?wait_seconds=30").json()
        assert (answer["status"], answer["queryable"]) == ("stored", True)
        touched.update(answer["item_ids"])
    assert touched, "nothing of it was remembered"


def run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
