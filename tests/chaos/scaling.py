"""1 -> 3 -> 1 workers of each group under load: nothing may be lost, and the longest pause of each group is told.

Pauses are taken over the whole run, so that one group's scaling shows in those that wait for it.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from chaos.hurting import Surgeon
from chaos.journal import Journal
from chaos.offsets import GROUPS, Pauses
from chaos.planning import Tell
from chaos.report import Verdict
from chaos.running import FIRST_SECONDS, feeding, verdict_of
from support.stack import Stack

WORKERS = 3
STAY_SECONDS = 15.0
"""How long the group stays at each size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """What the run says in the end, and how long each group stood still at the most."""

    verdict: Verdict
    longest_pause: dict[str, float]


def run_scaling(stack: Stack, journal: Journal, tell: Tell) -> Scaled:
    """Raises Unhurt where a worker could not be added, or did not end when it should."""
    with stack.codec() as codec:
        with feeding(stack, journal, codec, tell) as feeder:
            time.sleep(FIRST_SECONDS)
            pauses = Pauses(stack.environment["KAFKA_BOOTSTRAP_SERVERS"])
            pauses.start()
            for component in GROUPS:
                _scale(Surgeon(stack, journal.folder), component, tell)
            longest = pauses.stop()
            feeder.finish()
        return Scaled(verdict=verdict_of(stack, journal, codec, feeder.sent, (), tell), longest_pause=longest)


def _scale(surgeon: Surgeon, component: str, tell: Tell) -> None:
    """More workers one after the other, then fewer one after the other."""
    with ExitStack() as workers:
        for number in range(1, WORKERS):
            workers.enter_context(surgeon.another(component, number))
            tell(f"{component}: {number + 1} workers")
        time.sleep(STAY_SECONDS)
    tell(f"{component}: 1 worker")
    time.sleep(STAY_SECONDS)


def show_pauses(scaled: Scaled, console: Console) -> None:
    table = Table("group", "longest pause s")
    for name, seconds in scaled.longest_pause.items():
        table.add_row(name, f"{seconds:.1f}")
    console.print(table)
