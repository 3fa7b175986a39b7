"""Records of the derived topics as a sink meets them, short to write: what a test does not say is ordinary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from schemas.enums import ItemStatus, Kind, OutcomeStatus, RetentionLevel, Role, Tense
from schemas.ids import ConversationId, EventId, ItemId, MessageId, TenantId, UserId, item_id
from schemas.keys import conversation_routing, join_key, partition_of, user_routing
from schemas.records import Evidence, Interval, MemoryItem, Message, Outcome, Position, Profile, ProfileEntry, Record
from sinks.ports import Batch, Partition, SinkRecord
from topology.tombstones import Words
from topology.topics import TopicName

TENANT = TenantId("acme")
ANNA = UserId("anna")
CONVERSATION = ConversationId("c/1")
PARTITIONS = 2
NOON = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)
SOURCE = Position(topic=TopicName.EVENTS.value, partition=1, offset=7)


def message(name: str, text: str | None, *, minute: int = 0, conversation: str = CONVERSATION) -> Message:
    """A message that Anna spoke `minute` minutes after noon; text None: deleted."""
    at = NOON + timedelta(minutes=minute)
    return Message(
        tenant_id=TENANT,
        conversation_id=ConversationId(conversation),
        message_id=MessageId(name),
        user_id=ANNA,
        speaker_name="Anna",
        role=Role.USER,
        text=text,
        occurred_at=at,
        timezone="Europe/Lisbon",
        reply_to=None,
        language="en",
        remember=True,
        recalled=False,
        attributes={"client": "test"},
        previous_message_id=None,
        edited_at=None,
        deleted_at=NOON if text is None else None,
        redactions=("payment_card",),
        recorded_at=at,
        revision=7,
        source=SOURCE,
    )


def item(value: str, *, slot: str = "home_city", status: ItemStatus = ItemStatus.ACTIVE) -> MemoryItem:
    """An item of Anna's that held since noon."""
    return MemoryItem(
        tenant_id=TENANT,
        user_id=ANNA,
        item_id=named(value, slot),
        kind=Kind.FACT,
        slot=slot,
        qualifier=None,
        value=value,
        canonical=value.lower(),
        status=status,
        confidence=0.9,
        validity=(
            Interval(valid_from=NOON - timedelta(days=9), valid_to=NOON - timedelta(days=8)),
            Interval(valid_from=NOON, valid_to=None),
        ),
        granularity=None,
        due_from=None,
        due_to=None,
        superseded_by=None,
        evidence_count=1,
        first_occurred_at=NOON,
        last_occurred_at=NOON,
        retention_level=RetentionLevel.LONG,
        extractor="rules@1",
        recorded_at=NOON,
        cause=SOURCE,
    )


def evidence(value: str, message_id: str | None = "m1", *, slot: str = "home_city") -> Evidence:
    """What Anna said of it in a message; None: a command of hers."""
    return Evidence(
        tenant_id=TENANT,
        user_id=ANNA,
        item_id=named(value, slot),
        kind=Kind.FACT,
        slot=slot,
        qualifier=None,
        value=value,
        canonical=value.lower(),
        conversation_id=CONVERSATION if message_id else None,
        message_id=message_id or "command-1",
        tense=Tense.PRESENT,
        confidence=0.9,
        start=10,
        end=10 + len(value),
        quote=value,
        rule="lives_in@1",
        extractor="rules@1",
        occurred_at=NOON,
        recorded_at=NOON,
        known_from=None,
        known_to=None,
        granularity=None,
        due_from=None,
        due_to=None,
        revision=7,
        source=SOURCE,
    )


def profile(*values: str) -> Profile:
    """Anna's, with one line a value."""
    return Profile(
        tenant_id=TENANT,
        user_id=ANNA,
        slots=tuple(
            ProfileEntry(
                item_id=named(value, "home_city"),
                kind=Kind.FACT,
                slot="home_city",
                qualifier=None,
                value=value,
                since=NOON,
                evidence_count=1,
                last_occurred_at=NOON,
            )
            for value in values
        ),
        top=(),
        active_items=len(values),
        recorded_at=NOON,
    )


def outcome(offset: int, *, status: OutcomeStatus = OutcomeStatus.STORED, items: tuple[ItemId, ...] = ()) -> Outcome:
    """Of the event at `offset`."""
    return Outcome(
        source=replace(SOURCE, offset=offset),
        status=status,
        reasons=("redacted",),
        tenant_id=TENANT,
        conversation_id=CONVERSATION,
        event_id=EventId(f"e{offset}"),
        message_id=MessageId(f"m{offset}"),
        item_ids=items,
        recorded_at=NOON,
    )


