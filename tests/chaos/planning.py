"""What a run is to do. Data; the same plan has the same input and the same faults."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chaos.faults import Fault, plan

Tell = Callable[[str], None]
"""Told what happens, a line each."""


Kind: TypeAlias = Literal["run", "scale", "outage", "control"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much, how fast, and from which seed."""

    rounds: int
    seed: int
    rate: float
    """Events a second."""
    faults: Sequence[Fault] = ()
    """These, in this order; empty: chosen by the seed."""
    kind: Kind = "run"
    brokers: int = 1

    @property
    def chosen(self) -> list[Fault]:
        if self.faults:
            return list(itertools.islice(itertools.cycle(self.faults), self.rounds))
        return plan(self.rounds, self.seed, self.brokers)

    @property
    def command(self) -> str:
        """What does it again."""
        words = ["PYTHONPATH=tests .venv/bin/python -m chaos", self.kind, f"--seed {self.seed} --rate {self.rate:g}"]
        if self.kind in ("run", "control"):
            words.append(f"--rounds {self.rounds}")
        if self.brokers > 1:
            words.append(f"--brokers {self.brokers}")
        if self.faults:
            words.append("--only " + ",".join(f"{fault.kind}:{fault.victim}" for fault in self.faults))
        return " ".join(words)
