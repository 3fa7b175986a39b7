"""Puts a sink process together: log, sink, loop, meters, probes, signals.

The one place that chooses implementations, and imports only the chosen one: a driver takes a while and some memory.
It is handed the settings and reads nothing itself.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Protocol

from prometheus_client import CollectorRegistry

from schemas import registry
from sinks.consumer import Limits, SinkLoop
from sinks.decoding import Reader, decode
from sinks.log import KafkaLog
from sinks.meters import SinkMeters
from sinks.ports import Fenced, PoisonRecord, Sink
from sinks.postgres.skips import PostgresSkips
from topology import interpreter, kafka, metrics, tracing
from topology.errors import MISCONFIGURED, TAKEN_OVER, TRY_LATER, Misconfigured, Retryable
from topology.generations import FIRST, group_of, shadow_of, topic_of
from topology.guarantees import Demands
from topology.guard import refuse_weaker
from topology.health import HealthServer, Readiness
from topology.kafka import ClientConfig, consumer_config
from topology.settings import KEPT_SCHEMAS, Settings
from topology.stages import EMBEDDINGS_SINK, POSTGRES_SINK, REDIS_SINK, Stage, of_model

log = logging.getLogger(__name__)

AHEAD_KILOBYTES = 32_768
"""What librdkafka fetches ahead of the loop at the most: all that a sink holds while its database is away. Several of
the largest batches fit in; the default is twice as much."""


EMBEDDED_AT_ONCE = 64
"""Messages: about a second of an embedder's work on one core, and several where texts are long; probes miss a sink that
makes no progress for 15 s."""


class Stoppable(Protocol):
    def stop(self) -> None: ...


class Probed(Protocol):
    registry: CollectorRegistry

    def ready(self) -> Readiness: ...

    def live(self) -> Readiness: ...


def postgres_sink(settings: Settings) -> Sink:
    from sinks.postgres.writer import PostgresSink

    url = settings.database_url.get_secret_value()
    return PostgresSink(url, sink=POSTGRES_SINK.group, generation=settings.generation)


def redis_sink(settings: Settings) -> Sink:
    from sinks.redis.writer import RedisSink

    url = settings.redis_url.get_secret_value()
    return RedisSink(url, ttl_seconds=settings.cache_ttl, generation=settings.generation)


def embeddings_sink(settings: Settings) -> Sink:
    """Raises Misconfigured, where there is no such embedder or its runtime is not there; Retryable."""
    from sinks.embeddings.catalogue import embedder
    from sinks.embeddings.models import Models
    from sinks.embeddings.writer import VectorSink

    url, chosen = settings.database_url.get_secret_value(), embedder(settings.embedding_model)
    Models(url=url).create(chosen.name)
    return VectorSink(url, sink=of_model(EMBEDDINGS_SINK, chosen.name).group, embedder=chosen)


SINKS: dict[str, tuple[Stage, Callable[[Settings], Sink]]] = {
    stage.name: (stage, build)
    for stage, build in (
        (POSTGRES_SINK, postgres_sink),
        (REDIS_SINK, redis_sink),
        (EMBEDDINGS_SINK, embeddings_sink),
    )
}


def stage_of(settings: Settings, name: str) -> Stage:
    """The stage that a sink's process runs. Raises Misconfigured where there is no embedding model to run it for."""
    stage = SINKS[name][0]
    if stage is not EMBEDDINGS_SINK:
        return stage
    if not settings.embedding_model:
        raise Misconfigured("EMBEDDING_MODEL names no embedder: see docs/semantic.md")
    return of_model(stage, settings.embedding_model)


def skips_of(settings: Settings, stage: Stage) -> PostgresSkips:
    url = settings.database_url.get_secret_value()
    return PostgresSkips(url, sink=stage.group, generation=settings.generation)


def run(settings: Settings, name: str, *, instance_id: str | None = None, shadow: bool = False) -> int:
    """Follow the log until SIGTERM or SIGINT. Returns the exit code: 0 after a signal, 1 after a failure.

    A shadow lands only what belongs to its generation, in a group of its own.
    76 where another process has taken its partitions over, 2 where the database lacks the generation's tables.

    2 where settings are weaker than the promise needs, 75 where no broker answers, or a registry it never spoke to:
    nothing was begun then.
    """
    try:
        return _follow(settings, name, instance_id, shadow=shadow)
    except Misconfigured as error:
        log.critical("refuses to start: %s", error)
        return MISCONFIGURED
    except Retryable as error:
        log.critical("cannot start yet: %s", error)
        return TRY_LATER


