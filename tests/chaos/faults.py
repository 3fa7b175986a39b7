"""What may be done to whom, and in which order a run does it: data, and a pure choice by a seed.

Does nothing itself; `chaos.hurting` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

AGENTS = ("extract", "consolidate")
SINKS = ("sink-postgres", "sink-redis")
INFRASTRUCTURE = ("kafka", "postgres", "valkey", "registry")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One kind of fault, and the component that it strikes."""

    kind: str
    victim: str

    def __str__(self) -> str:
        return f"{self.kind} {self.victim}"


KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "kill": ((*AGENTS, *SINKS, *INFRASTRUCTURE), "kill -9"),
    "term": ((*AGENTS, *SINKS), "SIGTERM; the supervisor starts it again"),
    "restart": (INFRASTRUCTURE, "stopped in order and started again"),
    "freeze": ((*AGENTS, *SINKS, "kafka", "postgres", "valkey"), "SIGSTOP beyond the session, then SIGCONT"),
    "zombie": ((*AGENTS, *SINKS), "SIGSTOP while a second worker takes over, then SIGCONT"),
    "join": ((*AGENTS, *SINKS), "a second worker is added, and removed again"),
    "wipe": (AGENTS, "kill -9, and its RocksDB deleted before it is started again"),
    "flush": (("valkey",), "FLUSHALL"),
    "disconnect": (("postgres",), "every session of the database ended"),
}
"""Victims of each kind, and what it means."""

FAULTS = tuple(Fault(kind, victim) for kind, (victims, _) in KINDS.items() for victim in victims)


def plan(rounds: int, seed: int) -> list[Fault]:
    """One fault a round; every fault is met n or n + 1 times, in an order that the seed decides."""
    endless = _endless(Random(seed))
    return [next(endless) for _ in range(rounds)]


def _endless(random: Random) -> Iterator[Fault]:
    while True:
        yield from random.sample(FAULTS, len(FAULTS))
