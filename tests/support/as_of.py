"""Answers as of a time, held against those of a second memory that was fed only the records of before.

The second memory runs the same stages in memory, over the same records with their positions and times, and lands in a
database of its own, where it is asked plainly. What has been deleted since is taken out of it first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, Protocol
from uuid import UUID

from api.models.items import ItemFilter
from api.models.recall import RecallRequest
from api.readers.database import Database
from api.readers.items import ItemReader
from api.readers.pools import make_pool
from api.readers.recall import RecallReader
from schemas.ids import ItemId, TenantId
from schemas.keys import join_key, split_key
from schemas.records import Evidence, MemoryItem, Message
from sinks import decoding
from sinks.log import RawRecord as SinkRaw
from sinks.ports import Batch, Partition, SinkRecord
from sinks.postgres.migrate import migrate
from sinks.postgres.writer import PostgresSink
from streams.ports import RawRecord
from streams.processors.knowing import KnownItem, Learned, as_known
from streams.replay import Replay, both_stages
from support.known import ANYBODY
from support.lives import EXTRACTOR
from support.memory import CODEC
from topology import tombstones
from topology.retention import KEPT_BY_DEFAULT
from topology.settings import Settings
from topology.tombstones import Words
from topology.topics import TopicName

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LANDED = (TopicName.MESSAGES, TopicName.EVIDENCE, TopicName.ITEMS, TopicName.PROFILES, TopicName.OUTCOMES)
Answer = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Asked:
    """What is asked, of whom, and how many items the answers as of a time held."""

    tenant_id: TenantId
    users: Sequence[str]
    conversations: Sequence[str]
    queries: Sequence[str]
    valid_at: Sequence[datetime]
    items: int = field(default=0)


class Answers(Protocol):
    """One memory that can be asked."""

    async def items(self, user_id: str, known_at: datetime | None, **narrowed: Any) -> list[dict[str, Any]]: ...

    async def item(self, item_id: str, known_at: datetime | None) -> dict[str, Any] | None: ...

    async def recall(self, known_at: datetime | None, **question: Any) -> list[dict[str, Any]]: ...


class ReaderAnswers:
    """Asked through the readers of the API."""

    def __init__(self, database: Database, tenant_id: TenantId, now: datetime) -> None:
        self._database = database
        self._tenant_id = tenant_id
        self._now = now

    async def items(
        self, user_id: str, known_at: datetime | None, limit: int = 100, **narrowed: Any
    ) -> list[dict[str, Any]]:
        reader = ItemReader(self._database, KEPT_BY_DEFAULT)
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            wanted = ItemFilter(known_at=known_at, **narrowed)
            page = await reader.of_user(self._tenant_id, user_id, wanted, limit, cursor, self._now)
            found.extend(item.model_dump(mode="json") for item in page.items)
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def item(self, item_id: str, known_at: datetime | None) -> dict[str, Any] | None:
        reader = ItemReader(self._database, KEPT_BY_DEFAULT)
        found = await reader.one(self._tenant_id, UUID(item_id), self._now, known_at)
        return found.model_dump(mode="json") if found else None

    async def recall(self, known_at: datetime | None, **question: Any) -> list[dict[str, Any]]:
        request = RecallRequest(known_at=known_at, **question)
        found = await RecallReader(self._database, KEPT_BY_DEFAULT).recall(self._tenant_id, request, self._now)
        return [result.model_dump(mode="json") for result in found]


async def answers_of(memory: Answers, asked: Asked, known_at: datetime | None) -> dict[str, Any]:
    """Everything that is asked, by question; without when and by what an item was learned."""
    told: dict[str, Any] = {}
    for user in asked.users:
        told[f"items of {user}"] = items = [_plain(each) for each in await memory.items(user, known_at)]
        asked.items += len(items) if known_at else 0
        for status in ("active", "retracted"):
            told[f"{status} items of {user}"] = [
                _plain(each) for each in await memory.items(user, known_at, status=status)
            ]
        for at in asked.valid_at:
            told[f"items of {user} at {at}"] = [
                _plain(each) for each in await memory.items(user, known_at, valid_at=at)
            ]
        for each in items[:3]:
            one = await memory.item(each["item_id"], known_at)
            told[f"item {each['item_id']}"] = _plain(one) if one else None
    for question in _questions(asked):
        told[f"recall {question}"] = await memory.recall(known_at, **question)
    return told


def _questions(asked: Asked) -> Iterator[dict[str, Any]]:
    for query in asked.queries:
        for conversation in asked.conversations:
            yield {"query": query, "conversation_id": conversation}
        for user in asked.users:
            yield {"query": query, "user_id": user}
            yield {"query": query, "user_id": user, "kinds": ["item"], "valid_at": asked.valid_at[0]}
        yield {"query": query}


def _plain(item: Answer) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "recorded_at"}


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Questions that are answered otherwise, and where the answers part."""
    asked = sorted(one.keys() | other.keys())
    return [f"{name}: {_parting(one.get(name), other.get(name))}" for name in asked if one.get(name) != other.get(name)]


