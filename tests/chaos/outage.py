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
CATCH_UP_SECONDS = 300.0
"""How long input still comes while the sink catches up; after that it has only to work off what is there."""
NEAR_SECONDS = 2.0
"""A group that is so far behind the input has caught up: what is under way is never less."""
TOPICS_AN_EVENT = 4.0
"""About how many records and markers an event becomes for the PostgreSQL sink."""

OWN_MEGABYTES, FOREIGN_MEGABYTES = 512, 1_280
BOUNDS: Mapping[str, int] = dict.fromkeys((*GROUPS, "api"), OWN_MEGABYTES)
"""Megabytes a process of ours may reach. Java's heaps and Valkey's memory are bounded by their own settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """How the PostgreSQL sink caught up while input still came; records count markers of transactions too."""

    waited: int
    landed: int
    seconds: float
    caught_up: bool

    def __str__(self) -> str:
        rate = self.landed / max(self.seconds, SAMPLE_SECONDS)
        end = "caught up" if self.caught_up else "not yet caught up"
        return (
            f"{self.waited} records waited; {self.landed} landed in {self.seconds:.1f} s, {rate:.0f} a second, "
            f"with input still coming: {end}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Survived:
    """What the run says in the end, what each component took, and how fast the sink caught up."""

    verdict: Verdict
    megabytes: Mapping[str, int]
    """The most that one process of each component held."""
    progress: CatchUp

    @property
    def too_large(self) -> list[str]:
        return [name for name, most in self.megabytes.items() if most > BOUNDS.get(name, FOREIGN_MEGABYTES)]

    @property
    def holds(self) -> bool:
        return self.verdict.holds and not self.too_large


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
            progress = _catch_up(stack, journal.plan.rate)
            tell(str(progress))
            feeder.finish()
        verdict = verdict_of(stack, journal, codec, feeder.sent, (), tell)
    return Survived(verdict=verdict, megabytes=scales.stop(), progress=progress)


def _catch_up(stack: Stack, rate: float) -> CatchUp:
    """Wait until the sink is near the input again, or until it has had its time."""
    offsets, stage = Offsets(stack.environment["KAFKA_BOOTSTRAP_SERVERS"]), GROUPS["sink-postgres"]
    topics = [str(topic) for topic in stage.inputs]
    begun, first = time.monotonic(), offsets.reached(stage.group, topics)
    near = rate * TOPICS_AN_EVENT * NEAR_SECONDS
    waited = behind = offsets.behind(stage.group, topics)
    while behind > near and time.monotonic() - begun < CATCH_UP_SECONDS:
        time.sleep(SAMPLE_SECONDS)
        behind = offsets.behind(stage.group, topics)
    seconds = time.monotonic() - begun
    return CatchUp(
        waited=waited,
        landed=offsets.reached(stage.group, topics) - first,
        seconds=seconds,
        caught_up=behind <= near,
    )


def show_outage(survived: Survived, console: Console) -> None:
    table = Table("process", "most MB", "bound MB")
    for name, most in survived.megabytes.items():
        style = "red" if name in survived.too_large else None
        table.add_row(name, str(most), str(BOUNDS.get(name, FOREIGN_MEGABYTES)), style=style)
    console.print(table)
    console.print(str(survived.progress))