def _follow(settings: Settings, name: str, instance_id: str | None, *, shadow: bool) -> int:
    """Raises Misconfigured or Retryable before anything is begun."""
    stage = shadow_of(SINKS[name][0]) if shadow else stage_of(settings, name)
    config = _kafka(settings, stage, instance_id)
    topics = [topic_of(topic, settings.generation) for topic in (*stage.inputs, *stage.counts)]
    codec = registry.codec(settings.schema_registry_url, settings.state_dir / KEPT_SCHEMAS)
    refuse_weaker(settings, Demands(consumers={"member": config}, topics=topics))
    codec.learn(stage.records)
    sink = SINKS[name][1](settings)
    with tracing.running(settings, f"sink-{name}", counted := metrics.build(stage.name)) as spans:
        member = KafkaLog(
            config, (*stage.inputs, *stage.counts), generation=settings.generation, keeps_headers=spans.enabled
        )
        meters = SinkMeters(counted, adrift_seconds=member.adrift_seconds, tracing=spans)
        loop = SinkLoop(
            log=member,
            sink=sink,
            reader=Reader(partial(decode, codec), skips=skips_of(settings, stage), counted=stage.counts),
            limits=_limits(settings, name),
            meters=meters,
        )
        interpreter.look_seldom_for_garbage()
        interpreter.let_threads_take_turns()
        with _stopped_by_signals(loop), _probes(settings, meters):
            return _exit_code(loop, meters, partial(_to_skip, settings, name))


def _limits(settings: Settings, name: str) -> Limits:
    most = EMBEDDED_AT_ONCE if name == EMBEDDINGS_SINK.name else settings.sink_batch_records
    return Limits(
        batch_records=min(most, settings.sink_batch_records), batch_wait_seconds=settings.sink_batch_wait_ms / 1_000
    )


def seal(settings: Settings, *, watch: bool, rebuild: bool, tenant_id: str | None, say: Callable[[str], None]) -> int:
    """Bring messages into blocks: what is due, and once that is done, end; or until SIGTERM. Returns the exit code.

    Rebuilding does every block of the tenant, or of all, anew. `say` is told of each step, but while watching.
    """
    from sinks.postgres.sealing.steps import Sealing
    from sinks.sealer import Sealer, SealerMeters

    meters = SealerMeters(metrics.build("sealer"))
    sealing = Sealing(settings.database_url.get_secret_value())
    sealer = Sealer(sealing, meters)
    try:
        with _stopped_by_signals(sealer), _probes(settings, meters):
            if watch:
                sealer.watch()
                return 0
            for one in sealing.tenants(tenant_id):
                steps = sealer.rebuild(one, lambda at, of: say(f"{at} of {of} blocks")) if rebuild else None
                for step in steps or sealer.work_through([one]):
                    say(f"{step.kind} {step.messages} messages of {one} in {step.seconds:.1f} s")
    except Misconfigured as error:
        log.critical("stops: %s", error)
        return MISCONFIGURED
    finally:
        sealing.close()
    return 0


def _exit_code(loop: SinkLoop, meters: SinkMeters, to_skip: Callable[[PoisonRecord], str]) -> int:
    try:
        loop.run()
    except Fenced:
        meters.fenced()
        log.critical("fenced: another process owns its partitions now; nothing of its last batch was written")
        return TAKEN_OVER
    except PoisonRecord as poison:
        log.critical("stops before a record: %s. Mend what is wrong, or give it up: %s", poison, to_skip(poison))
        return 1
    except Misconfigured as error:
        log.critical("stops: %s", error)
        return MISCONFIGURED
    except Exception as error:
        log.critical("stops, with nothing acknowledged that is not durable: %s", error, exc_info=error)
        return 1
    return 0


def _to_skip(settings: Settings, name: str, poison: PoisonRecord) -> str:
    """The command for an operator."""
    at, generation = poison.position, f"GENERATION={settings.generation} " if settings.generation > FIRST else ""
    return f'{generation}python -m sinks skip --sink {name} {at.topic} {at.partition} {at.offset} --reason "..."'


def _kafka(settings: Settings, stage: Stage, instance_id: str | None) -> ClientConfig:
    own: ClientConfig = {
        "fetch.wait.max.ms": settings.sink_batch_wait_ms,
        "queued.max.messages.kbytes": AHEAD_KILOBYTES,
    }
    config = consumer_config(settings, group=group_of(stage, settings.generation)) | own
    static = instance_id or kafka.instance_id(settings)
    return config | {"group.instance.id": static} if static else config


@contextmanager
def _probes(settings: Settings, meters: Probed) -> Iterator[None]:
    if not settings.metrics_port:
        yield
        return
    server = HealthServer(
        settings.metrics_port, meters.ready, live=meters.live, registry=meters.registry, host=settings.metrics_host
    )
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def _stopped_by_signals(loop: Stoppable) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        loop.stop()

    former = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
