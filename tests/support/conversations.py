"""Conversations generated for property tests: what was said, edited and deleted, and orders in which it may arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from schemas.ids import EventId, UserId
from schemas.records import ConversationEvent, EventType, Role
from support.speech import ANNA, conversation, deleted, edited, said

T = TypeVar("T")

WORDS = (
    "lives:Lisbon",
    "lives:Porto",
    "since:Porto",
    "until:Faro",
    "lived:Lisbon",
    "stayed:Porto",
    "left:Lisbon",
    "left:Porto",
    "moves:Faro",
    "moves:Lisbon",
    "likes:tea",
    "not:tea",
    "likes:milk",
    "fav:colour=blue",
    "fav:colour=red",
    "party:p1",
    "partied:p1",
    "todo:report",
    "did:report",
    "echo",
    "hello",
    "4111111111111111",
)

texts = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)

MESSAGES_MOST = 9
_CHANGES = (
    *[EventType.MESSAGE_EDITED] * 4,
    *[EventType.MESSAGE_DELETED] * 2,
    EventType.CONVERSATION_DELETED,
)


@st.composite
def messages(draw: st.DrawFn, most: int = MESSAGES_MOST) -> list[ConversationEvent]:
    """Messages of one conversation in order of event time, some at the same moment as the one before."""
    count = draw(st.integers(1, most))
    times = sorted(draw(st.lists(st.integers(0, 3 * most), min_size=count, max_size=count)))
    return [draw(_message(number, at)) for number, at in enumerate(times)]


@st.composite
def _message(draw: st.DrawFn, number: int, at: int) -> ConversationEvent:
    fields = {
        "user_id": draw(st.sampled_from([ANNA, ANNA, UserId("ben")])),
        "role": draw(st.sampled_from([Role.USER, Role.USER, Role.USER, Role.ASSISTANT])),
        "remember": draw(st.sampled_from([True, True, True, False])),
        "recalled": draw(st.sampled_from([False, False, False, True])),
        "occurred_at": said(at, "").occurred_at,
    }
    return said(number, draw(texts), **fields)


@st.composite
def histories(draw: st.DrawFn) -> list[ConversationEvent]:
    """Messages, and edits and deletions of them (and of the conversation), in order of event time."""
    spoken = draw(messages())
    changes = draw(st.lists(_change(len(spoken)), max_size=6))
    named = [_renamed(change, number) for number, change in enumerate(changes)]
    return sorted([*spoken, *named], key=lambda event: event.occurred_at)


@st.composite
def _change(draw: st.DrawFn, count: int) -> ConversationEvent:
    number, at = draw(st.integers(0, count - 1)), draw(st.integers(0, 40))
    kind = draw(st.sampled_from(_CHANGES))
    match kind:
        case EventType.MESSAGE_EDITED:
            return edited(number, draw(texts), at=at, remember=draw(st.sampled_from([True, True, False])))
        case EventType.MESSAGE_DELETED:
            return deleted(number, at=at)
        case _:
            return conversation(EventType.CONVERSATION_DELETED, at=at)


def _renamed(event: ConversationEvent, number: int) -> ConversationEvent:
    return replace(event, event_id=EventId(f"change-{number}"))


@st.composite
def arrivals(draw: st.DrawFn, events: Sequence[T]) -> list[T]:
    """The events in any order, some of them more than once."""
    again = draw(st.lists(st.sampled_from(events), max_size=4))
    return list(draw(st.permutations([*events, *again])))


@st.composite
def nearly_in_order(draw: st.DrawFn, events: Sequence[T], most: int) -> list[T]:
    """The events, each at most `most` places from where it belongs."""
    delays = draw(st.lists(st.integers(0, most), min_size=len(events), max_size=len(events)))
    order = sorted(range(len(events)), key=lambda at: (at + delays[at], at))
    return [events[at] for at in order]
