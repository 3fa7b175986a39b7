"""What runs for a generation that is being built: a process a stage, with the settings of this one.

Free of I/O. A stage is named by its command; sinks are other packages' and only their command is known here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from topology.generations import shadow_stages
from topology.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process: what it is called, how it is started, and where it says what happens."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path


def programs(generation: int, environment: Mapping[str, str], folder: Path) -> tuple[Program, ...]:
    """A program a stage; what they keep lies below `folder`, each by itself."""
    return tuple(_program(stage, generation, environment, folder) for stage in shadow_stages())


def _program(stage: Stage, generation: int, environment: Mapping[str, str], folder: Path) -> Program:
    own = {
        "GENERATION": str(generation),
        "STATE_DIR": str(folder / stage.name),
        "INSTANCE_ID": "",  # a name belongs to one process, and this one's is taken
        "METRICS_PORT": "0",
    }
    return Program(
        name=stage.name,
        command=(sys.executable, "-m", *stage.command.split(), *(("--shadow",) if stage.writes_to else ())),
        environment={**environment, **own},
        log=folder / f"{stage.name}.log",
    )
