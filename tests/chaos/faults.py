"""What may be done to whom, and in which order a run does it: data, and a pure choice by a seed.

Does nothing itself; `chaos.hurting` does.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

LEADER = "controller"
"""Whichever broker leads the quorum of controllers when the fault strikes."""
EACH = "brokers"
"""All of them, one after the other."""
FURTHER = ("kafka-2", "kafka-3", LEADER)
ONLY_OF_THREE = (*FURTHER, EACH)
"""Victims that a stack with one broker does not have."""
AGENTS = ("extract", "consolidate")
SINKS = ("sink-postgres", "sink-redis")
PROCESSES: dict[str, tuple[str, ...]] = {
    "agent": AGENTS,
    "sink": SINKS,
    "broker": ("kafka", *FURTHER, EACH),
    "PostgreSQL": ("postgres",),
    "Redis": ("valkey",),
    "registry": ("registry",),
}
"""Kinds of process, and the components that are one; the leader is one by whatever name it has."""
INFRASTRUCTURE = ("kafka", "postgres", "valkey", "registry")


class Unhurt(Exception):
    """The fault could not be done: the round says nothing."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One kind of fault, and the component that it strikes."""

    kind: str
    victim: str

    def __str__(self) -> str:
        return f"{self.kind} {self.victim}"

    @property
    def pair(self) -> Pair:
        return Pair(self.kind, next(name for name, victims in PROCESSES.items() if self.victim in victims))


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """One kind of fault, met by one kind of process."""

    kind: str
    process: str


KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "kill": ((*AGENTS, *SINKS, *INFRASTRUCTURE, *FURTHER), "kill -9"),
    "term": ((*AGENTS, *SINKS), "SIGTERM; the supervisor starts it again"),
    "restart": ((*INFRASTRUCTURE, *FURTHER), "stopped in order and started again"),
    "freeze": ((*AGENTS, *SINKS, "kafka", *FURTHER, "postgres", "valkey"), "SIGSTOP beyond the session, then SIGCONT"),
    "zombie": ((*AGENTS, *SINKS), "SIGSTOP while a second worker takes over, then SIGCONT"),
    "join": ((*AGENTS, *SINKS), "a second worker is added, and removed again"),
    "roll": ((EACH,), "each of three stopped in order and started again, one after the other"),
    "wipe": (AGENTS, "kill -9, and its RocksDB deleted before it is started again"),
    "full": ((*AGENTS, "postgres"), "no byte is left on the disk of its data, for a while"),
    "flush": (("valkey",), "FLUSHALL"),
    "crowd": (("postgres", "valkey"), "every session ended, and no connection left for a while"),
    "timeout": (("postgres",), "tables locked beyond the sink's lock_timeout, then its statements cancelled"),
    "deadlock": (("postgres",), "the sink made the victim of a deadlock"),
    "gone": (("registry",), "stopped for a while, in which both agents are killed and must wait for it"),
}
"""Victims of each kind, and what it means."""


def faults(brokers: int) -> tuple[Fault, ...]:
    """All that may be done to a stack with so many brokers."""
    every = (Fault(kind, victim) for kind, (victims, _) in KINDS.items() for victim in victims)
    return tuple(fault for fault in every if brokers > 1 or fault.victim not in ONLY_OF_THREE)


def pairs(brokers: int) -> tuple[Pair, ...]:
    return tuple(dict.fromkeys(fault.pair for fault in faults(brokers)))


def plan(rounds: int, seed: int, brokers: int) -> list[Fault]:
    """One fault a round: every pair is met n or n + 1 times, its victims by turns; the seed decides the order."""
    return list(itertools.islice(_endless(Random(seed), brokers), rounds))


def _endless(random: Random, brokers: int) -> Iterator[Fault]:
    possible = pairs(brokers)
    victims = {pair: [fault for fault in faults(brokers) if fault.pair == pair] for pair in possible}
    turns = {pair: itertools.cycle(random.sample(each, len(each))) for pair, each in victims.items()}
    while True:
        for pair in random.sample(possible, len(possible)):
            yield next(turns[pair])
