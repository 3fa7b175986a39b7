"""A run on disk, so that an interrupted one goes on: what it is to do, what was acknowledged, which rounds are over.

Reads and writes the folder of one run; knows nothing of the stack.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from chaos.faults import Fault
from chaos.found import Acknowledged
from chaos.planning import Plan
from chaos.report import Round

VERDICT = "verdict.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One run. `name` is that of its tenants."""

    folder: Path
    name: str
    plan: Plan
    stack: Path
    """The state directory of the stack it hurts."""

    @property
    def owns_stack(self) -> bool:
        return self.stack.is_relative_to(self.folder)

    @property
    def input(self) -> Path:
        return self.folder / "input.jsonl"

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Keep every other driver off this run; whether that could be done."""
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def acknowledged(self) -> list[Acknowledged]:
        return read_log(self.input) if self.input.exists() else []

    def rounds(self) -> list[Round]:
        lines = _lines(self.folder / "rounds.jsonl")
        return [Round(**(line | {"fault": Fault(**line["fault"])})) for line in lines]

    def note(self, made: Round) -> None:
        with (self.folder / "rounds.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(made)) + "\n")


def begin(results: Path, plan: Plan, stack: Path | None) -> Journal:
    """A new run; without a stack it gets one of its own, in its folder."""
    name = uuid4().hex[:6]
    folder = (results / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-seed{plan.seed}-{name}").resolve()
    folder.mkdir(parents=True)
    made = Journal(folder=folder, name=name, plan=plan, stack=stack or folder / "stack")
    told = {"name": name, "plan": asdict(plan), "stack": str(made.stack)}
    (folder / "plan.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    return made


def load(folder: Path) -> Journal:
    told = json.loads((folder / "plan.json").read_text("utf-8"))
    faults = tuple(Fault(**each) for each in told["plan"]["faults"])
    plan = Plan(**(told["plan"] | {"faults": faults}))
    return Journal(folder=folder.resolve(), name=told["name"], plan=plan, stack=Path(told["stack"]))


def unfinished(results: Path, plan: Plan, stack: Path | None) -> Journal | None:
    """The latest run of the same plan, on the same stack, that has no verdict yet."""
    for file in sorted(results.glob("*/plan.json"), reverse=True):
        found = load(file.parent)
        same_stack = found.owns_stack if stack is None else found.stack == stack
        if found.plan == plan and same_stack and not (file.parent / VERDICT).exists():
            with found.held() as free:
                if free:
                    return found
    return None


def read_log(file: Path) -> list[Acknowledged]:
    """The acknowledged input as a run kept it."""
    return [Acknowledged(**(line | {"place": tuple(line["place"])})) for line in _lines(file)]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """What was written in full: the last line of a run that was killed may not be."""
    if file.exists():
        yield from (json.loads(line) for line in file.read_text("utf-8").splitlines(keepends=True) if line[-1] == "\n")
