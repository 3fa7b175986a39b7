"""PostgreSQL away for minutes at full input: memory must stay bounded, nothing may be lost, nobody need do anything.

Memory is the resident set of each process, looked at once a second from the first event until all is worked off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil
from rich.console import Console
from rich.table import Table

from chaos.hurting import Surgeon
from chaos.journal import Journal
from chaos.offsets import GROUPS, Offsets
from chaos.planning import Tell
from chaos.report import Verdict
from chaos.running import feeding, verdict_of
from support.stack import Stack

BEFORE_SECONDS = 10.0
SAMPLE_SECONDS = 1.0
CATCH_UP_SECONDS = 900.0
NEAR_SECONDS = 2.0
"""A group that is so far behind the input has caught up: what is under way is never less."""
TOPICS_AN_EVENT = 4.0
"""About how many records and markers an event becomes for the PostgreSQL sink."""

OWN_MEGABYTES, FOREIGN_MEGABYTES = 512, 1_280
BOUNDS: Mapping[str, int] = dict.fromkeys((*GROUPS, "api"), OWN_MEGABYTES)
"""Megabytes a process of ours may reach. Java's heaps and Valkey's memory are bounded by their own settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """What the run says in the end, what each component took, and how fast the sink caught up."""

    verdict: Verdict
    megabytes: Mapping[str, int]
    """The most that one process of each component held."""
    behind: int
    """Records and markers that waited for PostgreSQL when it was back."""
    seconds: float | None
    """Until the sink had caught up, with input still coming; None where it did not."""
    landed: int
    """Records and markers that the sink worked off in that time."""

    @property
    def too_large(self) -> list[str]:
        return [name for name, most in self.megabytes.items() if most > BOUNDS.get(name, FOREIGN_MEGABYTES)]

    @property
    def holds(self) -> bool:
        return self.verdict.holds and not self.too_large and self.seconds is not None


class Scales(threading.Thread):
    """Weighs every process of a stack until it is stopped."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="scales", daemon=True)
        self._stack = stack
        self._most: dict[str, int] = {}
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            for name, found in self._stack.processes().items():
                for process in found:
                    self._most[name] = max(self._most.get(name, 0), _resident(process))

    def stop(self) -> dict[str, int]:
        """Megabytes, by component."""
        self._done.set()
        self.join()
        return {name: most >> 20 for name, most in sorted(self._most.items())}


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def run_outage(stack: Stack, journal: Journal, seconds: float, tell: Tell) -> Survived:
    """Feed, take PostgreSQL away for `seconds`, wait until the sink has caught up, and judge."""
    scales, surgeon = Scales(stack), Surgeon(stack, journal.folder)
    scales.start()
    with stack.codec() as codec:
        with feeding(stack, journal, codec, tell) as feeder:
            time.sleep(BEFORE_SECONDS)
            tell(f"PostgreSQL is stopped for {seconds:.0f} s at {journal.plan.rate:.0f} events a second")
            with surgeon.without("postgres"):
                time.sleep(seconds)
            behind, took, landed = _caught_up(stack, journal.plan.rate)
            tell(f"{behind} records waited; caught up after {took} s")
            feeder.finish()
        verdict = verdict_of(stack, journal, codec, feeder.sent, (), tell)
    return Survived(verdict=verdict, megabytes=scales.stop(), behind=behind, seconds=took, landed=landed)


def _caught_up(stack: Stack, rate: float) -> tuple[int, float | None, int]:
    """How much waited, how long it took to be near the input again, and how much was landed in that time."""
    offsets, stage = Offsets(stack.environment["KAFKA_BOOTSTRAP_SERVERS"]), GROUPS["sink-postgres"]
    topics = [str(topic) for topic in stage.inputs]
    begun, first = time.monotonic(), offsets.reached(stage.group, topics)
    waited = behind = offsets.behind(stage.group, topics)
    while behind > rate * TOPICS_AN_EVENT * NEAR_SECONDS:
        if time.monotonic() - begun > CATCH_UP_SECONDS:
            return waited, None, 0
        time.sleep(SAMPLE_SECONDS)
        behind = offsets.behind(stage.group, topics)
    landed = offsets.reached(stage.group, topics) - first
    return waited, round(time.monotonic() - begun, 1), landed


def show_outage(survived: Survived, console: Console) -> None:
    table = Table("process", "most MB", "bound MB")
    for name, most in survived.megabytes.items():
        style = "red" if name in survived.too_large else None
        table.add_row(name, str(most), str(BOUNDS.get(name, FOREIGN_MEGABYTES)), style=style)
    console.print(table)
    if survived.seconds is None:
        console.print(f"the sink did not catch up within {CATCH_UP_SECONDS:.0f} s", style="red")
        return
    rate = survived.landed / max(survived.seconds, 0.1)
    console.print(
        f"caught up: {survived.behind} records and markers waited; {survived.landed} landed in "
        f"{survived.seconds:.1f} s, {rate:.0f} a second, with input still coming"
    )
