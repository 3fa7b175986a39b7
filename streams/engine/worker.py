"""Runs one agent as a process: the Faust worker, its health server, its exit codes.

Blocks until a signal ends it. SIGTERM and SIGINT let checkpoints in progress finish.
"""

from __future__ import annotations

import logging

import faust

from schemas.codec import Codec
from streams.engine.broker import Broker
from streams.engine.loop import Engine, build_engine
from streams.engine.transaction import COMMIT_PATIENCE_SECONDS, transactional_config
from streams.ports import Processor
from topology import interpreter, metrics, tracing
from topology.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from topology.generations import group_of, topic_of
from topology.guarantees import Demands
from topology.guard import refuse_weaker
from topology.health import HealthServer, Readiness
from topology.kafka import client_config
from topology.metrics import Meters
from topology.settings import Settings
from topology.stages import Stage

logger = logging.getLogger(__name__)


STALLED_SECONDS = 120.0
"""Without a checkpoint or an idle poll for this long a worker is not alive: two broker restarts fit in."""


def demands(settings: Settings, stage: Stage, app: faust.App) -> Demands:
    """What an agent's promise rests on: its clients as they will be, and every topic it reads or writes."""
    clients = client_config(settings)
    names = {*stage.inputs, *stage.outputs, *([stage.changelog] if stage.changelog else [])}
    group = group_of(stage, settings.generation)
    return Demands(
        producers={"checkpoint": transactional_config(clients, group)},
        consumers={
            "lane": Broker(clients, group).reader_config,
            "member": {
                "enable.auto.commit": False,  # Faust says so in its code, which a contract test reads
                "session.timeout.ms": int(app.conf.broker_session_timeout * 1_000),
                "max.poll.interval.ms": int(app.conf.broker_rebalance_timeout * 1_000),
            },
        },
        topics=sorted(topic_of(name, settings.generation) for name in names),
        concurrency=max(agent.concurrency for agent in app.agents.values()),
        commit_seconds=COMMIT_PATIENCE_SECONDS,
    )


def run_worker(settings: Settings, processor: Processor, codec: Codec, meters: Meters | None = None) -> int:
    """Work until a signal comes; returns the exit code. Raises OSError where the metrics port is taken.

    Refuses to start (2) on settings weaker than the promise needs, and asks to be started again (75) without a
    broker, or without a registry that it has never spoken to.
    """
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    meters = meters or metrics.build(processor.stage.name)
    spans = tracing.of(settings, processor.stage.name, meters)
    engine = build_engine(settings, processor, codec, meters, spans)
    try:
        refuse_weaker(settings, demands(settings, processor.stage, engine.app))
        codec.learn(processor.stage.records)
    except Misconfigured as error:
        logger.critical("refuses to start: %s", error)
        return MISCONFIGURED
    except Retryable as error:
        logger.critical("cannot start yet: %s", error)
        return TRY_LATER
    health = HealthServer(
        settings.metrics_port,
        ready=lambda: _ready(engine),
        live=lambda: _live(engine, settings.recovery_deadline_seconds),
        host=settings.metrics_host,
        registry=meters.registry if settings.enable_metrics else None,
    )
    if settings.metrics_port:
        health.start()
    interpreter.look_seldom_for_garbage()
    spans.start()
    try:
        return _run(engine.app, settings.log_level)
    finally:
        health.stop()
        spans.stop()


def _run(app: faust.App, log_level: str) -> int:
    worker = faust.Worker(app, loglevel=log_level, quiet=True, override_logging=False, redirect_stdouts=False)
    worker.spinner = None
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def _ready(engine: Engine) -> Readiness:
    """Ready once Faust has joined its group and every assigned partition is restored; a spare worker is ready too.

    Asks nothing of Faust: its services bind to the event loop of the thread that first touches them.
    """
    lag = sum(engine.lanes.lag().values())
    partitions = ",".join(map(str, engine.lanes.partitions))
    return Readiness(ready=engine.lanes.begun, checks={"partitions": partitions, "lag_records": str(lag)})


def _live(engine: Engine, recovery_deadline_seconds: float) -> Readiness:
    """Alive while there is nothing to do or something gets done, and while partitions are restored within the deadline.

    Idle polls are no progress where there is lag: a reader that hears nothing of a broker polls idly too.
    """
    opening = engine.lanes.opening_seconds
    stuck = max(engine.meter.seconds_since_progress, engine.stall.seconds)
    return Readiness(
        ready=opening <= recovery_deadline_seconds and stuck <= STALLED_SECONDS,
        checks={"seconds_since_progress": f"{stuck:.1f}", "seconds_without_partitions_at_work": f"{opening:.1f}"},
    )
