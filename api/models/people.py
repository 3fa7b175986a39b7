"""Users, their profiles, conversations and turns."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.models.values import PositionShape, SalienceShape, Shape


class ProfileLine(Shape):
    """A current value."""

    item_id: str
    kind: str
    slot: str
    qualifier: str | None
    value: str
    since: datetime | None
    valid_to: datetime | None = Field(default=None, description="Exclusive; of an event, its end.")
    granularity: str | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None
    evidence_count: int
    last_occurred_at: datetime | None
    confidence: float = 0.0
    explicit: bool = Field(default=False, description="Whether a command told it.")
    retention_level: str = "unknown"
    salience: SalienceShape | None = None
    stands_for: list[str] = Field(default_factory=list, description="Ids of near duplicates that this line stands for.")


class UserProfile(Shape):
    """What is current about a user. Empty lists where nothing is remembered."""

    user_id: str
    slots: list[ProfileLine] = Field(description="Single-valued slots, in the order of the catalogue.")
    top: list[ProfileLine] = Field(description="The best supported of the others, by salience.")
    preferences: list[ProfileLine] = Field(
        default_factory=list, description="The best supported preferences, by salience; also those not in `top`."
    )
    tasks: list[ProfileLine] = Field(default_factory=list, description="Open tasks, by when they are due.")
    events: list[ProfileLine] = Field(default_factory=list, description="Events that are not over, by date.")
    active_items: int = Field(description="When the profile last changed; some may have expired since.")
    recorded_at: datetime | None = Field(description="How fresh it is: when its latest change was learned.")
    read_from: Literal["redis", "postgresql"]


class User(Shape):
    """Somebody who speaks, by what is stored of them."""

    user_id: str
    speaker_name: str | None
    messages: int
    conversations: int
    first_occurred_at: datetime
    last_occurred_at: datetime


class UserPage(Shape):
    users: list[User]
    next_cursor: str | None = None


class Conversation(Shape):
    """A conversation, by its stored messages."""

    conversation_id: str
    messages: int
    users: int
    first_occurred_at: datetime
    last_occurred_at: datetime


class ConversationPage(Shape):
    conversations: list[Conversation]
    next_cursor: str | None = None


class StoredMessage(Shape):
    """A turn as it stands."""

    message_id: str
    user_id: str
    speaker_name: str | None
    role: str
    text: str | None = Field(description="Null once deleted.")
    occurred_at: datetime
    timezone: str | None
    reply_to: str | None
    language: str | None
    remember: bool
    recalled: bool
    attributes: dict[str, str]
    redactions: list[str]
    edited_at: datetime | None
    deleted_at: datetime | None
    recorded_at: datetime
    position: PositionShape


class MessagePage(Shape):
    """Turns by event time."""

    conversation_id: str
    messages: list[StoredMessage]
    next_cursor: str | None = None
