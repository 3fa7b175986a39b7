"""The engine's front door: a Faust application whose one agent checkpoints the runs of its lanes.

`build_worker` is all that a composition root needs; a processor learns nothing of what is in here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import faust
from faust.types import TP

from schemas.codec import Codec
from streams.engine.broker import Broker
from streams.engine.driver import ControlConsumer, control_transport, table_manager
from streams.engine.lane import LaneContext, Run, RunLimits
from streams.engine.lanes import Lanes
from streams.engine.meter import RunMeter
from streams.engine.table import PartitionTable
from streams.ports import Processor
from streams.processors.poison_limit import PoisonLimit
from topology import metrics
from topology.errors import Misconfigured
from topology.generations import client_id, group_of
from topology.health import StallWatch
from topology.kafka import client_config, instance_id
from topology.metrics import Meters
from topology.settings import Settings
from topology.tracing import OFF, Tracing

logger = logging.getLogger(__name__)

PROGRESS_SECONDS: Final = 0.1
"""How often the group's offsets are committed: for lag monitors, and for who waits until an event is queryable."""

REQUEST_SECONDS: Final = 30.0
"""An unanswered request of the group's member fails after this and is tried again; Faust's default is 90 s."""

NEVER_SECONDS: Final = 1e6
"""Faust's own commits have nothing to say (`_commit_progress` does), and it polls nothing: a limit on the time between
two polls would make a spare worker leave its group for good."""

TABLE_OPTIONS: Final[Mapping[str, Any]] = {
    "driver": "rocksdict",
    "block_cache_size": 8 << 20,  # Faust's default is 2 GiB a table and partition (DESIGN F11)
    "write_buffer_size": 8 << 20,
    "max_write_buffer_number": 2,
}


@dataclass(slots=True)
class Engine:
    """One agent's process: the Faust application and the lanes behind it."""

    app: faust.App
    lanes: Lanes
    meter: RunMeter
    stall: StallWatch
    """How long there has been lag and no checkpoint."""


def build_engine(
    settings: Settings, processor: Processor, codec: Codec, meters: Meters, tracing: Tracing = OFF
) -> Engine:
    """The application of one agent, ready to be run by a Faust worker. Connects to nothing yet."""
    clients, meter = client_config(settings), RunMeter(meters)
    context = LaneContext(
        processor=processor,
        codec=codec,
        broker=Broker(clients, group_of(processor.stage, settings.generation)),
        partitions=settings.partitions,
        limits=RunLimits(
            max_records=settings.run_max_records,
            max_wait_seconds=settings.run_max_wait_ms / 1_000,
        ),
        meter=meter,
        poison=PoisonLimit(
            longest=settings.poison_longest_run,
            share=settings.poison_largest_share,
            window=settings.poison_window_records,
        ),
        generation=settings.generation,
        tracing=tracing,
    )
    return _Assembly(settings, context, meters).engine


