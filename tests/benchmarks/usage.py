"""CPU and memory of a running stack, by component."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local import processes
from deploy.local import stack as stacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """CPU seconds so far and resident megabytes now, by component."""

    cpu_seconds: Mapping[str, float]
    megabytes: Mapping[str, float]

    def cores_since(self, earlier: Usage, seconds: float) -> dict[str, float]:
        """Cores kept busy between the two."""
        return {
            name: round(max(0.0, used - earlier.cpu_seconds.get(name, 0.0)) / seconds, 3)
            for name, used in self.cpu_seconds.items()
        }


def of_stack(state_dir: Path) -> Usage:
    """What the stack's living processes have used; what has ended is not counted."""
    stack = stacks.load(state_dir, stacks.cache_directory(os.environ))
    assert stack is not None, f"no stack in {state_dir}"
    cpu, memory = {}, {}
    for name, members in processes.of_stack(stack).items():
        used = [found for process in members if (found := _of(process)) is not None]
        cpu[name] = sum(seconds for seconds, _ in used)
        memory[name] = round(sum(megabytes for _, megabytes in used))
    return Usage(cpu_seconds=cpu, megabytes=memory)


def _of(process: psutil.Process) -> tuple[float, float] | None:
    try:
        times, memory = process.cpu_times(), process.memory_info()
    except psutil.Error:
        return None
    return times.user + times.system, (memory.rss - memory.shared) / 2**20