def named(value: str, slot: str = "home_city") -> ItemId:
    return item_id(TENANT, ANNA, "fact", slot, value.lower())


def topic_of(record: Record) -> TopicName:
    return {
        Message: TopicName.MESSAGES,
        MemoryItem: TopicName.ITEMS,
        Evidence: TopicName.EVIDENCE,
        Profile: TopicName.PROFILES,
        Outcome: TopicName.OUTCOMES,
    }[type(record)]


def key_of(record: Record) -> str:
    """Of its Kafka record."""
    match record:
        case Message():
            return join_key(record.tenant_id, record.conversation_id, record.message_id)
        case MemoryItem():
            return join_key(record.tenant_id, record.user_id, record.item_id)
        case Evidence():
            conversation = record.conversation_id or ""
            return join_key(record.tenant_id, record.user_id, record.item_id, conversation, record.message_id)
        case Profile():
            return join_key(record.tenant_id, record.user_id)
        case Outcome():
            return join_key(record.source.topic, str(record.source.partition), str(record.source.offset))
    raise LookupError(type(record).__name__)


def number_of(record: Record, partitions: int = PARTITIONS) -> int:
    """The number of its partition."""
    match record:
        case Message():
            return partition_of(conversation_routing(record.tenant_id, record.conversation_id), partitions)
        case MemoryItem() | Evidence() | Profile():
            return partition_of(user_routing(record.tenant_id, record.user_id), partitions)
        case Outcome():
            return record.source.partition
    raise LookupError(type(record).__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """The end of the key that `of` has."""

    of: Record
    words: Words = Words.KEPT


@dataclass(slots=True)
class Topics:
    """Partitions in memory: records appended get the next offset of theirs, as a broker would give it."""

    records: list[SinkRecord] = field(default_factory=list)
    ends: dict[Partition, int] = field(default_factory=dict)

    def append(self, *said: Record | Tombstone) -> None:
        for one in said:
            record = one.of if isinstance(one, Tombstone) else one
            partition = Partition(topic=topic_of(record), number=number_of(record))
            offset = self.ends.get(partition, 0)
            self.ends[partition] = offset + 1
            self.records.append(
                SinkRecord(
                    partition=partition,
                    offset=offset,
                    timestamp=NOON + timedelta(hours=1),
                    key=key_of(record),
                    value=None if isinstance(one, Tombstone) else record,
                    words=one.words if isinstance(one, Tombstone) else Words.KEPT,
                )
            )

    def batches(self, *cuts: int) -> list[Batch]:
        """All of it, cut before the records of these numbers."""
        bounds = [0, *sorted(cuts), len(self.records)]
        parts = (self.records[start:end] for start, end in pairwise(bounds))
        return [batch_of(part) for part in parts if part]


def batch_of(records: list[SinkRecord]) -> Batch:
    """Records with the progress they make."""
    return Batch(records=tuple(records), progress={partition_for(one): one.position.offset + 1 for one in records})


def partition_for(record: SinkRecord) -> Partition:
    return Partition(topic=TopicName(record.position.topic), number=record.position.partition)


def a_life() -> Topics:
    """A bit of everything: edits, a deletion, versions, a removal, tombstones, on several partitions."""
    topics = Topics()
    topics.append(message("m1", "I live in Lisbon"), message("m2", "and I like tea", minute=1), outcome(7), outcome(8))
    topics.append(evidence("Lisbon"), item("Lisbon"), profile("Lisbon"))
    topics.append(evidence("Porto", None), item("Lisbon", status=ItemStatus.SUPERSEDED), item("Porto"))
    topics.append(profile("Porto"), message("m1", "I live in Porto"), message("x1", "hello", conversation="c2"))
    topics.append(message("m2", None, minute=1), Tombstone(of=evidence("Lisbon")), evidence("Chess", slot="hobby"))
    topics.append(
        item("Chess", slot="hobby"), Tombstone(of=item("Chess", slot="hobby")), outcome(9, items=(named("Porto"),))
    )
    topics.append(message("x1", "hello again", conversation="c2"), profile("Porto", "Faro"), item("Faro"))
    topics.append(Tombstone(of=message("x1", "", conversation="c2")), evidence("Faro", "m3"))
    return topics
