"""The composition root: the real PostgreSQL, Redis, Kafka and registry behind the ports.

Connects lazily, so that the service starts while they are away, and says that it is not ready.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import httpx
from confluent_kafka import Consumer
from redis.asyncio import Redis

from api.answers.cache import CachedRecall
from api.audit.trail import WRITE_EVERY_SECONDS as WRITE_TRAIL_EVERY
from api.audit.trail import Trail
from api.background import keep_doing
from api.context import tokens
from api.expiry import Expiry
from api.freshness.kafka import KafkaOffsets
from api.freshness.told import Told
from api.freshness.watch import FreshnessWatch, Lag, keep_looking
from api.ingest.kafka import KafkaLog
from api.limits.store import RedisCounters
from api.limits.strangers import strangers_of
from api.ports import Dependencies, Probe
from api.readers import pools, statements
from api.readers.admin import AdminReader
from api.readers.audit import AuditReader
from api.readers.context import ContextReader
from api.readers.database import Database
from api.readers.index.source import SealedMessages
from api.readers.index.wide import WideIndex
from api.readers.items import ItemReader
from api.readers.keys import KeyDesk, StoredKeys
from api.readers.landed import LandedReader
from api.readers.ledger import Ledger
from api.readers.meaning import Asker
from api.readers.outcomes import OutcomeReader
from api.readers.overdue import OverdueReader
from api.readers.people import PeopleReader
from api.readers.profiles import ProfileReader
from api.readers.recall import RecallReader
from api.readers.replica import Coverage, Replica
from api.readers.serving import ServingReader
from api.readers.wall import require_apart
from api.tokens.keys import FETCH_SECONDS, JwksKeys
from api.tokens.reading import SharedSecret, TokenReader, rules_of
from api.uses import WRITE_EVERY_SECONDS as WRITE_USES_EVERY
from api.uses import LastUses
from schemas.codec import Codec
from schemas.registry import RegistrySchemaIds
from streams.extraction.slots import ALL_BUILT_IN, Catalogues
from topology import kafka
from topology.guarantees import Cluster, Demands, require
from topology.metrics import API_INDEX_BYTES, API_PENDING, API_SEMANTIC, Meters
from topology.retention import KEPT_BY_DEFAULT, RetentionPolicies
from topology.settings import Settings
from topology.topics import TopicName

MEGABYTE = 1_000_000
REDIS_SECONDS = 1.0
"""A cache that takes longer is slower than what it caches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A probe that calls one function."""

    ask: Callable[[], Awaitable[object]]

    async def check(self) -> None:
        await self.ask()


@asynccontextmanager
async def connect(
    settings: Settings,
    meters: Meters,
    catalogues: Catalogues = ALL_BUILT_IN,
    retention: RetentionPolicies = KEPT_BY_DEFAULT,
) -> AsyncIterator[Dependencies]:
    """The world, for as long as the context lasts. What is under way to Kafka is sent before it ends.

    Raises Misconfigured, before anything is connected to, where its producer is weaker than what an answer promises.
    """
    demands = Demands(producers={"api": kafka.producer_config(settings)})
    require(demands, Cluster(), production=settings.app_env == "production")
    async with AsyncExitStack() as stack:
        told = Told()
        database = await _database(stack, settings, meters, told)
        redis = await _redis(stack, settings)
        offsets = _offsets(stack, settings)
        serving = ServingReader(database)
        watch = _watch(stack, offsets, serving, meters, told)
        await asyncio.to_thread(tokens.load)
        source, meaning = _sealed(database, settings, meters), _asker(stack, settings, database, meters)
        reader = RecallReader(database, retention, catalogues, source=source, meaning=meaning)
        log = _log(stack, settings)
        trail, uses = _ledger(stack, settings, meters)  # after the log, whose end may take longer than there is time
        yield Dependencies(
            keys=StoredKeys(database),
            log=log,
            freshness=watch,
            outcomes=OutcomeReader(database),
            items=ItemReader(database, retention, catalogues),
            people=PeopleReader(database),
            profiles=ProfileReader(redis, database, settings.cache_ttl, retention, serving),
            recall=CachedRecall(reader, LandedReader(database).mark, settings, meters),
            counters=RedisCounters(redis),
            strangers=strangers_of(redis, settings.failed_keys_per_minute),
            surroundings=ContextReader(database, retention, catalogues),
            uses=uses,
            audit=trail,
            audited=AuditReader(database),
            desk=AdminReader(KeyDesk(settings.service_database_url), database),
            tokens=await _tokens(stack, settings, meters),
            needed=_needed(database, offsets),
            helpful={"redis": Asked(ask=redis.ping)},
        )


def _needed(database: Database, offsets: KafkaOffsets) -> dict[str, Probe]:
    return {
        "postgresql": Asked(ask=lambda: _has_tables(database)),
        "kafka": Asked(ask=lambda: offsets.ends([TopicName.EVENTS])),
    }


@asynccontextmanager
async def connect_expiry(settings: Settings, retention: RetentionPolicies, *, dry_run: bool) -> AsyncIterator[Expiry]:
    """The job that enforces retention, on the real PostgreSQL, and Kafka unless it only looks."""
    async with AsyncExitStack() as stack:
        items = OverdueReader(Database(await _opened(stack, pools.make_pool(settings))))
        yield Expiry(items=items, log=None if dry_run else _log(stack, settings), retention=retention)


async def _database(stack: AsyncExitStack, settings: Settings, meters: Meters, told: Told) -> Database:
    """Under the wall between tenants: no connection is used whose login could pass it."""
    primary = await _opened(stack, pools.make_pool(settings, settings.service_database_url, require_apart))
    pools.follow(meters, "primary", primary)
    url = settings.database_replica_url.get_secret_value()
    if not url:
        return Database(primary)
    pool = await _opened(stack, pools.make_pool(settings, url, require_apart))
    pools.follow(meters, "replica", pool)
    replica = Replica(pool, primary, Coverage(told))
    stack.push_async_callback(_end, asyncio.create_task(replica.keep_looking()))
    return Database(primary, replica)


async def _opened(stack: AsyncExitStack, pool: pools.Pool) -> pools.Pool:
    await pool.open(wait=False)
    stack.push_async_callback(pool.close)
    return pool


async def _redis(stack: AsyncExitStack, settings: Settings) -> Redis:
    redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        decode_responses=True,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )
    stack.push_async_callback(redis.aclose)
    return redis


def _log(stack: AsyncExitStack, settings: Settings) -> KafkaLog:
    ids = RegistrySchemaIds(settings.schema_registry_url)
    stack.callback(ids.close)
    log = KafkaLog(kafka.producer_config(settings), Codec(ids), settings.partitions)
    log.start()
    stack.push_async_callback(asyncio.to_thread, log.stop)
    return log


def _ledger(stack: AsyncExitStack, settings: Settings, meters: Meters) -> tuple[Trail, LastUses]:
    """Written in the background. When it ends, what waits is written or logged before the connection is closed."""
    ledger = Ledger(settings.service_database_url)
    trail, uses = Trail(ledger, meters), LastUses(ledger, meters)
    stack.push_async_callback(ledger.close)
    stack.push_async_callback(uses.close)
    stack.push_async_callback(trail.close)
    for flush, every in ((trail.flush, WRITE_TRAIL_EVERY), (uses.flush, WRITE_USES_EVERY)):
        stack.push_async_callback(_end, asyncio.create_task(keep_doing(flush, every)))
    return trail, uses


async def _tokens(stack: AsyncExitStack, settings: Settings, meters: Meters) -> TokenReader | None:
    """Raises Misconfigured."""
    rules = rules_of(settings)
    if rules is None:
        return None
    if secret := settings.jwt_secret.get_secret_value():
        return TokenReader(rules, SharedSecret(secret.encode()))
    client = await stack.enter_async_context(httpx.AsyncClient(timeout=FETCH_SECONDS))
    return TokenReader(rules, JwksKeys(client, settings.jwt_jwks_url, meters))


def _offsets(stack: AsyncExitStack, settings: Settings) -> KafkaOffsets:
    offsets = KafkaOffsets(lambda group: Consumer(kafka.consumer_config(settings, group=group)), settings.partitions)
    stack.push_async_callback(asyncio.to_thread, offsets.close)
    return offsets


def _asker(stack: AsyncExitStack, settings: Settings, database: Database, meters: Meters) -> Asker | None:
    """Raises Misconfigured where there is no such embedder, or its runtime is not installed."""
    if not settings.embedding_model:
        return None
    asker = Asker(database, report=lambda outcome: meters.add(API_SEMANTIC, outcome=outcome))
    stack.callback(asker.close)
    asker.load(settings.embedding_model)
    return asker


def _watch(
    stack: AsyncExitStack, offsets: KafkaOffsets, serving: ServingReader, meters: Meters, told: Told
) -> FreshnessWatch:
    shown: set[str] = set()

    def report(lag: Lag) -> None:
        for stage, pending in lag.stages.items():
            meters.set(API_PENDING, pending, stage=stage)
        for gone in shown - set(lag.stages):
            meters.forget(API_PENDING, stage=gone)
        shown.clear()
        shown.update(lag.stages)

    watch = FreshnessWatch(offsets, serving=serving.now, report=report, told=told)
    looking = asyncio.create_task(keep_looking(watch))
    stack.push_async_callback(_end, looking)
    return watch


def _sealed(database: Database, settings: Settings, meters: Meters) -> SealedMessages:
    index = WideIndex(
        most_bytes=settings.search_index_megabytes * MEGABYTE,
        report=lambda kept: meters.set(API_INDEX_BYTES, kept),
    )
    return SealedMessages(database=database, index=index, meters=meters)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _has_tables(database: Database) -> None:
    async with database.read(None) as rows:
        await rows.one(statements.READY, {})
