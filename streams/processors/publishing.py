"""What a change in a conversation sends: the message it is about, and the turns after it whose context it changed.

Pure but for the stores of the place. A message is sent at most once an event, with the event's offset as revision.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from schemas.ids import ItemId, MessageId
from schemas.records import Candidate, MessageExtraction
from schemas.state import ConversationState, MessageState, Turn
from streams.extraction.port import Extractor
from streams.ports import Output
from streams.processors import window
from streams.processors.arrival import Place
from streams.processors.messages import (
    MessageName,
    candidates,
    extraction,
    is_ever_extracted,
    message,
    withheld,
)
from streams.processors.policy import ExtractPolicy
from streams.processors.window import Neighbourhood


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Sends messages and extractions, and keeps the window of turns."""

    extractor: Extractor
    policy: ExtractPolicy

    def withheld(self, name: MessageName, state: MessageState) -> str | None:
        """Why nothing may be remembered from the message; None where it may."""
        return withheld(state, heard=self.policy.hears(name.tenant_id, state.role))

    def said(
        self, place: Place, state: MessageState, turn: Turn, turns: tuple[Turn, ...], *, first: bool
    ) -> Iterator[Output]:
        """The message of the event has the text of `turn`. `first`: nothing was ever sent about it."""
        conversation, name = place.conversation(), place.name
        there = window.neighbourhood(turns, name.message_id, self.policy.context_turns)
        here = there or Neighbourhood(turn=turn, before=())
        previous = here.previous_message_id or (state.previous_message_id if conversation.truncated else None)
        yield self._message(place, name, state, here.turn, previous)
        found = () if self.withheld(name, state) else self._candidates(name, state, here)
        if is_ever_extracted(state) and (found or not first):
            yield extraction(name, state, found, self.extractor.name, place.raw)
        yield from self.settle(place, conversation, turns)

    def gone(self, place: Place, name: MessageName, state: MessageState) -> Iterator[Output]:
        """The message has no text any more; what was found in it is taken back."""
        place.keep_message(name, state)
        yield message(name, state, None, place.raw)
        if is_ever_extracted(state):
            yield extraction(name, state, (), self.extractor.name, place.raw)

    def settle(self, place: Place, conversation: ConversationState, turns: tuple[Turn, ...]) -> Iterator[Output]:
        """`turns` take the place of the conversation's: send again what that disturbs, then keep what may be kept."""
        if turns is conversation.turns:
            return
        depth = self.policy.context_turns
        for here, moved in window.disturbed(conversation.turns, turns, depth):
            yield from self._again(place, here, moved)
        kept = window.trimmed(turns, self.policy.window_turns, self.policy.window_characters)
        truncated = conversation.truncated or len(kept) < len(turns)
        place.keep_conversation(
            ConversationState(
                turns=kept,
                truncated=truncated,
                event_ids=conversation.event_ids,
                ended_at=conversation.ended_at,
                deleted_at=conversation.deleted_at,
            )
        )

    def _again(self, place: Place, here: Neighbourhood, moved: bool) -> Iterator[Output]:
        name = place.sibling(here.turn.message_id)
        state = place.message(name)
        if moved:
            yield self._message(place, name, state, here.turn, here.previous_message_id)
        if self.withheld(name, state) is None:
            yield extraction(name, state, self._candidates(name, state, here), self.extractor.name, place.raw)

    def _candidates(self, name: MessageName, state: MessageState, here: Neighbourhood) -> tuple[Candidate, ...]:
        return candidates(self.extractor, name.tenant_id, state, here.turn, here.before)

    @staticmethod
    def _message(
        place: Place, name: MessageName, state: MessageState, turn: Turn, previous: MessageId | None
    ) -> Output:
        kept = state if state.previous_message_id == previous else replace(state, previous_message_id=previous)
        place.keep_message(name, kept)
        return message(name, kept, turn.text, place.raw)


def items_of(outputs: Sequence[Output], message_id: MessageId | None = None) -> Iterator[ItemId]:
    """The items that the extractions among the outputs speak of (of one message alone, if asked); may repeat."""
    for output in outputs:
        found = output.value
        if isinstance(found, MessageExtraction) and message_id in (None, found.message_id):
            yield from [candidate.item_id for candidate in found.candidates]
