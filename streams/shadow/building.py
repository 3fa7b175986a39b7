"""Builds a generation: declares it, makes its topics and tables, runs its processes and tells how far they are.

Blocking. Killed at any moment it goes on where it was when the same command is given again: what is known of the
generation lies in its topics, and positions lie with what they are positions of.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final, TypeAlias

from schemas.codec import Codec
from schemas.records import Generation
from streams.shadow.children import Children
from streams.shadow.programs import programs
from topology import apply
from topology.cluster import Action, wanted
from topology.errors import MISCONFIGURED, Misconfigured, Retryable
from topology.generation_log import GenerationLog
from topology.generations import shadow_stages
from topology.kafka import admin
from topology.offsets import Look, Reached
from topology.settings import Settings

logger = logging.getLogger(__name__)

WAIT_SECONDS: Final = 60.0
"""For a broker to make the topics."""

Show: TypeAlias = Callable[[Sequence[Reached]], None]
"""Told again and again how far each stage is, upstream first."""


class Stopped(Exception):
    """A signal asked to stop."""


def declare(settings: Settings, codec: Codec, extractor: str) -> Generation:
    """The generation that `extractor` builds, written down; one that it has begun before is gone on with.

    Raises Misconfigured where another one is being built, Retryable where the broker is away.
    """
    log = GenerationLog(settings, codec)
    with log.opened() as write:
        lineage = log.read()
        declared = lineage.declared(extractor, datetime.now(UTC))
        if declared.number not in lineage.written:
            write(declared)
    return declared


def make_topics(settings: Settings, generation: int) -> None:
    """Raises Misconfigured where they are there and other than they should be."""
    client, specs = admin(settings), wanted(settings, generation)
    for step in apply.steps(client, specs):
        if step.action is Action.REFUSE:
            raise Misconfigured(f"{step.spec.name}: {'; '.join(step.differences)}")
        apply.take(client, step, WAIT_SECONDS)
    apply.await_topics(client, specs, WAIT_SECONDS)


def make_tables(generation: int) -> None:
    """By the command of the sinks, which know the database."""
    command = [sys.executable, "-m", "sinks", "generations", "create", str(generation)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == MISCONFIGURED:
        raise Misconfigured(done.stderr.strip())
    if done.returncode:
        raise Retryable(f"no tables for generation {generation}: {done.stderr.strip()}", retry_after_seconds=5)


def build(settings: Settings, generation: int, rules_file: Path | None, show: Show, *, follow: bool) -> None:
    """Run until everything that is there now has been read again; with `follow`, on until a signal comes.

    Raises Misconfigured where a process refuses to start, Retryable where the broker stays away, Stopped on a signal.
    """
    folder = settings.state_dir / f"generation-{generation}"
    with _until_stopped(), Look(settings, generation) as look:
        rules = {} if rules_file is None else {"RULES_FILE": str(rules_file.resolve())}
        children = Children(programs(generation, os.environ | rules, folder))
        try:
            for _ in _looks(look, follow=follow):
                children.tend()
                show([look.reached(stage) for stage in shadow_stages()])
        finally:
            children.stop()


def _looks(look: Look, *, follow: bool) -> Iterator[None]:
    for _ in look.passes(shadow_stages()):
        yield
    logger.info("everything that was there has been read again")
    while follow:
        look.pause()
        yield


@contextmanager
def _until_stopped() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    former = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
