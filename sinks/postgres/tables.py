"""The tables that the sink fills, as data: which topic each follows, its key, its columns and where they come from.

Free of I/O. The migrations create the tables; a test compares the two. Generated columns and indexes are theirs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from schemas.records import Evidence, Interval, MemoryItem, Message, Outcome, Profile, Record
from sinks.ports import SinkRecord
from sinks.projections import profile_entries
from topology.generations import MEMORY_TOPICS
from topology.tombstones import EXPIRE_RULE, Words
from topology.topics import TopicName

R = TypeVar("R", bound=Record)

_uuid = lru_cache(maxsize=16_384)(UUID)
"""Ids of items come again: with each version, with each assertion, and in two tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[R]):
    """One column: its PostgreSQL type, and its value of a record."""

    name: str
    type: str
    of: Callable[[R], object]
    path: str = ""
    """The dotted name of the field that it holds as it is; empty where it is computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[R]):
    """One table that follows one topic. Its last columns are the flag of a tombstone, if any, and the version."""

    name: str
    topic: TopicName
    record: type[R]
    key: tuple[str, ...]
    """The primary key."""
    named: tuple[str, ...] = ()
    """The columns that the parts of the Kafka key fill: all that a tombstone still says."""
    gone: str | None = None
    """The flag of a row whose record is gone; None where the topic has no tombstones."""
    stamped: tuple[str, ...] = ()
    """The columns that hold a tombstone's own time."""
    columns: tuple[Column[R], ...]
    chosen: Callable[[Sequence[SinkRecord]], Iterable[SinkRecord]] | None = None
    """Which records of a batch give rows; None: all do."""
    first: str = ""
    """The statement that is run once the rows of a batch are there, before they are added to the table."""
    last: tuple[str, ...] = ()
    """The statements that are run after rows by which words are to leave a history."""
    harmless: tuple[tuple[str, object], ...] = ()
    """Columns, and the values that a row has in all of them which is none of these."""

    @property
    def of_generation(self) -> bool:
        """Whether each generation of memory has one of its own, in a PostgreSQL schema of its own."""
        return self.topic in MEMORY_TOPICS

    @property
    def types(self) -> dict[str, str]:
        """Type by name of all columns that are written, in the order in which they are written."""
        flag = {self.gone: "bool"} if self.gone else {}
        return {c.name: c.type for c in self.columns} | flag | {"generation": "int4", "version_offset": "int8"}


def edited(records: Sequence[SinkRecord]) -> list[SinkRecord]:
    """Every text of the messages that were edited, as far as the records know of them."""
    keys = {one.key for one in records if isinstance(one.value, Message) and one.value.edited_at is not None}
    texts = [one for one in records if one.key in keys] if keys else []
    return [one for one in texts if isinstance(one.value, Message) and one.value.text is not None]


def validity(intervals: Iterable[Interval]) -> Multirange[Any]:
    """The set of half-open intervals as PostgreSQL's own type. Raises ValueError where one ends before it begins."""
    for one in intervals:
        if one.valid_from is not None and one.valid_to is not None and one.valid_to < one.valid_from:
            raise ValueError(f"an interval ends at {one.valid_to}, before it begins at {one.valid_from}")
    return Multirange([Range(one.valid_from, one.valid_to) for one in intervals])


def _columns(type_name: str, *names: str) -> tuple[Column[Any], ...]:
    """Columns that hold the field of their name, as it is."""
    return tuple(_field(name, type_name, name) for name in names)


def _field(name: str, type_name: str, path: str) -> Column[Any]:
    return Column(name=name, type=type_name, of=attrgetter(path), path=path)


def _since(name: str) -> Column[Message]:
    """When something of a message was learned; an earlier release did not say, and its own version's time stands in."""
    return Column(name=name, type="timestamptz", of=lambda message: getattr(message, name) or message.recorded_at)


