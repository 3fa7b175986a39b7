"""The typed records that travel on topics, one class a subject of `schemas/avro`.

Free of I/O. Every datetime is aware and UTC, to the microsecond; spans count Unicode code points and are half-open.
Fields have the names and the order of the Avro schemas; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from schemas.construction import quickly_made
from schemas.enums import (
    CommandType,
    EventType,
    Granularity,
    ItemStatus,
    Kind,
    OutcomeStatus,
    RetentionLevel,
    Role,
    Tense,
)
from schemas.ids import CommandId, ConversationId, EventId, ItemId, MessageId, TenantId, UserId


class Record:
    """A value that has an Avro schema of its own, registered under `SUBJECT`."""

    __slots__ = ()
    SUBJECT: ClassVar[str]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a record stands in Kafka."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A half-open stretch of event time; an open end is None."""

    valid_from: datetime | None
    valid_to: datetime | None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEvent(Record):
    """What happened in a conversation; see the public contract for each field."""

    SUBJECT: ClassVar[str] = "conversation.events.v1-value"

    event_id: EventId
    type: EventType
    tenant_id: TenantId
    conversation_id: ConversationId
    message_id: MessageId | None = None
    user_id: UserId | None = None
    speaker_name: str | None = None
    role: Role = Role.USER
    text: str | None = None
    occurred_at: datetime
    timezone: str | None = None
    reply_to: MessageId | None = None
    language: str | None = None
    remember: bool = True
    recalled: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Record):
    """A message as it stands, redacted: the log to replay. A deleted one keeps its header and loses its text."""

    SUBJECT: ClassVar[str] = "memory.messages.v1-value"

    tenant_id: TenantId
    conversation_id: ConversationId
    message_id: MessageId
    user_id: UserId
    speaker_name: str | None
    role: Role
    text: str | None  # None once deleted
    occurred_at: datetime
    timezone: str | None
    reply_to: MessageId | None
    language: str | None
    remember: bool
    recalled: bool
    attributes: Mapping[str, str]
    previous_message_id: MessageId | None  # by (occurred_at, message_id), where the window of turns still holds one
    edited_at: datetime | None
    deleted_at: datetime | None
    redactions: tuple[str, ...]
    """Names of what was taken out of the text, such as `payment_card`."""
    recorded_at: datetime
    """The broker's timestamp of the event that caused this version."""
    revision: int
    """Offset of that event in its partition of `conversation.events.v1`; grows with every version of a message."""
    source: Position
    """Where the event that recorded the message stands."""
    first_recorded_at: datetime | None = None
    text_recorded_at: datetime | None = None
    """The broker's timestamps of that event, and of the one that gave the text; None: from an earlier release."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One assertion found in one message, not yet weighed against anything."""

    item_id: ItemId
    kind: Kind
    slot: str
    qualifier: str | None
    """The canonical `thing` of a slot that holds one value a thing (favourite, quantity); else None."""
    value: str
    canonical: str
    tense: Tense
    confidence: float
    start: int
    end: int
    quote: str  # exactly `text[start:end]` of the message
    rule: str  # `name@version` of what found it
    known_from: datetime | None
    known_to: datetime | None
    """When the value held, where the words say so; exclusive end."""
    granularity: Granularity | None
    due_from: datetime | None
    due_to: datetime | None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageExtraction(Record):
    """All candidates of one message, as a state: it replaces the one of a lower revision."""

    SUBJECT: ClassVar[str] = "memory.extractions.v1-value"

    tenant_id: TenantId
    user_id: UserId
    conversation_id: ConversationId
    message_id: MessageId
    revision: int
    occurred_at: datetime
    recorded_at: datetime
    source: Position
    extractor: str
    candidates: tuple[Candidate, ...]
    deleted: bool = False  # then its words leave every history too


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCommand(Record):
    """An instruction about a user's memory, given through the API."""

    SUBJECT: ClassVar[str] = "memory.commands.v1-value"

    tenant_id: TenantId
    user_id: UserId
    command_id: CommandId
    type: CommandType
    issued_at: datetime
    item_id: ItemId | None
    kind: Kind | None
    slot: str | None
    value: str | None
    known_from: datetime | None
    known_to: datetime | None
    """Of an expiry: what was said before then has expired."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Record):
    """One assertion about one item, with the words it rests on; also the state of `consolidate`.

    From a command: `conversation_id` is None, `message_id` is the command's id, the span and the quote are empty.
    """

    SUBJECT: ClassVar[str] = "memory.evidence.v1-value"

    tenant_id: TenantId
    user_id: UserId
    item_id: ItemId
    kind: Kind
    slot: str
    qualifier: str | None
    value: str
    canonical: str
    conversation_id: ConversationId | None
    message_id: str
    tense: Tense
    confidence: float
    start: int
    end: int
    quote: str
    rule: str
    extractor: str
    occurred_at: datetime
    recorded_at: datetime
    known_from: datetime | None
    known_to: datetime | None
    granularity: Granularity | None
    due_from: datetime | None
    due_to: datetime | None
    revision: int
    source: Position


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryItem(Record):
    """One version of a remembered thing: the public change feed, and the summary row of `consolidate`."""

    SUBJECT: ClassVar[str] = "memory.items.v1-value"

    tenant_id: TenantId
    user_id: UserId
    item_id: ItemId
    kind: Kind
    slot: str
    qualifier: str | None
    value: str
    canonical: str
    status: ItemStatus
    confidence: float
    validity: tuple[Interval, ...]
    """Disjoint, in order of time; empty where the item is not known to have held at any time."""
    granularity: Granularity | None
    due_from: datetime | None
    due_to: datetime | None
    superseded_by: ItemId | None
    evidence_count: int
    first_occurred_at: datetime | None
    last_occurred_at: datetime | None
    retention_level: RetentionLevel
    extractor: str
    recorded_at: datetime
    cause: Position
    """The record that made this version: an extraction's source event, or a command."""
    explicit: bool = False
    """Whether somebody told the memory so by a command, beside what was said."""
    expired_to: datetime | None = None
    """What was said of it before then has expired by retention, and its words are gone; None: nothing has."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEntry:
    """One line of a profile: a current value."""

    item_id: ItemId
    kind: Kind
    slot: str
    qualifier: str | None
    value: str
    since: datetime | None
    evidence_count: int
    last_occurred_at: datetime | None
    valid_to: datetime | None = None
    granularity: Granularity | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None
    confidence: float = 0.0
    explicit: bool = False
    retention_level: RetentionLevel = RetentionLevel.UNKNOWN
    """Unknown, and never over, where an earlier release wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(Record):
    """What is current about a user, bounded in size."""

    SUBJECT: ClassVar[str] = "memory.profiles.v1-value"

    tenant_id: TenantId
    user_id: UserId
    slots: tuple[ProfileEntry, ...]
    """Single-valued slots, one entry a slot and qualifier, in the order of the catalogue of slots."""
    top: tuple[ProfileEntry, ...]
    """The best supported of the others: by evidence, then the latest."""
    active_items: int
    recorded_at: datetime
    preferences: tuple[ProfileEntry, ...] = ()
    """The best supported preferences, also those that have no room in `top`."""
    tasks: tuple[ProfileEntry, ...] = ()
    """Open tasks, those first that were due or spoken of last."""
    events: tuple[ProfileEntry, ...] = ()
    """Dated events, those first that end last; a profile has no clock to tell which are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation(Record):
    """A generation of memory: the same history, read by one extractor."""

    SUBJECT: ClassVar[str] = "memory.generations.v1-value"

    number: int
    extractor: str | None
    """`name@version`; None for the first, which has what extract runs with."""
    declared_at: datetime
    promoted_at: datetime | None = None
    """When answers last began to come from it; of several, those of the latest do."""
    settled_at: datetime | None = None
    """Since when extract itself finds its candidates; None while `reextract` does."""
    dropped_at: datetime | None = None
    """When its topics, tables and keys were removed."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Record):
    """What became of one input record; exactly one exists for each."""

    SUBJECT: ClassVar[str] = "conversation.outcomes.v1-value"

    source: Position
    status: OutcomeStatus
    reasons: tuple[str, ...]
    tenant_id: TenantId | None
    conversation_id: ConversationId | None
    event_id: EventId | None
    message_id: MessageId | None
    item_ids: tuple[ItemId, ...]
    recorded_at: datetime
    key_tenant_id: str | None = None
    """The tenant that the input record's key names, whatever the record says; empty where it names none."""
