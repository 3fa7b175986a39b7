"""One run: the input flows while each round hurts something; then everything is read and judged twice.

Needs a running stack, and leaves it running.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from chaos import checker, oracle
from chaos.faults import Fault, plan
from chaos.feeding import Feeder
from chaos.found import Acknowledged, Difference, Found
from chaos.hurting import Surgeon, Unhurt
from chaos.reading import read
from chaos.recovery import Watch
from chaos.report import Round, Verdict
from chaos.stream import EventStream, tenant_prefix
from schemas.codec import Codec
from support.broker import PARTITIONS
from support.stack import Stack
from topology.topics import TopicName

FORGETFUL = ("flush",)
"""Kinds of fault after which Redis may lack what it had."""
FIRST_SECONDS = 3.0
PAUSE_SECONDS = (0.5, 3.0)

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run is to do. The same plan has the same input and the same faults."""

    rounds: int
    seed: int
    rate: float
    """Events a second."""
    faults: Sequence[Fault] = ()
    """These, in this order; empty: chosen by the seed."""

    @property
    def chosen(self) -> Sequence[Fault]:
        if self.faults:
            return list(itertools.islice(itertools.cycle(self.faults), self.rounds))
        return plan(self.rounds, self.seed)


def run(stack: Stack, what: Plan, name: str, folder: Path, tell: Tell) -> Verdict:
    """Feed, hurt, wait, read, judge. Raises RuntimeError where the input itself could not be sent."""
    with stack.codec() as codec:
        stream = EventStream(what.seed, name, codec, PARTITIONS)
        kafka = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
        feeder = Feeder(kafka, TopicName.EVENTS, stream, what.rate, folder / "input.jsonl")
        feeder.start()
        time.sleep(FIRST_SECONDS)
        rounds = _rounds(stack, what, folder, tell)
        feeder.finish()
        tell(f"{len(feeder.sent)} events were acknowledged; waiting until all is worked off")
        drained = Watch(stack).drained()
        tell("reading what is there, and folding the input once")
        differences = judge(stack, codec, name, feeder.sent, redis_forgot=_forgot(what))
    return Verdict(seed=what.seed, rounds=rounds, events=len(feeder.sent), differences=differences, drained=drained)


def judge(
    stack: Stack, codec: Codec, name: str, sent: Sequence[Acknowledged], *, redis_forgot: bool
) -> list[Difference]:
    """Read everything of the run `name`, and ask both judges."""
    return verdicts(read(stack, codec, tenant_prefix(name), redis_forgot=redis_forgot), sent, codec)


def verdicts(found: Found, sent: Sequence[Acknowledged], codec: Codec) -> list[Difference]:
    """What either judge has to say of it."""
    expected = oracle.fold(found.events, codec, PARTITIONS)
    return [*oracle.judge(expected, found), *checker.judge(sent, found)]


def _rounds(stack: Stack, what: Plan, folder: Path, tell: Tell) -> list[Round]:
    surgeon, watch, random = Surgeon(stack, folder), Watch(stack), Random(what.seed)
    made = []
    for number, fault in enumerate(what.chosen, start=1):
        struck_at, undone = time.monotonic(), None
        try:
            surgeon.hurt(fault)
        except Unhurt as error:
            undone = str(error)
        seconds = watch.recovered(struck_at)
        made.append(Round(number=number, fault=fault, seconds=seconds, undone=undone))
        took = "not recovered" if seconds is None else f"{seconds:5.1f} s"
        tell(f"round {number:3} of {what.rounds}: {fault!s:<26} {undone or took}")
        time.sleep(random.uniform(*PAUSE_SECONDS))
    return made


def _forgot(what: Plan) -> bool:
    return any(fault.kind in FORGETFUL for fault in what.chosen)
