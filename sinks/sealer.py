"""The sealer: looks for tenants with something to do and does it, step by step, until it is told to stop.

Steps are transactions of `postgres.sealing`: whatever ends this process, the next one finds what is left.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from sinks.postgres.sealing.plan import Kind, Step
from sinks.postgres.sealing.steps import Sealing
from topology.errors import Retryable
from topology.health import Readiness
from topology.metrics import (
    SEALER_DUE,
    SEALER_MESSAGES,
    SEALER_PROGRESS_AGE_SECONDS,
    SEALER_STEP_SECONDS,
    SEALER_STEPS,
    Meters,
)

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
"""Between looks that found nothing to do. Words that were taken back leave the blocks within a look and a step."""
STALLED_SECONDS: Final = 15.0
"""Without a step or a look that ends well: the database is away, or a step is a long one."""
DEAD_SECONDS: Final = 300.0
"""A statement ends after 120 s; who has done nothing for so long is stuck, and an orchestrator should end it."""
TIDY_AFTER: Final = 20_000
"""So many messages taken out of the tail leave room to be vacuumed."""


class SealerMeters:
    """What the sealer counts. Probes call `ready` and `live` on threads of their own."""

    def __init__(self, meters: Meters, clock: Callable[[], float] = time.monotonic) -> None:
        self.registry = meters.registry
        self._meters, self._clock = meters, clock
        self._progressed_at = clock()
        meters.follow(SEALER_PROGRESS_AGE_SECONDS, self._age)

    def looked(self, due: int) -> None:
        self._progressed_at = self._clock()
        self._meters.set(SEALER_DUE, due)

    def did(self, step: Step) -> None:
        self._progressed_at = self._clock()
        self._meters.add(SEALER_STEPS, kind=step.kind)
        self._meters.add(SEALER_MESSAGES, step.messages, kind=step.kind)
        self._meters.observe(SEALER_STEP_SECONDS, step.seconds, kind=step.kind)

    def ready(self) -> Readiness:
        return Readiness(ready=self._age() <= STALLED_SECONDS, checks=self._checks())

    def live(self) -> Readiness:
        return Readiness(ready=self._age() <= DEAD_SECONDS, checks=self._checks())

    def _checks(self) -> dict[str, str]:
        return {"progress": f"{self._age():.0f} s ago"}

    def _age(self) -> float:
        return self._clock() - self._progressed_at


class Sealer:
    """Works through tenants. `stop` may be called by a signal: the step in hand is finished."""

    def __init__(self, sealing: Sealing, meters: SealerMeters) -> None:
        self._sealing, self._meters = sealing, meters
        self._stopped = threading.Event()
        self._untidy = 0

    def stop(self) -> None:
        self._stopped.set()

    def watch(self) -> None:
        """Do what is due, until stopped. What PostgreSQL refuses for a while is tried again."""
        while not self._stopped.is_set():
            try:
                due, done = self._sealing.due(), 0
                self._meters.looked(len(due))
                for step in self.work_through(due):
                    log.info("%s %d messages in %.1f s", step.kind, step.messages, step.seconds)
                    done += 1
                self._stopped.wait(0 if done else LOOK_SECONDS)  # who is due may be in another process's hands
            except Retryable as error:
                log.warning("waits: %s", error)
                self._stopped.wait(error.retry_after_seconds)
        self._sealing.close()

    def work_through(self, tenants: Iterable[str]) -> Iterator[Step]:
        """Every step that these tenants need, as it is done."""
        for tenant_id in tenants:
            while not self._stopped.is_set() and (step := self._sealing.step(tenant_id)):
                yield self._noted(step)
        if self._untidy >= TIDY_AFTER:
            self._sealing.tidy()
            self._untidy = 0

    def rebuild(self, tenant_id: str, show: Callable[[int, int], None]) -> Iterator[Step]:
        """Seal every block of a tenant anew, one by one, beside questions; `show` is told how many of how many.

        Interrupted, it is begun again from the first: what was done stands, and does no harm to be done again.
        """
        blocks = self._sealing.blocks(tenant_id)
        for done, block in enumerate(blocks, start=1):
            if self._stopped.is_set():
                return
            if step := self._sealing.rewrite(tenant_id, block.number):
                yield self._noted(step)
            show(done, len(blocks))
        if step := self._sealing.find_missing(tenant_id):
            yield self._noted(step)
        yield from self.work_through([tenant_id])

    def _noted(self, step: Step) -> Step:
        self._meters.did(step)
        if step.kind in (Kind.SEALED, Kind.TAKEN_OUT):
            self._untidy += step.messages
        return step
