"""The topics, as data: what each holds, how it is keyed and kept, who writes it.

Free of I/O. Every other package takes a topic's name from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from schemas.records import (
    ConversationEvent,
    Evidence,
    Generation,
    MemoryCommand,
    MemoryItem,
    Message,
    MessageExtraction,
    Outcome,
    Profile,
    Record,
)


class TopicName(StrEnum):
    EVENTS = "conversation.events.v1"
    OUTCOMES = "conversation.outcomes.v1"
    MESSAGES = "memory.messages.v1"
    EXTRACTIONS = "memory.extractions.v1"
    COMMANDS = "memory.commands.v1"
    EVIDENCE = "memory.evidence.v1"
    ITEMS = "memory.items.v1"
    PROFILES = "memory.profiles.v1"
    GENERATIONS = "memory.generations.v1"
    EVENTS_DEAD_LETTERS = "conversation.events.v1.dlq"
    EXTRACT_CHANGELOG = "extract-v1-state-changelog"
    REEXTRACT_CHANGELOG = "reextract-v1-state-changelog"
    CONSOLIDATE_CHANGELOG = "consolidate-v1-state-changelog"


class Cleanup(StrEnum):
    DELETE = "delete"
    COMPACT = "compact"


class Routing(StrEnum):
    """What decides a record's partition."""

    CONVERSATION = "tenant/conversation"
    USER = "tenant/user"
    SOURCE = "the partition of the source record"
    KEY = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. Its number of partitions is the deployment's, the same for all, and frozen for an epoch."""

    name: TopicName
    key: str
    routing: Routing
    record: type[Record] | None
    """None where values are bytes of several schemas (dead letters, changelogs)."""
    written_by: tuple[str, ...]
    cleanup: Cleanup
    retention_days: int | None = None
    log_append_time: bool = False
    of_generation: bool = False
    """Whether each generation of memory has one of its own (`topology.generations`)."""
    about: str


TOPICS: tuple[Topic, ...] = (
    Topic(
        name=TopicName.EVENTS,
        key="tenant/conversation",
        routing=Routing.CONVERSATION,
        record=ConversationEvent,
        written_by=("chat systems", "api", "extract", "operators"),
        cleanup=Cleanup.DELETE,
        retention_days=30,
        log_append_time=True,
        about="What happened: messages recorded, edited, deleted; conversations ended, deleted.",
    ),
    Topic(
        name=TopicName.MESSAGES,
        key="tenant/conversation/message",
        routing=Routing.CONVERSATION,
        record=Message,
        written_by=("extract",),
        cleanup=Cleanup.COMPACT,
        about="Each message as it stands, redacted: the log to replay.",
    ),
    Topic(
        name=TopicName.EXTRACTIONS,
        key="tenant/user",
        routing=Routing.USER,
        record=MessageExtraction,
        written_by=("extract", "reextract"),
        cleanup=Cleanup.DELETE,
        retention_days=7,
        of_generation=True,
        about="All candidates found in one message, as a state.",
    ),
    Topic(
        name=TopicName.COMMANDS,
        key="tenant/user/command",
        routing=Routing.USER,
        record=MemoryCommand,
        written_by=("api",),
        cleanup=Cleanup.COMPACT,
        log_append_time=True,
        about="Remember, correct, confirm, forget, expire, erase.",
    ),
    Topic(
        name=TopicName.EVIDENCE,
        key="tenant/user/item/conversation/message",
        routing=Routing.USER,
        record=Evidence,
        written_by=("consolidate",),
        cleanup=Cleanup.COMPACT,
        of_generation=True,
        about="One assertion about one item, with its words; a tombstone when it is taken back.",
    ),
    Topic(
        name=TopicName.ITEMS,
        key="tenant/user/item",
        routing=Routing.USER,
        record=MemoryItem,
        written_by=("consolidate",),
        cleanup=Cleanup.COMPACT,
        of_generation=True,
        about="The public change feed: every version of a memory item.",
    ),
    Topic(
        name=TopicName.PROFILES,
        key="tenant/user",
        routing=Routing.USER,
        record=Profile,
        written_by=("consolidate",),
        cleanup=Cleanup.COMPACT,
        of_generation=True,
        about="The profile of a user: current value a slot, best supported items.",
    ),
    Topic(
        name=TopicName.GENERATIONS,
        key="number",
        routing=Routing.KEY,
        record=Generation,
        written_by=("operators",),
        cleanup=Cleanup.COMPACT,
        about="The generations of memory, and which of them the answers come from: what a reader of the feed follows.",
    ),
    Topic(
        name=TopicName.OUTCOMES,
        key="source topic/partition/offset",
        routing=Routing.SOURCE,
        record=Outcome,
        written_by=("extract",),
        cleanup=Cleanup.DELETE,
        retention_days=30,
        about="The one outcome of each input record.",
    ),
    Topic(
        name=TopicName.EVENTS_DEAD_LETTERS,
        key="as the source",
        routing=Routing.SOURCE,
        record=None,
        written_by=("extract", "operators"),
        cleanup=Cleanup.DELETE,
        retention_days=90,
        about="Events that cannot be read, as they came; and what operators did about them.",
    ),
    Topic(
        name=TopicName.EXTRACT_CHANGELOG,
        key="store/key",
        routing=Routing.CONVERSATION,
        record=None,
        written_by=("extract",),
        cleanup=Cleanup.COMPACT,
        about="The state of extract, and how far it has read.",
    ),
    Topic(
        name=TopicName.REEXTRACT_CHANGELOG,
        key="store/key",
        routing=Routing.CONVERSATION,
        record=None,
        written_by=("reextract",),
        cleanup=Cleanup.COMPACT,
        of_generation=True,
        about="The state of reextract, and how far it has read.",
    ),
    Topic(
        name=TopicName.CONSOLIDATE_CHANGELOG,
        key="store/key",
        routing=Routing.USER,
        record=None,
        written_by=("consolidate",),
        cleanup=Cleanup.COMPACT,
        of_generation=True,
        about="The state of consolidate, and how far it has read.",
    ),
)

TOPIC_BY_NAME = {topic.name: topic for topic in TOPICS}
