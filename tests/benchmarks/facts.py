"""What a figure needs to be worth keeping: the machine, the commit, the time; and where figures are kept.

Writes below `.local/bench`, one file a run and a `latest` beside it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from support.infrastructure import PROJECT

FOLDER = PROJECT / ".local" / "bench"


def machine() -> dict[str, Any]:
    """The load tells how much else was going on."""
    return {
        "cores": os.cpu_count(),
        "cpu": _cpu_model(),
        "memory_gigabytes": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "commit": _git("describe", "--always", "--dirty"),
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def keep(name: str, figures: Mapping[str, Any]) -> Path:
    """Write the figures with the facts; returns the file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"benchmark": name, "machine": machine(), **figures}, indent=2) + "\n"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    (FOLDER / f"{name}-latest.json").write_text(text, "utf-8")
    file = FOLDER / f"{name}-{stamp}.json"
    file.write_text(text, "utf-8")
    return file
