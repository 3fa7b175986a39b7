"""What is sent about a message: the message as it stands, and the state of what was found in it.

Pure. A message that was never sent with candidates needs no word that it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.ids import ConversationId, MessageId, TenantId, UserId
from schemas.keys import conversation_routing, join_key, user_routing
from schemas.records import Candidate, Message, MessageExtraction, Position
from schemas.state import MessageState, Turn
from streams.extraction.port import Extractor
from streams.ports import Output, RawRecord
from topology.topics import TopicName


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageName:
    """The three parts that name a message, and the key they make."""

    tenant_id: TenantId
    conversation_id: ConversationId
    message_id: MessageId
    key: str

    @classmethod
    def of(cls, tenant_id: TenantId, conversation_id: ConversationId, message_id: MessageId) -> MessageName:
        key = join_key(tenant_id, conversation_id, message_id)
        return cls(tenant_id=tenant_id, conversation_id=conversation_id, message_id=message_id, key=key)


def withheld(state: MessageState, *, heard: bool) -> str | None:
    """Why nothing may be remembered from the message (`role`, `recalled`, `not_remembered`); None where it may.

    `heard`: whether the tenant listens to its role.
    """
    if not heard:
        return "role"
    if state.recalled:
        return "recalled"
    return None if state.remember and not state.edit_withheld else "not_remembered"


def is_ever_extracted(state: MessageState) -> bool:
    """Whether candidates may have been sent for the message, whatever its edits say, and whomever was heard then."""
    return state.remember and not state.recalled


def turn_of(name: MessageName, state: MessageState, text: str) -> Turn:
    """The recorded message as a turn. What an edit withholds, it withholds from the context of others too."""
    user_id, occurred_at, _ = _as_recorded(state)
    return Turn(
        message_id=name.message_id,
        user_id=user_id,
        speaker_name=state.speaker_name,
        role=state.role,
        text=text,
        occurred_at=occurred_at,
        recalled=state.recalled,
        remember=state.remember and not state.edit_withheld,
    )


def message(name: MessageName, state: MessageState, text: str | None, raw: RawRecord) -> Output:
    """The recorded message, as it stands after `raw`."""
    user_id, occurred_at, source = _as_recorded(state)
    value = Message(
        tenant_id=name.tenant_id,
        conversation_id=name.conversation_id,
        message_id=name.message_id,
        user_id=user_id,
        speaker_name=state.speaker_name,
        role=state.role,
        text=text,
        occurred_at=occurred_at,
        timezone=state.timezone,
        reply_to=state.reply_to,
        language=state.language,
        remember=state.remember and not state.edit_withheld,
        recalled=state.recalled,
        attributes=state.attributes,
        previous_message_id=state.previous_message_id,
        edited_at=state.edited_at,
        deleted_at=state.deleted_at,
        redactions=state.redactions,
        recorded_at=raw.timestamp,
        revision=raw.position.offset,
        source=source,
        first_recorded_at=state.first_recorded_at,
        text_recorded_at=state.text_recorded_at,
    )
    routing = conversation_routing(name.tenant_id, name.conversation_id)
    return Output(topic=TopicName.MESSAGES, key=name.key, value=value, routing=routing)


def candidates(
    extractor: Extractor, tenant_id: TenantId, state: MessageState, turn: Turn, before: Sequence[Turn]
) -> tuple[Candidate, ...]:
    """What `turn` says in its context."""
    return extractor.extract(turn, tuple(map(_as_context, before)), tenant_id, state.timezone, state.language)


def extraction(
    name: MessageName, state: MessageState, found: tuple[Candidate, ...], extractor: str, raw: RawRecord
) -> Output:
    """All candidates of the recorded message, in place of those sent before."""
    user_id, occurred_at, source = _as_recorded(state)
    value = MessageExtraction(
        tenant_id=name.tenant_id,
        user_id=user_id,
        conversation_id=name.conversation_id,
        message_id=name.message_id,
        revision=raw.position.offset,
        occurred_at=occurred_at,
        recorded_at=raw.timestamp,
        source=source,
        extractor=extractor,
        candidates=found,
        deleted=state.deleted_at is not None,
    )
    key = join_key(name.tenant_id, user_id)
    routing = user_routing(name.tenant_id, user_id)
    return Output(topic=TopicName.EXTRACTIONS, key=key, value=value, routing=routing)


def _as_recorded(state: MessageState) -> tuple[UserId, datetime, Position]:
    """Author, time and place of a message that has come."""
    assert state.user_id is not None
    assert state.occurred_at is not None
    assert state.source is not None
    return state.user_id, state.occurred_at, state.source


def _as_context(turn: Turn) -> Turn:
    """A turn off the record, or one that repeats memory, holds its place and says nothing."""
    return turn if turn.remember and not turn.recalled else replace(turn, text="")
