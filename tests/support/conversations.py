"""Conversations generated for property tests: what was said, edited and deleted, and orders in which it may arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from schemas.enums import EventType, Role
from schemas.ids import ConversationId, EventId, TenantId, UserId
from schemas.records import ConversationEvent
from support.speech import ANNA, CONVERSATION, TENANT, conversation, deleted, edited, said

T = TypeVar("T")

HOME = (
    "lives:Lisbon",
    "lives:Porto",
    "since:Porto",
    "until:Porto",
    "lived:Porto",
    "stayed:Lisbon",
    "left:Lisbon",
    "left:Porto",
    "moves:Porto",
)
TASTE = ("likes:tea", "not:tea", "likes:milk", "fav:colour=blue", "fav:colour=red")
PLANS = ("party:p1", "partied:p1", "todo:report", "did:report")
OTHER = ("echo", "hello", "4111111111111111")
WORDS = (*HOME, *TASTE, *PLANS, *OTHER)

vocabularies = st.lists(st.sampled_from(WORDS), min_size=2, max_size=5, unique=True)
"""A few words an example, so that they meet each other often."""

MESSAGES_MOST = 8
_CHANGES = (
    *[EventType.MESSAGE_EDITED] * 4,
    *[EventType.MESSAGE_DELETED] * 2,
    EventType.CONVERSATION_ENDED,
    EventType.CONVERSATION_DELETED,
)
PLACES = ((TENANT, CONVERSATION), (TENANT, ConversationId("c2")), (TenantId("globex"), CONVERSATION))
"""Names meet across them: of people, messages and conversations."""


def texts_of(words: Sequence[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=3).map(" ".join)


@st.composite
def messages(
    draw: st.DrawFn, most: int = MESSAGES_MOST, texts: st.SearchStrategy[str] | None = None
) -> list[ConversationEvent]:
    """Messages of one conversation in order of event time, some at the same moment as the one before."""
    texts = texts_of(draw(vocabularies)) if texts is None else texts
    count = draw(st.integers(min(4, most), most))
    times = sorted(draw(st.lists(st.integers(0, 3 * most), min_size=count, max_size=count)))
    return [draw(_message(number, at, texts)) for number, at in enumerate(times)]


@st.composite
def _message(draw: st.DrawFn, number: int, at: int, texts: st.SearchStrategy[str]) -> ConversationEvent:
    fields = {
        "user_id": draw(st.sampled_from([*[ANNA] * 5, UserId("ben")])),
        "role": draw(st.sampled_from([*[Role.USER] * 5, Role.ASSISTANT])),
        "remember": draw(st.sampled_from([*[True] * 7, False])),
        "recalled": draw(st.sampled_from([*[False] * 7, True])),
        "occurred_at": said(at, "").occurred_at,
    }
    return said(number, draw(texts), **fields)


@st.composite
def histories(draw: st.DrawFn, words: st.SearchStrategy[list[str]] = vocabularies) -> list[ConversationEvent]:
    """Messages, and edits and deletions of them (and of the conversation), in order of event time."""
    texts = texts_of(draw(words))
    spoken = draw(messages(texts=texts))
    changes = draw(st.lists(_change(len(spoken), texts), max_size=6))
    named = [_renamed(change, number) for number, change in enumerate(changes)]
    return sorted([*spoken, *named], key=lambda event: event.occurred_at)


@st.composite
def long_conversations(draw: st.DrawFn) -> list[ConversationEvent]:
    """Many messages of one conversation; now and then one of the last two is edited or deleted."""
    texts = texts_of(draw(vocabularies))
    told: list[ConversationEvent] = []
    for number, spoken in enumerate(draw(messages(most=30, texts=texts))):
        told.append(spoken)
        if draw(st.integers(0, 5)) == 0:
            about, at = draw(st.integers(max(0, number - 1), number)), spoken.occurred_at
            change = draw(st.sampled_from([edited(about, draw(texts), at=0), deleted(about, at=0)]))
            told.append(replace(_renamed(change, number), occurred_at=at))
    return told


@st.composite
def worlds(
    draw: st.DrawFn, words: st.SearchStrategy[list[str]] = vocabularies, least: int = 1
) -> list[ConversationEvent]:
    """Histories of one to three conversations at two tenants, in order of event time."""
    places = draw(st.lists(st.sampled_from(PLACES), min_size=least, max_size=len(PLACES), unique=True))
    told = [_placed(event, *place) for place in places for event in draw(histories(words))]
    return sorted(told, key=lambda event: event.occurred_at)


def _placed(event: ConversationEvent, tenant: TenantId, where: ConversationId) -> ConversationEvent:
    """Ids of events are unique in their tenant, those of messages in their conversation alone."""
    name = EventId(f"{where}.{event.event_id}")
    return replace(event, tenant_id=tenant, conversation_id=where, event_id=name)


@st.composite
def repetitions(draw: st.DrawFn) -> list[ConversationEvent]:
    """Anna speaks of one thing again and again, a word a message; most come in order, some are edited."""
    word = st.sampled_from(draw(st.sampled_from([HOME, HOME, TASTE, PLANS])))
    spoken = [said(number, text) for number, text in enumerate(draw(st.lists(word, min_size=6, max_size=16)))]
    changes = draw(st.lists(_change(len(spoken), word), max_size=2))
    return [*draw(nearly_in_order(spoken, 2)), *(_renamed(change, number) for number, change in enumerate(changes))]


@st.composite
def _change(draw: st.DrawFn, count: int, texts: st.SearchStrategy[str]) -> ConversationEvent:
    number, at = draw(st.integers(0, count - 1)), draw(st.integers(0, 40))
    kind = draw(st.sampled_from(_CHANGES))
    match kind:
        case EventType.MESSAGE_EDITED:
            return edited(number, draw(texts), at=at, remember=draw(st.sampled_from([True, True, False])))
        case EventType.MESSAGE_DELETED:
            return deleted(number, at=at)
        case _:
            return conversation(kind, at=at)


@st.composite
def rivals(draw: st.DrawFn, events: Sequence[ConversationEvent]) -> list[ConversationEvent]:
    """Other texts under the ids of some of the messages: all but the first that comes are refused."""
    spoken = [event for event in events if event.type is EventType.MESSAGE_RECORDED]
    chosen = draw(st.lists(st.sampled_from(spoken), max_size=3))
    return [
        replace(event, event_id=EventId(f"{event.event_id}-rival-{number}"), text=f"{event.text} likes:rivals")
        for number, event in enumerate(chosen)
    ]


def is_change(event: ConversationEvent) -> bool:
    """Whether the event is about a message that another event records."""
    return event.type in (EventType.MESSAGE_EDITED, EventType.MESSAGE_DELETED)


def _renamed(event: ConversationEvent, number: int) -> ConversationEvent:
    return replace(event, event_id=EventId(f"change-{number}"))


@st.composite
def arrivals(draw: st.DrawFn, events: Sequence[T]) -> list[T]:
    """The events in any order, some of them more than once."""
    again = draw(st.lists(st.sampled_from(events), max_size=4))
    return list(draw(st.permutations([*events, *again])))


@st.composite
def cuts(draw: st.DrawFn, events: Sequence[T]) -> list[Sequence[T]]:
    """The events in runs of any lengths."""
    ends = sorted(draw(st.sets(st.integers(1, max(1, len(events) - 1)))) | {len(events)})
    return [events[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@st.composite
def interleavings(draw: st.DrawFn, threads: Sequence[Sequence[T]]) -> list[T]:
    """All of the threads, each in its own order."""
    turns = [number for number, thread in enumerate(threads) for _ in thread]
    left = [iter(thread) for thread in threads]
    return [next(left[number]) for number in draw(st.permutations(turns))]


@st.composite
def nearly_in_order(draw: st.DrawFn, events: Sequence[T], most: int) -> list[T]:
    """The events, each at most `most` places from where it belongs."""
    delays = draw(st.lists(st.integers(0, most), min_size=len(events), max_size=len(events)))
    order = sorted(range(len(events)), key=lambda at: (at + delays[at], at))
    return [events[at] for at in order]
