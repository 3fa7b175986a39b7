"""One admitted event where it arrives: its record, its names, and what is known of its conversation.

Free of I/O; reads and writes the typed stores it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.ids import ItemId, MessageId
from schemas.keys import join_key
from schemas.records import ConversationEvent, OutcomeStatus
from schemas.state import ConversationState, MessageState
from streams.ports import Output, RawRecord, Stores
from streams.processors.joining import UNKNOWN_MESSAGE
from streams.processors.messages import MessageName
from streams.processors.outcomes import outcome
from topology.stages import CONVERSATIONS, MESSAGE_INDEX

NEW_CONVERSATION = ConversationState(turns=(), truncated=False, event_ids=(), ended_at=None, deleted_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event that may enter, and the stores that it meets."""

    raw: RawRecord
    event: ConversationEvent
    stores: Stores

    @property
    def name(self) -> MessageName:
        """The message that the event is about."""
        assert self.event.message_id is not None, "admitted events about a message name it"
        return self.sibling(self.event.message_id)

    def sibling(self, message_id: MessageId) -> MessageName:
        """A message of the event's conversation."""
        event = self.event
        return MessageName(tenant_id=event.tenant_id, conversation_id=event.conversation_id, message_id=message_id)

    @property
    def conversation_key(self) -> str:
        return join_key(self.event.tenant_id, self.event.conversation_id)

    def conversation(self) -> ConversationState:
        return self.stores.get(CONVERSATIONS, self.conversation_key) or NEW_CONVERSATION

    def keep_conversation(self, state: ConversationState) -> None:
        self.stores.put(CONVERSATIONS, self.conversation_key, state)

    def message(self, name: MessageName) -> MessageState:
        return self.stores.get(MESSAGE_INDEX, name.key) or UNKNOWN_MESSAGE

    def keep_message(self, name: MessageName, state: MessageState) -> None:
        self.stores.put(MESSAGE_INDEX, name.key, state)

    def stored(self, *reasons: str, item_ids: Iterable[ItemId] = ()) -> Output:
        return outcome(self.raw, self.event, OutcomeStatus.STORED, reasons, item_ids)

    def duplicate(self) -> Output:
        return outcome(self.raw, self.event, OutcomeStatus.DUPLICATE)
