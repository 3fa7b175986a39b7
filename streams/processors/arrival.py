"""Where a record of a message arrives: its names, and what is known of its conversation; and an event that does so.

Free of I/O; reads and writes the typed stores it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.enums import OutcomeStatus
from schemas.ids import ConversationId, ItemId, MessageId, TenantId
from schemas.keys import join_key
from schemas.records import ConversationEvent
from schemas.state import ConversationState, MessageState
from streams.ports import Output, RawRecord, Stores
from streams.processors.joining import UNKNOWN_MESSAGE, Reading
from streams.processors.messages import MessageName
from streams.processors.outcomes import outcome
from topology.stages import CONVERSATIONS, MESSAGE_INDEX

NEW_CONVERSATION = ConversationState(turns=(), truncated=False, event_ids=(), ended_at=None, deleted_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A record's conversation, the message it is about, and the stores that hold what is known of both."""

    raw: RawRecord
    """Whose offset becomes the revision of what follows, and whose time its recorded_at."""
    stores: Stores
    tenant_id: TenantId
    conversation_id: ConversationId
    conversation_key: str
    about: MessageName | None
    """The message that the record is about, if it is about one."""

    @property
    def name(self) -> MessageName:
        """The message that a record about one is about."""
        assert self.about is not None, "admitted events about a message name it"
        return self.about

    @property
    def reading(self) -> Reading:
        return Reading(position=self.raw.position, recorded_at=self.raw.timestamp)

    def sibling(self, message_id: MessageId) -> MessageName:
        """A message of the conversation."""
        return MessageName.of(self.tenant_id, self.conversation_id, message_id)

    def conversation(self) -> ConversationState:
        return self.stores.get(CONVERSATIONS, self.conversation_key) or NEW_CONVERSATION

    def keep_conversation(self, state: ConversationState) -> None:
        self.stores.put(CONVERSATIONS, self.conversation_key, state)

    def message(self, name: MessageName) -> MessageState:
        return self.stores.get(MESSAGE_INDEX, name.key) or UNKNOWN_MESSAGE

    def keep_message(self, name: MessageName, state: MessageState) -> None:
        self.stores.put(MESSAGE_INDEX, name.key, state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival(Place):
    """An event that may enter, where it arrives."""

    event: ConversationEvent

    @classmethod
    def of(cls, raw: RawRecord, event: ConversationEvent, stores: Stores) -> Arrival:
        tenant, conversation, message = event.tenant_id, event.conversation_id, event.message_id
        about = None if message is None else MessageName.of(tenant, conversation, message)
        return cls(
            raw=raw,
            stores=stores,
            tenant_id=tenant,
            conversation_id=conversation,
            conversation_key=join_key(tenant, conversation),
            about=about,
            event=event,
        )

    def stored(self, *reasons: str, item_ids: Iterable[ItemId] = ()) -> Output:
        return outcome(self.raw, self.event, OutcomeStatus.STORED, reasons, item_ids)

    def duplicate(self) -> Output:
        return outcome(self.raw, self.event, OutcomeStatus.DUPLICATE)
