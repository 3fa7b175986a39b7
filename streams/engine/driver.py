"""Faust as the control plane: it assigns partitions and opens tables; fetching, restoring and committing are ours.

Leans on private names of Faust 0.15.3 and aiokafka 0.14.0; tests/agents/test_contracts.py pins those it overrides.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, ClassVar, Final

from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP
from yarl import URL

from streams.engine.restore import Superseded

logger = logging.getLogger(__name__)

COMMIT_SECONDS: Final = 2.0
"""aiokafka retries a commit for ever while the coordinator is away; nothing may wait for that, a shutdown least."""

PartitionEnds = Mapping[int, int]
TakeOver = Callable[[Iterable[int]], Awaitable[PartitionEnds]]


class ControlThread(AIOKafkaConsumerThread):
    """A member of the consumer group that fetches nothing: the lanes read for themselves."""

    _committing: asyncio.Task[None] | None = None

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        consumer = self._ensure_consumer()
        consumer.pause(*consumer.assignment())
        await super().on_partitions_assigned(assigned, generation_id)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust would warn that partitions are idle; they are idle for Faust on purpose."""

    async def commit_progress(self, offsets: Mapping[TP, int]) -> bool:
        """Commit for lag monitors. A failure changes nothing but what they see, until the next attempt."""
        return bool(await self.call_thread(self._commit_progress, offsets))

    async def _commit_progress(self, offsets: Mapping[TP, int]) -> bool:
        """One commit at a time, waited for briefly and never cut off: aiokafka shields its request from a cancellation,
        so that a frozen broker would collect one request a try, each to fail later with nobody left to hear of it.
        """
        if self._committing is not None and not self._committing.done():
            return False
        consumer = self._ensure_consumer()
        mine = consumer.assignment()
        wanted = {
            TopicPartition(tp.topic, tp.partition): OffsetAndMetadata(offset, "")
            for tp, offset in offsets.items()
            if tp in mine
        }
        self._committing = asyncio.ensure_future(consumer.commit(wanted))
        self._committing.add_done_callback(_told_where_it_failed)
        await asyncio.wait({self._committing}, timeout=COMMIT_SECONDS)
        return _succeeded(self._committing)


def _succeeded(commit: asyncio.Task[None]) -> bool:
    return commit.done() and not commit.cancelled() and commit.exception() is None


def _told_where_it_failed(commit: asyncio.Task[None]) -> None:
    """Raises what is not the broker's: the event loop logs it, and lag stays visible."""
    if not commit.cancelled() and (error := commit.exception()) is not None:
        if not isinstance(error, KafkaError):
            raise error
        logger.info("progress not committed", extra={"reason": repr(error)})


class ControlConsumer(Consumer):
    """Faust's consumer with our thread in it."""

    _thread: ControlThread

    def _new_consumer_thread(self) -> ControlThread:
        return ControlThread(self, loop=self.loop, beacon=self.beacon)

    async def commit_progress(self, offsets: Mapping[TP, int]) -> bool:
        """See `ControlThread.commit_progress`."""
        return await self._thread.commit_progress(offsets)


class ControlTransport(Transport):
    """The transport to set as `app.transport`."""

    Consumer: ClassVar[type[ControlConsumer]] = ControlConsumer


class LaneRecovery(Recovery):
    """Recovery done by the lanes: when Faust asks how far tables and changelogs are, they already agree."""

    take_over: TakeOver
    begin: Callable[[], None]

    async def _build_highwaters(self, _consumer: Any, tps: set[TP], destination: Counter[TP], title: str) -> None:
        if title != "active":
            raise NotImplementedError("standby replicas are not used")
        if self.app.consumer_generation_id != self._generation_id:
            raise RebalanceAgain
        assigned = frozenset(tps)  # Faust changes the set it passes when the next assignment comes
        try:
            ends = await self._undisturbed(self.take_over({tp.partition for tp in assigned}))
        except Superseded as error:
            raise RebalanceAgain from error
        destination.clear()
        for tp in assigned:
            destination[tp] = ends[tp.partition]

    @staticmethod
    async def _undisturbed(work: Awaitable[PartitionEnds]) -> PartitionEnds:
        """A rebalance cancels this coroutine, not the takeover: that one finds out by itself, and lets go cleanly."""
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def _build_offsets(self, _consumer: Any, tps: set[TP], destination: Counter[TP], _title: str) -> None:
        for tp in frozenset(tps):
            destination[tp] = self.active_highwaters[tp]

    async def _wait(self, coro: Any, timeout: Any = None) -> None:  # noqa: ARG002 - Faust gives it
        """Without Faust's limit of one request: a large table takes longer, and a cut-off ends recovery for good."""
        await super()._wait(coro)

    async def _seek_offsets(self, _consumer: Any, _tps: set[TP], _offsets: Counter[TP], _title: str) -> None:
        """Nothing is fetched, so nothing is sought."""

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        await super().on_recovery_completed(generation_id)
        if self.app.consumer_generation_id == generation_id:
            self.begin()


def table_manager(take_over: TakeOver, begin: Callable[[], None]) -> type[TableManager]:
    """The class for Faust's `TableManager` setting, its recovery bound to the lanes of one process."""

    class LaneTableManager(TableManager):
        @property
        def recovery(self) -> Recovery:
            if self._recovery is None:
                recovery = LaneRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
                recovery.take_over, recovery.begin = take_over, begin
                self._recovery = recovery
            return self._recovery

    return LaneTableManager


def control_transport(app: Any) -> ControlTransport:
    """The transport for `app`, to its configured brokers."""
    brokers = app.conf.broker
    return ControlTransport(brokers if isinstance(brokers, list) else [URL(str(brokers))], app)
