"""One run: the input flows while each round hurts something; then everything is read and judged twice.

Needs a running stack, and leaves it running. An interrupted run goes on from what its journal holds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from random import Random

from chaos import checker, oracle
from chaos.faults import Fault, Unhurt
from chaos.feeding import Feeder, unheard
from chaos.found import Acknowledged, Difference, Found
from chaos.hurting import Surgeon
from chaos.journal import Journal
from chaos.planning import Tell
from chaos.reading import read, standing
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
LANDING_SECONDS = 5.0
"""How long what a killed sender left in the broker's buffers may take to be written."""


def run(stack: Stack, journal: Journal, tell: Tell) -> Verdict:
    """Feed, hurt, wait, read, judge. Raises RuntimeError where the input itself could not be sent."""
    with stack.codec() as codec:
        with feeding(stack, journal, codec, tell) as feeder:
            time.sleep(FIRST_SECONDS)
            rounds = _rounds(stack, journal, tell)
            feeder.finish()
        return verdict_of(stack, journal, codec, feeder.sent, rounds, tell)


def verdict_of(
    stack: Stack, journal: Journal, codec: Codec, sent: Sequence[Acknowledged], rounds: Sequence[Round], tell: Tell
) -> Verdict:
    """Wait until all is worked off, and judge."""
    tell(f"{len(sent)} events were acknowledged; waiting until all is worked off")
    drained = Watch(stack).drained()
    tell("reading what is there, and folding the input once")
    redis_forgot = forgot([each.fault for each in rounds])
    differences = judge(stack, codec, journal.name, sent, redis_forgot=redis_forgot)
    return Verdict(plan=journal.plan, rounds=rounds, events=len(sent), differences=differences, drained=drained)


@contextmanager
def feeding(stack: Stack, journal: Journal, codec: Codec, tell: Tell) -> Iterator[Feeder]:
    """The input, flowing; however this ends, what was sent is acknowledged and noted."""
    feeder = Feeder(
        stack.environment["KAFKA_BOOTSTRAP_SERVERS"],
        TopicName.EVENTS,
        _stream(journal, codec),
        journal.plan.rate,
        journal.input,
        _sent_before(stack, journal, codec, tell),
    )
    feeder.start()
    try:
        yield feeder
    finally:
        feeder.stop()


def judge(
    stack: Stack, codec: Codec, name: str, sent: Sequence[Acknowledged], *, redis_forgot: bool
) -> list[Difference]:
    """Read everything of the run `name`, and ask both judges."""
    return verdicts(read(stack, codec, tenant_prefix(name), redis_forgot=redis_forgot), sent, codec)


def verdicts(found: Found, sent: Sequence[Acknowledged], codec: Codec) -> list[Difference]:
    """What either judge has to say of it."""
    expected = oracle.fold(found.events, codec, PARTITIONS)
    return [*oracle.judge(expected, found), *checker.judge(sent, found)]


def forgot(faults: Sequence[Fault]) -> bool:
    return any(fault.kind in FORGETFUL for fault in faults)


def _stream(journal: Journal, codec: Codec) -> EventStream:
    return EventStream(journal.plan.seed, journal.name, codec, PARTITIONS)


def _sent_before(stack: Stack, journal: Journal, codec: Codec, tell: Tell) -> list[Acknowledged]:
    """What an interrupted run has sent: what it heard to be there, and what is there without its having heard so."""
    sent = journal.acknowledged()
    if not sent:
        return []
    time.sleep(LANDING_SECONDS)
    found = list(unheard(_stream(journal, codec), sent, standing(stack, tenant_prefix(journal.name))))
    with journal.input.open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(asdict(told)) + "\n" for told in found)
    tell(f"{len(sent)} events were acknowledged before, and {len(found)} are there that were not")
    return [*sent, *found]


def _rounds(stack: Stack, journal: Journal, tell: Tell) -> list[Round]:
    surgeon, watch, random = Surgeon(stack, journal.folder), Watch(stack), Random(journal.plan.seed)
    made = journal.rounds()
    chosen = journal.plan.chosen
    for number, fault in enumerate(chosen[len(made) :], start=len(made) + 1):
        undone = _hurt(surgeon, fault)
        seconds = watch.recovered(time.monotonic())
        made.append(Round(number=number, fault=fault, seconds=seconds, undone=undone))
        journal.note(made[-1])
        took = "not recovered" if seconds is None else f"{seconds:5.1f} s"
        tell(f"round {number:3} of {len(chosen)}: {fault!s:<26} {undone or took}")
        time.sleep(random.uniform(*PAUSE_SECONDS))
    return made


def _hurt(surgeon: Surgeon, fault: Fault) -> str | None:
    """Why it could not be done; None where it was."""
    try:
        surgeon.hurt(fault)
    except Unhurt as error:
        return str(error)
    return None
