"""The control run: the same input and the same kinds of fault against a plain Faust agent that counts.

Shows that the verifier's faults lose or double something where nothing guards against it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from chaos.faults import Fault
from chaos.feeding import Feeder
from chaos.hurting import FROZEN_SECONDS, Surgeon
from chaos.offsets import Offsets
from chaos.planning import Plan, Tell
from chaos.running import FIRST_SECONDS
from chaos.stream import EventStream
from support.broker import PARTITIONS, read_all
from support.infrastructure import PROJECT
from support.stack import Stack

AGENT = "plain agent"
FAULTS = (
    Fault("kill", AGENT),
    Fault("term", AGENT),
    Fault("freeze", AGENT),
    Fault("kill", "kafka"),
    Fault("restart", "kafka"),
)
WORK_SECONDS = 12.0
"""Between two faults: a Faust worker takes ten to join and to recover."""
LOOK_SECONDS = 2.0
STUCK_SECONDS = 150.0
"""Longer than Faust's own session of 60 s and its rebalance together: an agent that moves nothing for so long never
will by itself, and is started again, as any operator would."""
DRAIN_SECONDS = 1_200.0
LAST_SECONDS = 10.0
"""After the last acknowledgement: Faust sends its changelog beside it."""


class Invalid(Exception):
    """The plain agent never acknowledged all of its input, so what it lacks may only be late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What the plain agent made of the input."""

    rounds: int
    events: int
    lost: int
    duplicated: int

    def __str__(self) -> str:
        return f"control: rounds={self.rounds} events={self.events} lost={self.lost} duplicated={self.duplicated}"


class Worker(threading.Thread):
    """Keeps one plain agent running until it is told to stop."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        super().__init__(name="control", daemon=True)
        self._environment, self._log = dict(environment), log
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        with self._log.open("ab") as output:
            while not self._stopping.is_set():
                command = [sys.executable, "-m", "chaos.control_worker"]
                environment = {**os.environ, **self._environment, "PYTHONPATH": str(PROJECT / "tests")}
                self._process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=output, stderr=output)
                self._process.wait()
                self._stopping.wait(0.5)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        self._stopping.set()
        self.signal(signal.SIGKILL)
        self.join()


def run_control(stack: Stack, what: Plan, name: str, folder: Path, tell: Tell) -> Counted:
    """Feed, hurt, wait until the agent writes no more, and count."""
    kafka, topic, app = stack.environment["KAFKA_BOOTSTRAP_SERVERS"], f"control-{name}", f"control-{name}-app"
    _create(kafka, topic)
    environment = {
        "CONTROL_APP": app,
        "CONTROL_TOPIC": topic,
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        "PARTITIONS": str(PARTITIONS),
        "STATE_DIR": str(folder / "plain-agent"),
    }
    worker = Worker(environment, folder / "plain-agent.log")
    with stack.codec() as codec:
        feeder = Feeder(
            kafka, topic, EventStream(what.seed, name, codec, PARTITIONS), what.rate, folder / "input.jsonl"
        )
        worker.start()
        feeder.start()
        time.sleep(FIRST_SECONDS + WORK_SECONDS)
        _hurt(stack, worker, what, folder, tell)
        feeder.finish()
    tell(f"{len(feeder.sent)} events were acknowledged; waiting until the agent has worked them off")
    try:
        _await_end(Offsets(kafka), app, topic, worker)
        time.sleep(LAST_SECONDS)
    finally:
        worker.stop()
    return compare(_sent(kafka, topic), _counted(kafka, f"{app}-counts-changelog"), what.rounds)


def _create(kafka: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(topic, num_partitions=PARTITIONS, replication_factor=1)])[topic].result(30)


def compare(sent: Mapping[str, int], counts: Mapping[str, int], rounds: int) -> Counted:
    """What each key that was sent lacks is lost, what it has too much is doubled."""
    return Counted(
        rounds=rounds,
        events=sum(sent.values()),
        lost=sum(max(0, sent.get(key, 0) - counts.get(key, 0)) for key in sent),
        duplicated=sum(max(0, counts.get(key, 0) - sent.get(key, 0)) for key in sent),
    )


def _hurt(stack: Stack, worker: Worker, what: Plan, folder: Path, tell: Tell) -> None:
    surgeon, random = Surgeon(stack, folder), Random(what.seed)
    for number in range(1, what.rounds + 1):
        fault = random.choice(FAULTS)
        tell(f"round {number:3} of {what.rounds}: {fault}")
        if fault.victim != AGENT:
            surgeon.hurt(fault)
        elif fault.kind == "freeze":
            worker.signal(signal.SIGSTOP)
            time.sleep(FROZEN_SECONDS)
            worker.signal(signal.SIGCONT)
        else:
            worker.signal(signal.SIGKILL if fault.kind == "kill" else signal.SIGTERM)
        time.sleep(WORK_SECONDS + random.uniform(0, 3))


def _await_end(offsets: Offsets, group: str, topic: str, worker: Worker) -> None:
    """Until Faust itself says that nothing of the input is left. Raises Invalid where it never does."""
    begun = moved_at = time.monotonic()
    last = -1
    while behind := offsets.behind(group, [topic]):
        now = time.monotonic()
        if behind != last:
            last, moved_at = behind, now
        if now - begun > DRAIN_SECONDS:
            raise Invalid(f"the plain agent is {behind} records behind after {DRAIN_SECONDS:.0f} s")
        if now - moved_at > STUCK_SECONDS:
            worker.signal(signal.SIGTERM)
            moved_at = now
        time.sleep(LOOK_SECONDS)


def _sent(kafka: str, topic: str) -> Counter[str]:
    return on_one_partition(((each.key() or b"").decode(), each.partition()) for each in read_all(kafka, topic))


def on_one_partition(records: Iterable[tuple[str, int | None]]) -> Counter[str]:
    """How often each key was sent; one that also went astray is left out, since a table counts it twice over."""
    sent = list(records)
    astray = Counter(key for key, _ in set(sent))
    return Counter(key for key, _ in sent if astray[key] == 1)


def _counted(kafka: str, changelog: str) -> dict[str, int]:
    """The agent's table, as another worker would read it: a count only grows, so the largest is the last."""
    counted: dict[str, int] = {}
    for each in read_all(kafka, changelog):
        key = _text(each.key())
        counted[key] = max(counted.get(key, 0), int(json.loads(each.value() or b"0")))
    return counted


def _text(key: bytes | None) -> str:
    return str(json.loads(key or b'""'))
