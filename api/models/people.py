"""Users, their profiles, conversations and turns."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.models.values import PositionShape, Shape


class ProfileLine(Shape):
    """A current value."""

    item_id: str
    kind: str
    slot: str
    qualifier: str | None
    value: str
    since: datetime | None
    evidence_count: int
    last_occurred_at: datetime | None


class UserProfile(Shape):
    """What is current about a user. Empty lists where nothing is remembered."""

    user_id: str
    slots: list[ProfileLine] = Field(description="Single-valued slots, in the order of the catalogue.")
    top: list[ProfileLine] = Field(description="The best supported of the others.")
    active_items: int
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
