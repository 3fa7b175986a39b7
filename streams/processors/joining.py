"""All events of one message joined into what stands: a join, so the order in which they come does not matter.

Pure. A recorded text, the latest edit and the latest deletion are joined; a deletion absorbs both texts for ever.
The first text recorded under a message id is the message, another one under the same id is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

from schemas.enums import Role
from schemas.ids import EventId
from schemas.limits import Problem
from schemas.records import ConversationEvent, Position
from schemas.state import MessageState
from streams.processors.admission import InvalidEvent
from streams.processors.redaction import Redacted

DUPLICATE = "duplicate"
PARKED = "parked"
SUPERSEDED_EDIT = "superseded_edit"
DELETED = "deleted"

_CONFLICT = Problem(
    field="message_id", reason="message_id_conflict", detail="another text was recorded under this message id"
)
_EVENT_IDS_KEPT = 64
_DIGEST_BYTES = 16

UNKNOWN_MESSAGE = MessageState(
    user_id=None,
    speaker_name=None,
    role=Role.USER,
    occurred_at=None,
    timezone=None,
    reply_to=None,
    language=None,
    remember=True,
    recalled=False,
    attributes={},
    source=None,
    text_digest=b"",
    redactions=(),
    event_ids=(),
    edited_at=None,
    edited_by=None,
    parked_text=None,
    previous_message_id=None,
    deleted_at=None,
    revision=-1,
    first_recorded_at=None,
    text_recorded_at=None,
)
"""A message of which nothing is known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where an event that brings a text was read, and when the broker had it."""

    position: Position
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A message after one more event."""

    state: MessageState
    text: str | None = None
    """The text that the event made current; None where it made none."""
    reason: str | None = None
    """Why the event changed nothing for a reader (`duplicate`, `parked`, ...); None where it did."""

    @property
    def changed(self) -> bool:
        return self.reason is None


def is_recorded(state: MessageState) -> bool:
    """Whether the message itself has come, and not only an edit or a deletion of it."""
    return state.user_id is not None


def record(
    state: MessageState,
    event: ConversationEvent,
    redacted: Redacted,
    at: Reading,
    conversation_deleted_at: datetime | None,
) -> Joined:
    """The message comes. Raises InvalidEvent (`message_id_conflict`) where another text has its id."""
    digest = blake2b(redacted.text.encode(), digest_size=_DIGEST_BYTES).digest()
    if is_recorded(state):
        if event.event_id not in state.event_ids and digest != state.text_digest:
            raise InvalidEvent(event, _CONFLICT)
        return Joined(state=state, reason=DUPLICATE)
    recorded = _recorded(state, event, redacted, at, digest)
    if conversation_deleted_at is not None and event.occurred_at <= conversation_deleted_at:
        recorded = _absorbed(recorded, conversation_deleted_at)
    if recorded.deleted_at is not None:
        return Joined(state=replace(recorded, redactions=()))
    return Joined(state=recorded, text=redacted.text if state.parked_text is None else state.parked_text)


def _recorded(
    state: MessageState, event: ConversationEvent, redacted: Redacted, at: Reading, digest: bytes
) -> MessageState:
    """What `event` says once and for all, with what came before it. All fields at once: the one hot path."""
    return MessageState(
        user_id=event.user_id,
        speaker_name=event.speaker_name,
        role=event.role,
        occurred_at=event.occurred_at,
        timezone=event.timezone,
        reply_to=event.reply_to,
        language=event.language,
        remember=event.remember,
        recalled=event.recalled,
        attributes=event.attributes,
        source=at.position,
        text_digest=digest,
        redactions=redacted.redactions if state.parked_text is None else state.redactions,
        event_ids=_with(state.event_ids, event.event_id),
        edited_at=state.edited_at,
        edited_by=state.edited_by,
        edit_withheld=state.edit_withheld,
        parked_text=None,
        previous_message_id=None,
        deleted_at=state.deleted_at,
        revision=at.position.offset,
        first_recorded_at=at.recorded_at,
        text_recorded_at=at.recorded_at,
    )


def edit(state: MessageState, event: ConversationEvent, redacted: Redacted, at: Reading) -> Joined:
    """The text changes, unless a later edit did so before or a deletion has absorbed it."""
    if event.event_id in state.event_ids:
        return Joined(state=state, reason=DUPLICATE)
    noted = replace(state, event_ids=_with(state.event_ids, event.event_id), revision=at.position.offset)
    if state.deleted_at is not None:
        return Joined(state=noted, reason=DELETED)
    if _has_later_edit(state, event):
        return Joined(state=noted, reason=SUPERSEDED_EDIT)
    parked = not is_recorded(state)
    edited = replace(
        noted,
        edited_at=event.occurred_at,
        edited_by=event.event_id,
        edit_withheld=event.recalled or not event.remember,
        redactions=redacted.redactions,
        parked_text=redacted.text if parked else None,
        text_recorded_at=at.recorded_at,
    )
    return Joined(state=edited, reason=PARKED) if parked else Joined(state=edited, text=redacted.text)


def delete(state: MessageState, event: ConversationEvent, position: Position) -> Joined:
    """The text is gone; of several deletions the latest counts."""
    if event.event_id in state.event_ids:
        return Joined(state=state, reason=DUPLICATE)
    noted = replace(state, event_ids=_with(state.event_ids, event.event_id), revision=position.offset)
    deleted = _absorbed(noted, event.occurred_at)
    if not is_recorded(state):
        return Joined(state=deleted, reason=PARKED)
    return Joined(state=deleted, reason=DELETED if deleted.deleted_at == state.deleted_at else None)


def delete_with_conversation(state: MessageState, deleted_at: datetime, position: Position) -> Joined | None:
    """The message goes with its conversation; None where that changes nothing (not come yet, said later, gone)."""
    if state.occurred_at is None or state.occurred_at > deleted_at:
        return None
    if state.deleted_at is not None and state.deleted_at >= deleted_at:
        return None
    return Joined(state=replace(_absorbed(state, deleted_at), revision=position.offset))


def _absorbed(state: MessageState, deleted_at: datetime) -> MessageState:
    latest = deleted_at if state.deleted_at is None else max(state.deleted_at, deleted_at)
    return replace(
        state,
        deleted_at=latest,
        edited_at=None,
        edited_by=None,
        edit_withheld=False,
        parked_text=None,
        previous_message_id=None,
        redactions=(),
    )


def _has_later_edit(state: MessageState, event: ConversationEvent) -> bool:
    if state.edited_at is None or state.edited_by is None:
        return False
    return (state.edited_at, state.edited_by) >= (event.occurred_at, event.event_id)


def _with(event_ids: tuple[EventId, ...], event_id: EventId) -> tuple[EventId, ...]:
    return (*event_ids, event_id)[-_EVENT_IDS_KEPT:]