def _parting(one: Any, other: Any) -> str:
    if not isinstance(one, list) or not isinstance(other, list):
        return f"{one} | {other}"
    pairs = zip_longest(one, other)
    return next(f"at {at}: {each} | {twin}" for at, (each, twin) in enumerate(pairs) if each != twin)


def replayed(records: Iterable[RawRecord], partitions: int) -> Replay:
    """Both stages over the records, one run after the other as they came."""
    replay = Replay(both_stages(EXTRACTOR, partitions=partitions), codec=CODEC, partitions=partitions)
    replay.take(sorted(records, key=lambda raw: (raw.position.topic, raw.position.partition, raw.position.offset)))
    return replay


def deleted_in(replay: Replay) -> dict[str, Message]:
    """Messages that are deleted, by key."""
    return {key: one for key, one in replay.latest(TopicName.MESSAGES, Message).items() if one.deleted_at is not None}


class Landing:
    """Lands topics of a replay in a database, as the sink does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ends: dict[Partition, int] = {}
        self._records: list[SinkRecord] = []

    def take(self, replay: Replay) -> Landing:
        for topic in LANDED:
            for raw in replay.log.records(topic):
                partition = Partition(topic=topic, number=raw.position.partition)
                self._add(_sink_record(partition, raw))
        return self

    def add(self, topic: TopicName, key: str, value: Message | MemoryItem | None) -> None:
        """One more record, at the end of a partition of its own."""
        partition = Partition(topic=topic, number=0)
        offset = max((end for one, end in self._ends.items() if one.topic == topic), default=0)
        at = value.recorded_at if value else datetime.max.replace(tzinfo=UTC)
        self._add(
            SinkRecord(partition=partition, offset=offset, timestamp=at, key=key, value=value, words=Words.ERASED)
        )

    def land(self) -> None:
        sink = PostgresSink(self._url, sink="as-of")
        sink.start(self._ends)
        sink.write(Batch(records=tuple(self._records), progress=dict(self._ends)))
        sink.stop()

    def _add(self, record: SinkRecord) -> None:
        self._ends[record.partition] = max(self._ends.get(record.partition, 0), record.offset + 1)
        self._records.append(record)


def _sink_record(partition: Partition, raw: RawRecord) -> SinkRecord:
    read = SinkRaw(
        partition=partition,
        offset=raw.position.offset,
        timestamp=raw.timestamp,
        key=raw.key,
        value=raw.value,
        headers=raw.headers,
    )
    return decoding.decode(CODEC, read)


def land_as_of(url: str, fed: Replay, deleted_since: Mapping[str, Message]) -> None:
    """What the second memory remembers, without the words that have been deleted since."""
    landing = Landing(url).take(fed)
    known = fed.latest(TopicName.MESSAGES, Message)
    for key, message in deleted_since.items():
        if key in known:
            landing.add(TopicName.MESSAGES, key, message)
    for key in fed.latest(TopicName.EVIDENCE, Evidence):
        if _message_of(key) in deleted_since:
            landing.add(TopicName.EVIDENCE, key, None)
    expected = {one.item.item_id: one.item for one in _items_without(fed, deleted_since)}
    for key, item in fed.latest(TopicName.ITEMS, MemoryItem).items():
        landing.add(TopicName.ITEMS, key, expected.get(item.item_id))
    landing.land()


def _message_of(key: str) -> str:
    tenant, _, _, conversation, message = split_key(key)
    return join_key(tenant, conversation, message)


def _items_without(fed: Replay, deleted_since: Mapping[str, Message]) -> list[KnownItem]:
    """The items by all evidence but that of those messages. Without any such, they are checked to be those sent."""
    last: dict[str, tuple[datetime, Evidence | None]] = {}
    for raw in fed.log.records(TopicName.EVIDENCE):
        key = (raw.key or b"").decode()
        value = None if raw.value is None else CODEC.decode(raw.value, Evidence)
        at = value.recorded_at if value else tombstones.read(raw.headers, raw.timestamp).recorded_at
        if _message_of(key) not in deleted_since:
            last[key] = (at, value)
    items = {ItemId(item.item_id): item for item in fed.latest(TopicName.ITEMS, MemoryItem).values()}
    learned = [
        Learned(item_id=ItemId(split_key(key)[2]), recorded_at=at, evidence=value) for key, (at, value) in last.items()
    ]
    found = as_known(ANYBODY, learned, items)
    if not deleted_since:
        sent = {item_id: _learned_alike(item) for item_id, item in items.items()}
        assert {one.item.item_id: _learned_alike(one.item) for one in found} == sent
    return found


def _learned_alike(item: MemoryItem) -> MemoryItem:
    return replace(item, recorded_at=_EPOCH)


@asynccontextmanager
async def asked_at(url: str, tenant_id: TenantId, now: datetime) -> AsyncIterator[ReaderAnswers]:
    """The memory at `url`, asked at that moment: what is over by then has expired."""
    pool = make_pool(Settings(database_url=url))
    await pool.open()
    yield ReaderAnswers(Database(pool), tenant_id, now)
    await pool.close()


def migrated(url: str) -> str:
    migrate(url)
    return url
