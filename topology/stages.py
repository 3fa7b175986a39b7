"""The stages and their stores, as data: who reads what, writes what, and remembers what.

Free of I/O. A stage is one consumer group and one `python -m` command.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from schemas.records import Evidence, MemoryCommand, MemoryItem, Profile, Record
from schemas.state import ConversationState, MessageItems, MessageState, Positions
from topology.topics import TOPIC_BY_NAME, TopicName

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store(Generic[R]):
    """A typed part of an agent's table. Keys begin with `prefix` and a slash, so stores share one RocksDB a partition.

    One table an agent, not one a store: a checkpoint is then one changelog and one atomic RocksDB write.
    """

    name: str
    prefix: str
    record: type[R]
    key: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A consumer group: an agent with a table, or a sink without one."""

    name: str
    group: str
    command: str
    inputs: tuple[TopicName, ...]
    outputs: tuple[TopicName, ...]
    stores: tuple[Store[Any], ...] = ()
    changelog: TopicName | None = None
    writes_to: str | None = None
    """The database a sink lands its rows in."""
    of_generation: bool = False
    """Whether each generation of memory has a group of its own (`topology.generations`)."""
    counts: tuple[TopicName, ...] = ()
    """Topics whose records a sink counts and nothing else; no answer waits for them."""

    @property
    def records(self) -> tuple[type[Record], ...]:
        """The classes of all that it reads, writes and keeps."""
        topics = [TOPIC_BY_NAME[name].record for name in (*self.inputs, *self.outputs)]
        kept = [*(store.record for store in self.stores), *([Positions] if self.changelog else [])]
        return tuple(dict.fromkeys(record for record in (*topics, *kept) if record is not None))


CONVERSATIONS = Store(
    name="conversations",
    prefix="c",
    record=ConversationState,
    key="tenant/conversation",
    about="The window of recent turns.",
)
MESSAGE_INDEX = Store(
    name="message_index",
    prefix="m",
    record=MessageState,
    key="tenant/conversation/message",
    about="One row a message, without its text.",
)
EVIDENCE_ROWS = Store(
    name="evidence",
    prefix="e",
    record=Evidence,
    key="tenant/user/track/item/conversation/message",
    about="One row an assertion; the rows of a track are together.",
)
ITEM_SUMMARIES = Store(
    name="items",
    prefix="i",
    record=MemoryItem,
    key="tenant/user/item",
    about="The latest version of each item.",
)
MESSAGE_ITEMS = Store(
    name="message_items",
    prefix="r",
    record=MessageItems,
    key="tenant/user/conversation/message",
    about="Which evidence rests on a message.",
)
WAITING_COMMANDS = Store(
    name="waiting_commands",
    prefix="w",
    record=MemoryCommand,
    key="tenant/user/item/command",
    about="Commands about items of which nothing is known yet.",
)
PROFILE_ROWS = Store(
    name="profiles",
    prefix="p",
    record=Profile,
    key="tenant/user",
    about="The latest profile of each user.",
)

EXTRACT = Stage(
    name="extract",
    group="extract-v1",
    command="streams extract",
    inputs=(TopicName.EVENTS,),
    outputs=(
        TopicName.MESSAGES,
        TopicName.EXTRACTIONS,
        TopicName.OUTCOMES,
        TopicName.EVENTS_DEAD_LETTERS,
        TopicName.EVENTS,
    ),
    stores=(CONVERSATIONS, MESSAGE_INDEX),
    changelog=TopicName.EXTRACT_CHANGELOG,
)
REEXTRACT = Stage(
    name="reextract",
    group="reextract-v1",
    command="streams reextract",
    inputs=(TopicName.MESSAGES,),
    outputs=(TopicName.EXTRACTIONS,),
    stores=(CONVERSATIONS, MESSAGE_INDEX),
    changelog=TopicName.REEXTRACT_CHANGELOG,
    of_generation=True,
)
CONSOLIDATE = Stage(
    name="consolidate",
    group="consolidate-v1",
    of_generation=True,
    command="streams consolidate",
    inputs=(TopicName.EXTRACTIONS, TopicName.COMMANDS),
    outputs=(TopicName.EVIDENCE, TopicName.ITEMS, TopicName.PROFILES),
    stores=(EVIDENCE_ROWS, ITEM_SUMMARIES, MESSAGE_ITEMS, WAITING_COMMANDS, PROFILE_ROWS),
    changelog=TopicName.CONSOLIDATE_CHANGELOG,
)
POSTGRES_SINK = Stage(
    name="postgres",
    group="sink-postgres-v1",
    command="sinks postgres",
    inputs=(
        TopicName.MESSAGES,
        TopicName.EVIDENCE,
        TopicName.ITEMS,
        TopicName.PROFILES,
        TopicName.OUTCOMES,
    ),
    outputs=(),
    counts=(TopicName.EVENTS,),
    writes_to="PostgreSQL",
)
REDIS_SINK = Stage(
    name="redis",
    group="sink-redis-v1",
    command="sinks redis",
    inputs=(TopicName.PROFILES, TopicName.MESSAGES),
    outputs=(),
    writes_to="Redis",
)

EMBEDDINGS_SINK = Stage(
    name="embeddings",
    group="sink-embeddings-v1",
    command="sinks embeddings",
    inputs=(TopicName.MESSAGES,),
    outputs=(),
    writes_to="PostgreSQL",
)
"""Optional; each embedding model has a group of its own (`of_model`)."""


def of_model(stage: Stage, model: str) -> Stage:
    """The sink of one embedding model: another one reads the same log for itself."""
    return replace(stage, group=f"{stage.group}-{model}")


STAGES: tuple[Stage, ...] = (EXTRACT, CONSOLIDATE, POSTGRES_SINK, REDIS_SINK)
"""What turns an event into an answer."""

ALL_STAGES: tuple[Stage, ...] = (EXTRACT, REEXTRACT, CONSOLIDATE, POSTGRES_SINK, REDIS_SINK, EMBEDDINGS_SINK)
"""With what reads the history again for another generation, and what makes answers better and is waited for by none."""