def _position(of: str, prefix: str) -> tuple[Column[Any], ...]:
    """The three columns of a Position."""
    return (
        _field(f"{prefix}_topic", "text", f"{of}.topic"),
        _field(f"{prefix}_partition", "int4", f"{of}.partition"),
        _field(f"{prefix}_offset", "int8", f"{of}.offset"),
    )


_ITEM_COLUMNS: tuple[Column[MemoryItem], ...] = (
    *_columns("text", "tenant_id", "user_id"),
    Column(name="item_id", type="uuid", of=lambda item: _uuid(item.item_id)),
    *_columns("text", "kind", "slot", "qualifier", "value", "canonical", "status"),
    *_columns("float8", "confidence"),
    Column(name="validity", type="tstzmultirange", of=lambda item: validity(item.validity)),
    Column(
        name="valid_from", type="timestamptz", of=lambda item: item.validity[-1].valid_from if item.validity else None
    ),
    Column(name="valid_to", type="timestamptz", of=lambda item: item.validity[-1].valid_to if item.validity else None),
    *_columns("text", "granularity"),
    *_columns("timestamptz", "due_from", "due_to"),
    Column(
        name="superseded_by", type="uuid", of=lambda item: _uuid(item.superseded_by) if item.superseded_by else None
    ),
    *_columns("int4", "evidence_count"),
    *_columns("timestamptz", "first_occurred_at", "last_occurred_at"),
    *_columns("text", "retention_level", "extractor"),
    *_columns("timestamptz", "recorded_at"),
    *_position("cause", "cause"),
    *_columns("bool", "explicit"),
    *_columns("timestamptz", "expired_to"),
)

MESSAGES = Table(
    name="messages",
    topic=TopicName.MESSAGES,
    record=Message,
    key=("tenant_id", "conversation_id", "message_id"),
    named=("tenant_id", "conversation_id", "message_id"),
    gone="removed",
    stamped=("deleted_at", "recorded_at"),
    columns=(
        *_columns("text", "tenant_id", "conversation_id", "message_id", "user_id", "speaker_name", "role", "text"),
        *_columns("timestamptz", "occurred_at"),
        *_columns("text", "timezone", "reply_to", "language"),
        *_columns("bool", "remember", "recalled"),
        Column(name="attributes", type="jsonb", of=lambda message: dict(message.attributes)),
        *_columns("text", "previous_message_id"),
        *_columns("timestamptz", "edited_at", "deleted_at"),
        Column(name="redactions", type="text[]", of=lambda message: list(message.redactions)),
        *_columns("timestamptz", "recorded_at"),
        *_columns("int8", "revision"),
        *_position("source", "source"),
        _since("first_recorded_at"),
        _since("text_recorded_at"),
    ),
    last=("clear_texts",),
    harmless=(("deleted_at", None), ("removed", False)),
)

MESSAGE_TEXTS = Table(
    name="message_texts",
    topic=TopicName.MESSAGES,
    record=Message,
    key=("tenant_id", "conversation_id", "message_id", "text_recorded_at"),
    columns=(*_columns("text", "tenant_id", "conversation_id", "message_id", "text"), _since("text_recorded_at")),
    chosen=edited,
    first="keep_former_texts",
)

MEMORY_ITEMS = Table(
    name="memory_items",
    topic=TopicName.ITEMS,
    record=MemoryItem,
    key=("tenant_id", "item_id"),
    named=("tenant_id", "user_id", "item_id"),
    gone="deleted",
    stamped=("recorded_at",),
    columns=_ITEM_COLUMNS,
)

MEMORY_ITEM_VERSIONS = Table(
    name="memory_item_versions",
    topic=TopicName.ITEMS,
    record=MemoryItem,
    key=("tenant_id", "item_id", "generation", "version_offset"),
    named=("tenant_id", "user_id", "item_id"),
    gone="deleted",
    stamped=("recorded_at",),
    columns=_ITEM_COLUMNS,
    last=("clear_earlier_versions",),
    harmless=(("deleted", False),),
)

