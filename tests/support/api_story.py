"""A small memory to ask about: Ana and Rui talk about moving, landed in PostgreSQL as the sink would land it.

Two tenants hold the same ids with other words, so that whatever leaks shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from schemas.enums import ItemStatus, Kind, OutcomeStatus, RetentionLevel, Role, Tense
from schemas.ids import ConversationId, EventId, ItemId, MessageId, TenantId, UserId, item_id
from schemas.keys import join_key
from schemas.records import Evidence, Interval, MemoryItem, Message, Outcome, Position, Profile, ProfileEntry, Record
from sinks.ports import Batch, Partition, SinkRecord
from sinks.postgres.writer import PostgresSink
from topology.topics import TopicName

ACME = TenantId("acme")
OTHER = TenantId("other")
FAMILY = ConversationId("family")
ANA = UserId("ana")
RUI = UserId("rui")
START = datetime(2024, 5, 17, 9, 0, tzinfo=UTC)
RECORDED = datetime(2024, 6, 1, 12, 0, tzinfo=UTC)
LATER = RECORDED + timedelta(days=1)

TURNS = (
    ("m-1", ANA, "We finally left Lisbon and moved to Porto."),
    ("m-2", RUI, "How do you like the new flat?"),
    ("m-3", ANA, "It is small, but the balcony looks over the river."),
    ("m-4", RUI, "I still play chess on Sundays."),
    ("m-5", ANA, "My sister Eva has two cats."),
    ("m-6", RUI, "Nothing to add here."),
)

LISBON = item_id(ACME, ANA, "fact", "home_city", "lisbon")
PORTO = item_id(ACME, ANA, "fact", "home_city", "porto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """A record, with the topic and the key it is landed from."""

    topic: TopicName
    key: str
    value: Record | None


def story(tenant: TenantId = ACME, mark: str = "") -> list[Landed]:
    """Everything there is to know. `mark` is added to every text and value."""
    messages = [message(tenant, n, *turn, mark=mark) for n, turn in enumerate(TURNS)]
    outcomes = [outcome(m, EventId(f"evt-{m.message_id}")) for m in messages]
    lisbon = [*item_versions(tenant, mark)]
    porto = memory_item(tenant, "Porto" + mark, "porto", START)
    proofs = [
        evidence(tenant, lisbon[-1], messages[0], "Lisbon"),
        replace(evidence(tenant, porto, messages[0], "Porto"), recorded_at=LATER),
    ]
    return [
        *(Landed(topic=TopicName.MESSAGES, key=_key(m), value=m) for m in messages),
        *(Landed(topic=TopicName.OUTCOMES, key=f"{o.source.offset}", value=o) for o in outcomes),
        *(Landed(topic=TopicName.ITEMS, key=join_key(tenant, ANA, i.item_id), value=i) for i in (*lisbon, porto)),
        *(Landed(topic=TopicName.EVIDENCE, key=evidence_key(e), value=e) for e in proofs),
        Landed(topic=TopicName.PROFILES, key=join_key(tenant, ANA), value=profile(tenant, porto)),
    ]


def land(url: str, records: Sequence[Landed], *, first_offset: int = 0) -> None:
    """Land the records, in order, as one batch."""
    sink, offsets = PostgresSink(url, sink="story"), count(first_offset)
    batch = tuple(_sink_record(record, next(offsets)) for record in records)
    partitions = {Partition(topic=record.topic, number=0) for record in records}
    sink.start(partitions)
    sink.write(Batch(records=batch, progress=dict.fromkeys(partitions, first_offset + len(batch))))
    sink.stop()


def message(tenant: TenantId, number: int, name: str, user: UserId, text: str, *, mark: str = "") -> Message:
    return Message(
        tenant_id=tenant,
        conversation_id=FAMILY,
        message_id=MessageId(name),
        user_id=user,
        speaker_name=user.title(),
        role=Role.USER,
        text=text + mark,
        occurred_at=START + timedelta(minutes=number),
        timezone=None,
        reply_to=None,
        language=None,
        remember=True,
        recalled=False,
        attributes={"app": "test"},
        previous_message_id=None,
        edited_at=None,
        deleted_at=None,
        redactions=(),
        recorded_at=RECORDED,
        revision=number,
        source=Position(topic=TopicName.EVENTS, partition=_partition(tenant), offset=number),
    )


def memory_item(tenant: TenantId, value: str, canonical: str, since: datetime) -> MemoryItem:
    return MemoryItem(
        tenant_id=tenant,
        user_id=ANA,
        item_id=item_id(tenant, ANA, "fact", "home_city", canonical),
        kind=Kind.FACT,
        slot="home_city",
        qualifier=None,
        value=value,
        canonical=canonical,
        status=ItemStatus.ACTIVE,
        confidence=0.9,
        validity=(Interval(valid_from=since, valid_to=None),),
        granularity=None,
        due_from=None,
        due_to=None,
        superseded_by=None,
        evidence_count=1,
        first_occurred_at=since,
        last_occurred_at=since,
        retention_level=RetentionLevel.LONG,
        extractor="rules@1",
        recorded_at=RECORDED,
        cause=Position(topic=TopicName.EVENTS, partition=_partition(tenant), offset=0),
    )


def item_versions(tenant: TenantId, mark: str) -> Iterator[MemoryItem]:
    """Lisbon: first active, then superseded by Porto a day later."""
    first = memory_item(tenant, "Lisbon" + mark, "lisbon", START - timedelta(days=700))
    yield first
    yield replace(
        first,
        status=ItemStatus.SUPERSEDED,
        validity=(Interval(valid_from=START - timedelta(days=700), valid_to=START),),
        superseded_by=item_id(tenant, ANA, "fact", "home_city", "porto"),
        recorded_at=LATER,
    )


def evidence(tenant: TenantId, item: MemoryItem, said: Message, quote: str) -> Evidence:
    start = (said.text or "").index(quote)
    return Evidence(
        tenant_id=tenant,
        user_id=ANA,
        item_id=item.item_id,
        kind=item.kind,
        slot=item.slot,
        qualifier=None,
        value=item.value,
        canonical=item.canonical,
        conversation_id=FAMILY,
        message_id=said.message_id,
        tense=Tense.PRESENT,
        confidence=0.9,
        start=start,
        end=start + len(quote),
        quote=quote,
        rule="home@1",
        extractor="rules@1",
        occurred_at=said.occurred_at,
        recorded_at=RECORDED,
        known_from=None,
        known_to=None,
        granularity=None,
        due_from=None,
        due_to=None,
        revision=said.revision,
        source=said.source,
    )


def outcome(of: Message, event_id: EventId) -> Outcome:
    return Outcome(
        source=of.source,
        status=OutcomeStatus.STORED,
        reasons=(),
        tenant_id=of.tenant_id,
        conversation_id=of.conversation_id,
        event_id=event_id,
        message_id=of.message_id,
        item_ids=(ItemId(PORTO),) if of.message_id == "m-1" else (),
        recorded_at=of.recorded_at,
    )


def profile(tenant: TenantId, home: MemoryItem) -> Profile:
    entry = ProfileEntry(
        item_id=home.item_id,
        kind=home.kind,
        slot=home.slot,
        qualifier=None,
        value=home.value,
        since=START,
        evidence_count=1,
        last_occurred_at=START,
    )
    task = ProfileEntry(
        item_id=item_id(tenant, ANA, "task", "task", "call eva"),
        kind=Kind.TASK,
        slot="task",
        qualifier=None,
        value="call Eva",
        since=None,
        evidence_count=1,
        last_occurred_at=START,
        due_to=datetime(2999, 1, 1, tzinfo=UTC),
        retention_level=RetentionLevel.SHORT,
    )
    return Profile(
        tenant_id=tenant, user_id=ANA, slots=(entry,), top=(), active_items=2, recorded_at=RECORDED, tasks=(task,)
    )


def _sink_record(record: Landed, offset: int) -> SinkRecord:
    at = Partition(topic=record.topic, number=0)
    return SinkRecord(partition=at, offset=offset, timestamp=RECORDED, key=record.key, value=record.value)


def _partition(tenant: TenantId) -> int:
    return 0 if tenant == ACME else 1


def _key(said: Message) -> str:
    return join_key(said.tenant_id, said.conversation_id, said.message_id)


def evidence_key(proof: Evidence) -> str:
    return join_key(proof.tenant_id, proof.user_id, proof.item_id, proof.conversation_id or "", proof.message_id)
