"""Events as they are posted, and what is told of them afterwards.

`EventIn` documents the request; the events themselves are read and checked by `schemas.json_events`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.models.values import PositionShape, Shape

EventTypeName = Literal[
    "message.recorded", "message.edited", "message.deleted", "conversation.ended", "conversation.deleted"
]


class EventIn(Shape):
    """Something that happened in a conversation."""

    event_id: str = Field(
        min_length=1, max_length=128, description="Yours, unique in the tenant; a retry sends the same one."
    )
    type: EventTypeName
    conversation_id: str = Field(min_length=1, max_length=256)
    message_id: str | None = Field(
        default=None, max_length=128, description="Unique in the conversation; required by the message types."
    )
    user_id: str | None = Field(default=None, max_length=256, description="Who speaks; required by message.recorded.")
    speaker_name: str | None = Field(default=None, max_length=256, description="Shown to people, searched.")
    role: Literal["user", "assistant", "system", "tool"] = Field(
        default="user", description="Only users' words are remembered."
    )
    text: str | None = Field(
        default=None, description="At most 65,536 bytes of UTF-8 without NUL; required by recorded and edited."
    )
    occurred_at: datetime = Field(description="When it was said, edited, deleted.")
    timezone: str | None = Field(default=None, description="IANA name of the speaker's zone.")
    reply_to: str | None = Field(default=None, max_length=128, description="A message id.")
    language: str | None = Field(default=None, description="BCP 47.")
    remember: bool = Field(default=True, description="False: store the message, extract nothing.")
    recalled: bool = Field(default=False, description="This text repeats memory given to the speaker.")
    attributes: dict[str, str] = Field(default_factory=dict, description="Carried along, never interpreted.")


class AcceptedEvent(PositionShape):
    """Where an accepted event stands."""

    event_id: str = Field(examples=["evt-17"])


class Accepted(Shape):
    """The broker has them all, on every replica; positions are in the order of the request."""

    accepted: int = Field(examples=[1])
    positions: list[AcceptedEvent]


class EventStatus(Shape):
    """What became of an event or a command: the best of its records' outcomes."""

    event_id: str
    status: str = Field(json_schema_extra={"enum": ["stored", "duplicate", "rerouted", "dead_lettered"]})
    reasons: list[str] = Field(examples=[["no_memory:question"]])
    position: PositionShape
    item_ids: list[str]
    queryable: bool


EVENT_EXAMPLE = {
    "event_id": "evt-17",
    "type": "message.recorded",
    "conversation_id": "family",
    "message_id": "m-17",
    "user_id": "ana",
    "speaker_name": "Ana",
    "role": "user",
    "text": "We moved to Porto last month.",
    "occurred_at": "2024-05-17T09:30:00Z",
    "timezone": "Europe/Lisbon",
}
