"""A sink process that ends, or freezes, itself in the middle of a batch.

`python mortal_sink.py NAME GROUP [STEP SIGNAL NTH]`; otherwise it is what `python -m sinks NAME` runs.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import psycopg

from sinks import app
from sinks.ports import Batch
from sinks.postgres.copying import TableCopy
from sinks.postgres.writer import PostgresSink
from sinks.redis.writer import RedisSink
from topology import logs
from topology.settings import Settings
from topology.stages import POSTGRES_SINK, REDIS_SINK

POSTGRES_STEPS = ("fetched", "advanced", "copied", "landed", "committed")
REDIS_STEPS = ("fetched", "committed")
STOPS_WITHIN_SECONDS = 0.2
"""Another thread may take the signal first, and this one would go on for a moment."""


@dataclass(slots=True)
class Fate:
    """At which step of which batch which signal comes."""

    step: str = ""
    number: int = 0
    nth: int = 0
    batches: int = 0

    def begins(self) -> None:
        self.batches += 1
        self.reached("fetched")

    def reached(self, step: str) -> None:
        if (step, self.batches) == (self.step, self.nth):
            os.kill(os.getpid(), self.number)
            time.sleep(STOPS_WITHIN_SECONDS)


class MortalPostgresSink(PostgresSink):
    fate = Fate()

    def write(self, batch: Batch) -> Mapping[str, int]:
        self.fate.begins()
        rows = super().write(batch)
        self.fate.reached("committed")
        return rows

    def _advance(self, connection: psycopg.Connection[Any], progress: Mapping[Any, int]) -> bool:
        advanced = super()._advance(connection, progress)
        self.fate.reached("advanced")
        return advanced

    def _stage(self, connection: psycopg.Connection[Any], copy: TableCopy) -> None:
        super()._stage(connection, copy)
        self.fate.reached("copied")

    def _land(self, connection: psycopg.Connection[Any], copies: Iterable[TableCopy]) -> None:
        super()._land(connection, copies)
        self.fate.reached("landed")


class MortalRedisSink(RedisSink):
    fate = Fate()

    def write(self, batch: Batch) -> Mapping[str, int]:
        self.fate.begins()
        rows = super().write(batch)
        self.fate.reached("committed")
        return rows


def _redis(settings: Settings, group: str) -> MortalRedisSink:
    """Its keys are the test's own: it is named by a number that nobody else has."""
    generation = int(group)
    url = settings.redis_url.get_secret_value()
    return MortalRedisSink(url, ttl_seconds=settings.cache_ttl, generation=generation, turns_generation=generation)


def main(name: str, group: str, step: str = "", number: str = "SIGKILL", nth: str = "0") -> int:
    fate = Fate(step=step, number=signal.Signals[number], nth=int(nth))
    MortalPostgresSink.fate = MortalRedisSink.fate = fate
    settings = Settings()
    logs.configure(settings, name)
    app.SINKS["postgres"] = (
        replace(POSTGRES_SINK, group=group),
        lambda s: MortalPostgresSink(s.database_url.get_secret_value(), sink=group),
    )
    app.SINKS["redis"] = (replace(REDIS_SINK, group=group), partial(_redis, group=group))
    return app.run(settings, name, instance_id=os.environ.get("INSTANCE_ID"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
