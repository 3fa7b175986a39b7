"""One admitted event where it arrives: its record, its names, and what is known of its conversation.

Free of I/O; reads and writes the typed stores it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.enums import OutcomeStatus
from schemas.ids import ItemId, MessageId
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
class Arrival:
    """An event that may enter, and the stores that it meets."""

    raw: RawRecord
    event: ConversationEvent
    stores: Stores
    conversation_key: str
    about: MessageName | None
    """The message that the event is about, if it is about one."""

    @classmethod
    def of(cls, raw: RawRecord, event: ConversationEvent, stores: Stores) -> Arrival:
        tenant, conversation, message = event.tenant_id, event.conversation_id, event.message_id
        about = None if message is None else MessageName.of(tenant, conversation, message)
        return cls(raw=raw, event=event, stores=stores, conversation_key=join_key(tenant, conversation), about=about)

    @property
    def name(self) -> MessageName:
        """The message that an event of a MESSAGE_ type is about."""
        assert self.about is not None, "admitted events about a message name it"
        return self.about

    @property
    def reading(self) -> Reading:
        return Reading(position=self.raw.position, recorded_at=self.raw.timestamp)

    def sibling(self, message_id: MessageId) -> MessageName:
        """A message of the event's conversation."""
        return MessageName.of(self.event.tenant_id, self.event.conversation_id, message_id)

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
