"""The control plane: takes partition numbers over when Faust assigns them, lets go of them when it revokes them.

Runs on the event loop and sends everything that blocks to worker threads. An error of the surroundings ends the
process: nothing is acknowledged, the supervisor starts it again, and Kafka gives the same records once more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

from streams.engine.lane import Lane, LaneContext, Run
from streams.engine.restore import Restorer, RestoreReport, Superseded
from streams.engine.table import PartitionTable
from streams.engine.transaction import Aborted, Fenced, TransactionalWriter
from streams.ports import PoisonRecord
from streams.processors.poison_limit import TooMuchPoison
from topology.errors import Retryable
from topology.kafka import ClientConfig

T = TypeVar("T")

logger = logging.getLogger(__name__)

THREADS: Final = 64
"""Two a lane (one reads ahead while one checkpoints) and a few for takeovers; threads that wait cost little."""

RELEASE_SECONDS: Final = 50.0
"""A checkpoint takes milliseconds; one that takes longer than this has lost its broker, and the group is about to go on
without us (its rebalance timeout is 60 s). The process then ends, and the next owner settles the transaction."""

MOST_ABORTS: Final = 5
"""In a row, of one lane: what fails so often fails for a reason that a person has to see."""

ABORT_PAUSE_SECONDS: Final = 0.1
"""Before the first retry; doubled with each."""

HANDOVER_SECONDS: Final = 15.0
"""How long Faust may take to hand a run to the agent; it clears its queues around rebalances (DESIGN F12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A lane that is fenced, restored and open, not yet fed."""

    lane: Lane
    report: RestoreReport


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
        self._prepared = 0
        self._begun = False
        self._opening_since: float | None = time.monotonic()

    @property
    def opening_seconds(self) -> float:
        """How long this process has been on its way to partitions it works on; 0 once it works, or has none to."""
        return 0.0 if self._opening_since is None else time.monotonic() - self._opening_since

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
        return {lane.partition: lane.lag for lane in self._lanes.values()}

    async def take_over(self, tables: Mapping[int, PartitionTable]) -> Mapping[int, RestoreReport]:
        """Fence former owners and restore the tables. Raises Superseded where a newer call or a revocation came."""
        self._assignment += 1
        mine = self._assignment
        async with self._takeover:
            await self.release()
            logger.info("takes partitions over", extra={"partitions": sorted(tables)})
            work = [self._in_thread(self._prepare, number, table, mine) for number, table in tables.items()]
            prepared = await asyncio.gather(*work, return_exceptions=True)
            opened = [each for each in prepared if isinstance(each, Prepared)]
            failed = [each for each in prepared if isinstance(each, BaseException)]
            if mine != self._assignment:
                await asyncio.gather(*(self._in_thread(each.lane.close) for each in opened))
                logger.info("takeover given up: the group has shared its partitions out anew")
                raise Superseded
            if failed:
                self.die("takeover failed", failed[0])
            self._lanes = {each.lane.partition: each.lane for each in opened}
            self._prepared = mine
            return {each.lane.partition: each.report for each in opened}

    def _prepare(self, number: int, table: PartitionTable, assignment: int) -> Prepared:
        writer = TransactionalWriter(self._client_config, f"{self._context.group}-{number}")
        try:
            writer.take_over(lambda: assignment == self._assignment)
            report = self._restorer(number, assignment).restore(table)
            lane = Lane(self._context, number, table, writer)
            lane.open()
        except BaseException:
            table.close()
            writer.close()
            raise
        if report.rebuilt is not None:
            self._context.meter.rebuilt()
            logger.warning("table rebuilt from its changelog", extra={"partition": number, "reason": report.rebuilt})
        return Prepared(lane=lane, report=report)

    def _restorer(self, number: int, assignment: int) -> Restorer:
        return Restorer(self._context.broker, self._context.changelog, number, lambda: assignment == self._assignment)

    def begin(self) -> None:
        """Start feeding the agent, once Faust is ready for runs. Without effect where a revocation came first."""
        if self._prepared != self._assignment:
            return
        for lane in self._lanes.values():
            self._context.meter.progressed(lane.partition)
        self._feeds = [asyncio.ensure_future(self._feed(lane)) for lane in self._lanes.values()]
        self._begun = True
        self._opening_since = None
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
                if run.records or lane.wants_mark(run):
                    previous = run
                    await self._offer(run)
                else:
                    lane.rest(run)
                    self._context.meter.progressed(lane.partition)
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
                while not (lane.closed or run.settled.is_set()) and run.epoch == lane.epoch:
                    if await self._checkpointed(run):
                        break
            except Aborted as aborted:
                await self._recover(lane, aborted)
            except Exception as error:  # noqa: BLE001 - ends the process
                self._unless_closed(lane, _describe(error), error)
            finally:
                run.settled.set()

    async def _checkpointed(self, run: Run) -> bool:
        """False, after a pause, where what the run needs is away, such as a schema: nothing of it was begun."""
        try:
            await self._in_thread(run.lane.checkpoint, run)
        except Retryable as away:
            logger.warning("waits with a run", extra={"partition": run.lane.partition, "reason": str(away)})
            await asyncio.sleep(away.retry_after_seconds)
            return False
        return True

    async def _recover(self, lane: Lane, aborted: Aborted) -> None:
        """After an abort: the same records again, provided that the checkpoint before it really is there."""
        self._context.meter.aborted()
        lane.aborts += 1
        if lane.aborts >= MOST_ABORTS:
            self.die(f"{MOST_ABORTS} checkpoints in a row were aborted", aborted, lane.partition)
        logger.warning("checkpoint aborted", extra={"partition": lane.partition, "reason": str(aborted)})
        await asyncio.sleep(ABORT_PAUSE_SECONDS * 2**lane.aborts)
        if lane.closed:
            return
        restorer = self._restorer(lane.partition, self._assignment)
        try:
            if not await self._in_thread(restorer.last_checkpoint_is_visible, lane.table):
                self.die("an acknowledged checkpoint is gone; the next start rebuilds the table", aborted)
            await self._in_thread(lane.rewind)
        except Exception as error:  # noqa: BLE001 - ends the process
            self._unless_closed(lane, "re-reading failed", error)

    async def revoke(self) -> None:
        """Faust takes partitions away: let go of all lanes, and of a takeover that is under way."""
        self._assignment += 1
        await self.release()

    async def release(self) -> None:
        """Let checkpoints in progress finish, then close all lanes. Idempotent."""
        self._begun = False
        if self._opening_since is None:
            self._opening_since = time.monotonic()
        lanes, self._lanes = list(self._lanes.values()), {}
        feeds, self._feeds = self._feeds, []
        for lane in lanes:
            lane.closed = True
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                for lane in lanes:
                    async with lane.busy:
                        pass
        except TimeoutError as error:
            self.die("a checkpoint did not end in time", error)
        for feed in feeds:
            feed.cancel()
        await asyncio.gather(*feeds, return_exceptions=True)
        await asyncio.gather(*(self._in_thread(lane.close) for lane in lanes))
        self._context.meter.released()

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
        os._exit(EXIT_TOO_MUCH_POISON if isinstance(error, TooMuchPoison) else EXIT_STATE_UNKNOWN)

    async def _in_thread(self, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)


EXIT_STATE_UNKNOWN: Final = 70
"""EX_SOFTWARE of sysexits.h: what was acknowledged is safe, what was in flight is read again."""

EXIT_TOO_MUCH_POISON: Final = 65
"""EX_DATAERR: started again, it will stop at the same record, until a person has decided."""


def _describe(error: Exception) -> str:
    if isinstance(error, TooMuchPoison):
        return f"too much that cannot be read: {error}"
    if isinstance(error, Fenced):
        return "fenced: another process owns this partition, or the transaction cannot be settled"
    if isinstance(error, PoisonRecord):
        return "a record of our own topics cannot be read"
    return "checkpoint failed"