class _Assembly:
    """Ties the knot between Faust, which calls the lanes, and the lanes, which hand runs to a Faust agent."""

    def __init__(self, settings: Settings, context: LaneContext, meters: Meters) -> None:
        self._settings = settings
        self._context = context
        self._stage = context.processor.stage
        client, manager = client_id(self._stage, context.generation), table_manager(self._take_over, self._begin)
        app = self._app = _faust_app(settings, context.group, client, manager)
        app.transport = control_transport(app)
        self._table = app.Table(
            "state",
            key_type=bytes,
            value_type=bytes,
            partitions=settings.partitions,
            options=dict(TABLE_OPTIONS),
        )
        self._runs: Any = app.channel()
        self._working: set[asyncio.Task[None]] = set()
        self._lanes = Lanes(context, client_config(settings), self._offer)
        self._committed: dict[tuple[str, int], int] = {}
        self._register(app)
        self._stall = StallWatch()
        self.engine = Engine(app=app, lanes=self._lanes, meter=context.meter, stall=self._stall)
        meters.follow(metrics.PROGRESS_AGE_SECONDS, lambda: context.meter.seconds_since_progress)
        self._meters = meters

    def _register(self, app: faust.App) -> None:
        app.topics.add(app.topic(*self._context.topics, key_type=bytes, value_type=bytes))
        app.agent(self._runs, name=self._stage.name)(self._agent)
        app.task(self._report_progress)
        app.on_partitions_revoked.connect(self._on_revoked)  # type: ignore[arg-type]
        app.on_before_shutdown.connect(self._on_shutdown)  # type: ignore[arg-type]

    async def _agent(self, runs: faust.StreamT[Run]) -> None:
        """Hand each run to its lane; lanes work side by side, runs of one lane in order."""
        async for run in runs:
            task = asyncio.ensure_future(self._lanes.work(run))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _offer(self, run: Run) -> None:
        await self._runs.put(value=run)

    async def _take_over(self, partitions: Iterable[int]) -> Mapping[int, int]:
        """Fence and restore; the answer is the offset that Faust is to believe its tables have reached."""
        numbers = sorted(partitions)
        self._check_assignment(numbers)
        tables = {number: PartitionTable(self._database(number), self._context.codec) for number in numbers}
        reports = await self._lanes.take_over(tables)
        for number, report in reports.items():
            logger.info("partition taken over", extra={"partition": number, "restored_records": report.records})
        return {number: tables[number].applied_offset or 0 for number in numbers}

    def _check_assignment(self, numbers: list[int]) -> None:
        """A lane needs its number of every input; Faust assigns equal counts together."""
        assigned = {(tp.topic, tp.partition) for tp in self._app.consumer.assignment()}
        wanted = {(topic, number) for topic in self._context.topics for number in numbers}
        if missing := wanted - assigned:
            self._lanes.die("inputs are not co-partitioned", Misconfigured(f"not assigned: {sorted(missing)}"))

    def _database(self, number: int) -> Any:
        store: Any = self._table.data
        return store._db_for_partition(number)

    def _begin(self) -> None:
        self._committed.clear()
        self._lanes.begin()

    async def _on_revoked(self, _app: Any, _revoked: set[TP], **_: Any) -> None:
        await self._lanes.revoke()

    async def _on_shutdown(self, _app: Any, **_: Any) -> None:
        await self._commit_progress()
        await self._lanes.revoke()

    async def _report_progress(self) -> None:
        while not self._app.should_stop:  # Faust cancels this task when it stops
            await asyncio.sleep(PROGRESS_SECONDS)
            before = self._lanes.progress()
            await self._commit_progress()
            self._watch(moved=self._lanes.progress() != before)

    def _watch(self, *, moved: bool) -> None:
        lags = self._lanes.lag()
        for number, lag in lags.items():
            self._meters.set(metrics.LAG_RECORDS, lag, partition=number)
        self._stall.lags(sum(lags.values()))
        if moved:
            self._stall.moved()

    async def _commit_progress(self) -> None:
        progress = self._lanes.progress()
        changed = {TP(*where): offset for where, offset in progress.items() if self._committed.get(where) != offset}
        consumer = self._app.consumer
        if self._app.rebalancing:
            return
        if changed and isinstance(consumer, ControlConsumer) and await consumer.commit_progress(changed):
            self._committed.update({(tp.topic, tp.partition): offset for tp, offset in changed.items()})


def _faust_app(settings: Settings, group: str, client: str, manager: type) -> faust.App:
    session = float(settings.session_timeout_seconds)
    return faust.App(
        group,
        broker=[f"kafka://{server}" for server in settings.kafka_bootstrap_servers.split(",")],
        store="rocksdb://",
        datadir=str(settings.state_dir),
        TableManager=manager,
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        topic_replication_factor=settings.replication_factor,
        table_standby_replicas=0,
        consumer_group_instance_id=instance_id(settings),
        broker_client_id=client,
        broker_session_timeout=session,
        broker_heartbeat_interval=min(3.0, session / 4),
        broker_rebalance_timeout=60.0,
        broker_request_timeout=max(REQUEST_SECONDS, session),
        broker_commit_interval=NEVER_SECONDS,
        broker_max_poll_interval=NEVER_SECONDS,
        web_enabled=False,
        stream_wait_empty=False,
    )