_EVIDENCE_COLUMNS: tuple[Column[Evidence], ...] = (
    *_columns("text", "tenant_id", "user_id"),
    Column(name="item_id", type="uuid", of=lambda evidence: _uuid(evidence.item_id)),
    *_columns("text", "kind", "slot", "qualifier", "value", "canonical"),
    Column(name="conversation_id", type="text", of=lambda evidence: evidence.conversation_id or ""),
    *_columns("text", "message_id", "tense"),
    *_columns("float8", "confidence"),
    *_columns("int4", "start", "end"),
    *_columns("text", "quote", "rule", "extractor"),
    *_columns("timestamptz", "occurred_at", "recorded_at", "known_from", "known_to"),
    *_columns("text", "granularity"),
    *_columns("timestamptz", "due_from", "due_to"),
    *_columns("int8", "revision"),
    *_position("source", "source"),
)

EVIDENCE = Table(
    name="evidence",
    topic=TopicName.EVIDENCE,
    record=Evidence,
    key=("tenant_id", "item_id", "conversation_id", "message_id"),
    named=("tenant_id", "user_id", "item_id", "conversation_id", "message_id"),
    gone="removed",
    stamped=("recorded_at",),
    columns=_EVIDENCE_COLUMNS,
)


def _words_of(evidence: Evidence) -> str:
    """What becomes of the words before it."""
    return (Words.WORN if evidence.rule == EXPIRE_RULE else Words.KEPT).value


EVIDENCE_VERSIONS = Table(
    name="evidence_versions",
    topic=TopicName.EVIDENCE,
    record=Evidence,
    key=(*EVIDENCE.key, "generation", "version_offset"),
    named=EVIDENCE.named,
    gone="removed",
    stamped=("recorded_at",),
    columns=(*_EVIDENCE_COLUMNS, Column(name="words", type="text", of=_words_of)),
    last=("clear_worn_words", "clear_earlier_words"),
    harmless=(("words", Words.KEPT.value),),
)

OUTCOMES = Table(
    name="outcomes",
    topic=TopicName.OUTCOMES,
    record=Outcome,
    key=("source_topic", "source_partition", "source_offset"),
    columns=(
        *_position("source", "source"),
        *_columns("text", "status"),
        Column(name="reasons", type="text[]", of=lambda outcome: list(outcome.reasons)),
        *_columns("text", "tenant_id", "conversation_id", "event_id", "message_id"),
        Column(name="item_ids", type="uuid[]", of=lambda outcome: [_uuid(item) for item in outcome.item_ids]),
        *_columns("timestamptz", "recorded_at"),
        *_columns("text", "key_tenant_id"),
    ),
)

PROFILES = Table(
    name="profiles",
    topic=TopicName.PROFILES,
    record=Profile,
    key=("tenant_id", "user_id"),
    named=("tenant_id", "user_id"),
    gone="removed",
    stamped=("recorded_at",),
    columns=(
        *_columns("text", "tenant_id", "user_id"),
        Column(name="slots", type="jsonb", of=lambda profile: profile_entries(profile.slots)),
        Column(name="top", type="jsonb", of=lambda profile: profile_entries(profile.top)),
        *_columns("int4", "active_items"),
        *_columns("timestamptz", "recorded_at"),
        Column(name="preferences", type="jsonb", of=lambda profile: profile_entries(profile.preferences)),
        Column(name="tasks", type="jsonb", of=lambda profile: profile_entries(profile.tasks)),
        Column(name="events", type="jsonb", of=lambda profile: profile_entries(profile.events)),
    ),
)

TABLES: tuple[Table[Any], ...] = (
    MESSAGE_TEXTS,  # before the table of which it takes what is about to be replaced
    MESSAGES,
    MEMORY_ITEMS,
    MEMORY_ITEM_VERSIONS,
    EVIDENCE,
    EVIDENCE_VERSIONS,
    OUTCOMES,
    PROFILES,
)

TABLE_BY_NAME = {table.name: table for table in TABLES}
