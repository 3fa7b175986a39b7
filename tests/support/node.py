"""The Node example as the tests run it: a copy with its dependencies installed, away from the project's folders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "examples" / "node"
FILES = ("package.json", "package-lock.json", "producer.mjs", "events.json")

present = shutil.which("node") is not None and shutil.which("npm") is not None


def install(folder: Path) -> Path:
    """Copy the example to `folder` and install exactly what its lock file names."""
    for name in FILES:
        shutil.copy(EXAMPLE / name, folder / name)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        check=True,
        timeout=300,
    )
    return folder


def produce(
    folder: Path, environment: Mapping[str, str], events: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Send the events (or the example's own) and give where each stands: event_id, topic, partition, offset."""
    arguments = ["node", "producer.mjs"]
    if events is not None:
        (folder / "sent.json").write_text(json.dumps(events), "utf-8")
        arguments.append("sent.json")
    done = subprocess.run(
        arguments, cwd=folder, env={**os.environ, **environment}, check=True, timeout=120, stdout=subprocess.PIPE
    )
    return list(json.loads(done.stdout))
