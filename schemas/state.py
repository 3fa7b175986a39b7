"""The records kept in the agents' tables and their changelogs: versioned like what travels on topics.

Free of I/O. A new release reads an old state, and an old release a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from schemas.construction import quickly_made
from schemas.enums import Role
from schemas.ids import EventId, ItemId, MessageId, UserId
from schemas.records import Position, Record


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A message in the window of recent turns, with its text: what the extractor may look at around another."""

    message_id: MessageId
    user_id: UserId
    speaker_name: str | None
    role: Role
    text: str
    occurred_at: datetime
    recalled: bool
    remember: bool = True
    """False: kept for the order of turns; its text is not shown to the extractor as context."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationState(Record):
    """The recent turns of a conversation, oldest first by (occurred_at, message_id)."""

    SUBJECT: ClassVar[str] = "state.conversations-value"

    turns: tuple[Turn, ...]
    truncated: bool
    """Whether older turns have left the window."""
    event_ids: tuple[EventId, ...]
    """Ids of the events about the conversation itself (ended, deleted)."""
    ended_at: datetime | None
    deleted_at: datetime | None
    """Messages that occurred up to then are gone, whenever they arrive."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState(Record):
    """What is known of one message for ever: everything but its text.

    An edit or a deletion that came before its message waits here (`user_id` is None until it comes).
    """

    SUBJECT: ClassVar[str] = "state.message_index-value"

    user_id: UserId | None
    speaker_name: str | None
    role: Role
    occurred_at: datetime | None
    timezone: str | None
    reply_to: MessageId | None
    language: str | None
    remember: bool
    recalled: bool
    attributes: Mapping[str, str]
    source: Position | None
    text_digest: bytes
    """BLAKE2b-128 of the text as recorded, to tell a retry from a second message under the same id."""
    redactions: tuple[str, ...]
    event_ids: tuple[EventId, ...]
    """Ids of the events applied, the latest 64: enough to name a retry as one; correctness does not rest on it."""
    edited_at: datetime | None
    edited_by: EventId | None
    edit_withheld: bool = False
    """Whether that edit said not to remember its text, or that it repeats memory: nothing is extracted from it."""
    parked_text: str | None
    """The text of an edit that waits for its message."""
    previous_message_id: MessageId | None
    """As last sent, for when the message is sent again after its neighbours have left the window."""
    deleted_at: datetime | None
    revision: int
    first_recorded_at: datetime | None = None
    text_recorded_at: datetime | None = None
    """The broker's timestamps of the event that recorded the message, and of the one that gave it its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRef:
    """Which evidence a message gave: enough to find its row."""

    track: str
    item_id: ItemId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItems(Record):
    """What rests on one message: the index by which its evidence is taken back or replaced."""

    SUBJECT: ClassVar[str] = "state.message_items-value"

    revision: int
    refs: tuple[EvidenceRef, ...]
    former: tuple[EvidenceRef, ...] = ()
    """What was taken back: histories still hold its words, and lose them when the message is deleted."""
    recorded_at: datetime | None = None
    """Of a command that waits: the broker's timestamp of it."""
    deleted: bool = False
    """Whether the message was deleted, and all its words taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions(Record):
    """How far an agent has read: next offset a topic, for one partition number. A reserved key of each changelog."""

    SUBJECT: ClassVar[str] = "state.positions-value"

    next_offsets: Mapping[str, int]
    readability: tuple[int, ...] = ()
