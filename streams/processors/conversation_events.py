"""What each type of event does: a message is recorded, edited or deleted, a conversation ends or is deleted.

Pure but for the stores of the arrival. The last output of each is the outcome; nothing is written before an event
is known to fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from schemas.ids import EventId, MessageId
from schemas.keys import split_key
from schemas.state import ConversationState, MessageState
from streams.ports import Output
from streams.processors import joining, window
from streams.processors.arrival import Arrival
from streams.processors.joining import DELETED, DUPLICATE, Joined
from streams.processors.messages import message, turn_of
from streams.processors.publishing import Publisher, items_of
from streams.processors.redaction import redact
from topology.stages import MESSAGE_INDEX

LATE = "late"
REDACTED = "redacted"
NO_MEMORY = "no_memory"
NOTHING_FOUND = "nothing_found"

_EVENT_IDS_KEPT = 64


def message_recorded(arrival: Arrival, publisher: Publisher) -> Sequence[Output]:
    """The message is kept, placed among the turns by event time, and searched for what is worth remembering."""
    conversation, name = arrival.conversation(), arrival.name
    redacted = redact(arrival.event.text or "")
    known = arrival.message(name)
    joined = joining.record(known, arrival.event, redacted, arrival.reading, conversation.deleted_at)
    if joined.reason:
        return _without_effect(arrival, joined)
    if joined.text is None:
        arrival.keep_message(name, joined.state)
        return message(name, joined.state, None, arrival.raw), arrival.stored(DELETED)
    turn = turn_of(name, joined.state, joined.text)
    turns = window.with_turn(conversation.turns, turn, truncated=conversation.truncated)
    outputs = list(publisher.said(arrival, joined.state, turn, turns, first=True))
    late = (LATE,) if turns[-1] is not turn else ()
    return *outputs, _remembered(arrival, publisher, joined.state, outputs, late)


def message_edited(arrival: Arrival, publisher: Publisher) -> Sequence[Output]:
    """The message has another text, and so have the contexts of the turns after it."""
    name = arrival.name
    joined = joining.edit(arrival.message(name), arrival.event, redact(arrival.event.text or ""), arrival.reading)
    if joined.text is None:
        return _without_effect(arrival, joined)
    turn = turn_of(name, joined.state, joined.text)
    turns = window.with_changed(arrival.conversation().turns, turn)
    outputs = list(publisher.said(arrival, joined.state, turn, turns, first=False))
    return *outputs, _remembered(arrival, publisher, joined.state, outputs, ())


def message_deleted(arrival: Arrival, publisher: Publisher) -> Sequence[Output]:
    """The message loses its text and its place among the turns."""
    conversation, name = arrival.conversation(), arrival.name
    joined = joining.delete(arrival.message(name), arrival.event, arrival.raw.position)
    if joined.reason:
        return _without_effect(arrival, joined)
    turns = window.without_message(conversation.turns, name.message_id)
    outputs = [
        *publisher.gone(arrival, name, joined.state),
        *publisher.settle(arrival, conversation, turns),
    ]
    return *outputs, arrival.stored(item_ids=items_of(outputs))


def conversation_ended(arrival: Arrival) -> Sequence[Output]:
    """Only kept: what was said may still arrive."""
    conversation, event = arrival.conversation(), arrival.event
    if event.event_id in conversation.event_ids:
        return (arrival.duplicate(),)
    ended_at = max(event.occurred_at, conversation.ended_at or event.occurred_at)
    arrival.keep_conversation(replace(_noted(conversation, event.event_id), ended_at=ended_at))
    return (arrival.stored(),)


def conversation_deleted(arrival: Arrival, publisher: Publisher) -> Sequence[Output]:
    """Every message that occurred up to then loses its text; those that arrive later are absorbed when they come."""
    conversation, event = arrival.conversation(), arrival.event
    if event.event_id in conversation.event_ids:
        return (arrival.duplicate(),)
    deleted_at = max(event.occurred_at, conversation.deleted_at or event.occurred_at)
    noted = replace(_noted(conversation, event.event_id), deleted_at=deleted_at)
    arrival.keep_conversation(noted)
    if deleted_at == conversation.deleted_at:
        return (arrival.stored(DELETED),)
    outputs = [
        *_all_gone(arrival, publisher, noted),
        *publisher.settle(arrival, noted, window.without_up_to(noted.turns, deleted_at)),
    ]
    return *outputs, arrival.stored(item_ids=items_of(outputs))


def _all_gone(arrival: Arrival, publisher: Publisher, conversation: ConversationState) -> Iterator[Output]:
    assert conversation.deleted_at is not None
    for key, state in arrival.stores.scan(MESSAGE_INDEX, f"{arrival.conversation_key}/"):
        joined = joining.delete_with_conversation(state, conversation.deleted_at, arrival.raw.position)
        if joined is not None:
            name = arrival.sibling(MessageId(split_key(key)[-1]))
            yield from publisher.gone(arrival, name, joined.state)


def _without_effect(arrival: Arrival, joined: Joined) -> Sequence[Output]:
    if joined.reason == DUPLICATE:
        return (arrival.duplicate(),)
    assert joined.reason is not None
    arrival.keep_message(arrival.name, joined.state)
    return (arrival.stored(joined.reason),)


def _remembered(
    arrival: Arrival, publisher: Publisher, state: MessageState, outputs: Sequence[Output], reasons: tuple[str, ...]
) -> Output:
    redacted = (REDACTED,) if state.redactions else ()
    mine = any(True for _ in items_of(outputs, arrival.name.message_id))
    nothing = publisher.withheld(arrival.name, state) or (None if mine else NOTHING_FOUND)
    no_memory = (f"{NO_MEMORY}:{nothing}",) if nothing else ()
    return arrival.stored(*reasons, *redacted, *no_memory, item_ids=items_of(outputs))


def _noted(conversation: ConversationState, event_id: EventId) -> ConversationState:
    return replace(conversation, event_ids=(*conversation.event_ids, event_id)[-_EVENT_IDS_KEPT:])
