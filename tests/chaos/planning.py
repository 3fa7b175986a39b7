"""What a run is to do. Data; the same plan has the same input and the same faults."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chaos.faults import Fault, plan

Tell = Callable[[str], None]
"""Told what happens, a line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much, how fast, and from which seed."""

    rounds: int
    seed: int
    rate: float
    """Events a second."""
    faults: Sequence[Fault] = ()
    """These, in this order; empty: chosen by the seed."""

    @property
    def chosen(self) -> list[Fault]:
        if self.faults:
            return list(itertools.islice(itertools.cycle(self.faults), self.rounds))
        return plan(self.rounds, self.seed)

    @property
    def command(self) -> str:
        """What does it again."""
        if not self.faults:
            return f"make chaos ROUNDS={self.rounds} SEED={self.seed}"
        only = ",".join(f"{fault.kind}:{fault.victim}" for fault in self.faults)
        rest = f"--rounds {self.rounds} --seed {self.seed} --rate {self.rate:g}"
        return f"PYTHONPATH=tests .venv/bin/python -m chaos run {rest} --only {only}"
