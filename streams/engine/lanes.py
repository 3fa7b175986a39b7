"""The control plane: takes partition numbers over when Faust assigns them, lets go of them when it revokes them.

Runs on the event loop and sends everything that blocks to worker threads. An error of the surroundings ends the
process: nothing is acknowledged, the supervisor starts it again, and Kafka gives the same records once more.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NoReturn, TypeVar

from streams.engine.lane import Lane, LaneContext, Run
from streams.engine.restore import Restorer, RestoreReport, Superseded
from streams.engine.table import PartitionTable
from streams.engine.transaction import Aborted, Fenced, TransactionalWriter
from streams.ports import PoisonRecord
from topology.kafka import ClientConfig

T = TypeVar("T")

logger = logging.getLogger(__name__)

THREADS: Final = 64
"""Two a lane (one reads ahead while one checkpoints) and a few for takeovers; threads that wait cost little."""

RELEASE_SECONDS: Final = 50.0
"""Longer than a checkpoint can take before it fails (COMMIT_PATIENCE_SECONDS), so a release never cuts one off."""

HANDOVER_SECONDS: Final = 15.0
"""How long Faust may take to hand a run to the agent; it clears its queues around rebalances (DESIGN F12)."""


class Lanes:
    """All lanes of one process."""

    def __init__(
        self, context: LaneContext, client_config: ClientConfig, offer: Callable[[Run], Awaitable[None]]
    ) -> None:
        self._context = context
        self._client_config = client_config
        self._offer = offer
        self._lanes: dict[int, Lane] = {}
        self._feeds: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lane")
        self._takeover = asyncio.Lock()
        self._assignment = 0
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether the latest assignment is restored and worked on; also true of a spare worker with no partition."""
        return self._begun

    @property
    def partitions(self) -> tuple[int, ...]:
        return tuple(sorted(self._lanes))

    def progress(self) -> Mapping[tuple[str, int], int]:
        """Next offset by (topic, partition), for lag monitors; nothing is read back from it."""
        return {
            (topic, lane.partition): offset
            for lane in self._lanes.values()
            for topic, offset in lane.done_offsets.items()
        }

    def lag(self) -> Mapping[int, int]:
        """Records behind, by partition number."""
        return {lane.partition: lane.lag() for lane in self._lanes.values()}

    async def take_over(self, tables: Mapping[int, PartitionTable]) -> Mapping[int, RestoreReport]:
        """Fence former owners and restore the tables. Raises Superseded where a newer call came meanwhile."""
        self._assignment += 1
        mine = self._assignment
        async with self._takeover:
            await self.release()
            if mine != self._assignment:
                raise Superseded
            work = {number: self._in_thread(self._prepare, number, table, mine) for number, table in tables.items()}
            try:
                prepared = dict(zip(work, await asyncio.gather(*work.values()), strict=True))
            except Superseded:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, this process may not go on
                self.die("takeover failed", error)
            self._lanes = {number: lane for number, (lane, _) in prepared.items()}
            return {number: report for number, (_, report) in prepared.items()}

    def _prepare(self, number: int, table: PartitionTable, assignment: int) -> tuple[Lane, RestoreReport]:
        stage = self._context.processor.stage
        writer = TransactionalWriter(self._client_config, f"{stage.group}-{number}")
        writer.take_over()
        report = self._restorer(number, assignment).restore(table)
        if report.rebuilt is not None:
            self._context.meter.rebuilt()
            logger.warning("table rebuilt from its changelog", extra={"partition": number, "reason": report.rebuilt})
        lane = Lane(self._context, number, table, writer)
        lane.open()
        return lane, report

    def _restorer(self, number: int, assignment: int) -> Restorer:
        return Restorer(self._context.broker, self._context.changelog, number, lambda: assignment == self._assignment)

    def begin(self) -> None:
        """Start feeding the agent; called once Faust is ready for runs."""
        self._feeds = [asyncio.ensure_future(self._feed(lane)) for lane in self._lanes.values()]
        self._begun = True
        logger.info("lanes opened", extra={"partitions": self.partitions})

    async def _feed(self, lane: Lane) -> None:
        """Read one run ahead of the one in progress, and hand them over in order."""
        previous: Run | None = None
        try:
            while not lane.closed:
                run = await self._in_thread(lane.read)
                if previous is not None:
                    await self._settled(previous)
                    previous = None
                if lane.closed or run.epoch != lane.epoch:
                    continue
                if run.records:
                    previous = run
                    await self._offer(run)
                else:
                    lane.rest(run)
                    self._context.meter.progressed()
        except Exception as error:  # noqa: BLE001 - ends the process
            self._unless_closed(lane, "reading failed", error)

    async def _settled(self, run: Run) -> None:
        """Wait for the run to be worked on; offered again where Faust lost it, which `work` takes once only."""
        while not run.settled.is_set():
            try:
                async with asyncio.timeout(HANDOVER_SECONDS):
                    await run.settled.wait()
            except TimeoutError:
                if not run.lane.busy.locked():
                    logger.warning("run offered again", extra={"partition": run.lane.partition})
                    await self._offer(run)

    async def work(self, run: Run) -> None:
        """Checkpoint a run, unless its lane was closed or rewound after it was read."""
        lane = run.lane
        async with lane.busy:
            try:
                if not (lane.closed or run.settled.is_set()) and run.epoch == lane.epoch:
                    await self._in_thread(lane.checkpoint, run)
            except Aborted as aborted:
                await self._recover(lane, aborted)
            except Exception as error:  # noqa: BLE001 - ends the process
                self._unless_closed(lane, _describe(error), error)
            finally:
                run.settled.set()

    async def _recover(self, lane: Lane, aborted: Aborted) -> None:
        """After an abort: the same records again, provided that the checkpoint before it really is there."""
        self._context.meter.aborted()
        logger.warning("checkpoint aborted", extra={"partition": lane.partition, "reason": str(aborted)})
        if lane.closed:
            return
        restorer = self._restorer(lane.partition, self._assignment)
        try:
            if not await self._in_thread(restorer.last_checkpoint_is_visible, lane.table):
                self.die("an acknowledged checkpoint is gone; the next start rebuilds the table", aborted)
            await self._in_thread(lane.rewind)
        except Exception as error:  # noqa: BLE001 - ends the process
            self._unless_closed(lane, "re-reading failed", error)

    async def release(self) -> None:
        """Let checkpoints in progress finish, then close all lanes. Idempotent."""
        self._begun = False
        lanes, self._lanes = list(self._lanes.values()), {}
        feeds, self._feeds = self._feeds, []
        for lane in lanes:
            lane.closed = True
        for lane in lanes:
            async with asyncio.timeout(RELEASE_SECONDS), lane.busy:
                pass
        for feed in feeds:
            feed.cancel()
        await asyncio.gather(*feeds, return_exceptions=True)
        await asyncio.gather(*(self._in_thread(lane.close) for lane in lanes))

    def _unless_closed(self, lane: Lane, what: str, error: Exception) -> None:
        """End the process, unless the partition number is no longer ours and the error only says so."""
        if lane.closed:
            logger.info("released lane dropped its run", extra={"partition": lane.partition, "reason": repr(error)})
            return
        self.die(what, error, lane.partition)

    def die(self, what: str, error: BaseException, partition: int | None = None) -> NoReturn:
        """End the process at once, acknowledging nothing."""
        logger.critical(what, exc_info=error, extra={"partition": partition})
        logging.shutdown()
        os._exit(EXIT_STATE_UNKNOWN)

    async def _in_thread(self, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


EXIT_STATE_UNKNOWN: Final = 70
"""EX_SOFTWARE of sysexits.h: what was acknowledged is safe, what was in flight is read again."""


def _describe(error: Exception) -> str:
    if isinstance(error, Fenced):
        return "fenced: another process owns this partition, or the transaction cannot be settled"
    if isinstance(error, PoisonRecord):
        return "a record of our own topics cannot be read"
    return "checkpoint failed"
