"""Edits and deletions where one would not look for them: before their message, long after it, or after the end."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from schemas.enums import EventType
from schemas.records import ConversationEvent, Message
from support.conversations import arrivals, histories, is_change, texts_of, vocabularies
from support.memory import Memory
from support.speech import conversation, deleted, edited, said
from support.views import view
from topology.topics import TopicName

OLD = 6
"""Messages that have left the window when the rest has been said."""
WINDOW = 8


@given(histories())
def test_edits_and_deletions_may_come_before_their_messages(history: list[ConversationEvent]) -> None:
    early = [event for event in history if is_change(event)]
    rest = [event for event in history if not is_change(event)]

    assert view(Memory().hear(*early, *rest).replay) == view(Memory().hear(*history).replay)


@st.composite
def changes_of(draw: st.DrawFn, numbers: Sequence[int]) -> list[ConversationEvent]:
    """Edits and deletions of those messages, long after everything was said."""
    texts = texts_of(draw(vocabularies))
    about = draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=6))
    return [
        draw(st.sampled_from([edited(number, draw(texts), at=at), deleted(number, at=at)]))
        for at, number in enumerate(about, start=100)
    ]


@given(st.data())
def test_changes_of_messages_older_than_the_window_leave_the_same_in_any_order(data: st.DataObject) -> None:
    texts = texts_of(data.draw(vocabularies))
    absent = data.draw(st.sets(st.integers(0, OLD - 1), max_size=OLD - 1))
    spoken = [said(number, data.draw(texts)) for number in range(OLD + WINDOW)]
    prompt = [event for number, event in enumerate(spoken) if number not in absent]
    late = [*(spoken[number] for number in sorted(absent)), *data.draw(changes_of(range(OLD)))]

    one, other = (Memory(window_turns=WINDOW).hear(*prompt) for _ in range(2))
    assert view(one.hear(*data.draw(arrivals(late))).replay) == view(other.hear(*late).replay)


@given(st.data())
def test_nothing_brings_back_a_message_that_was_deleted_with_its_conversation(data: st.DataObject) -> None:
    history = data.draw(histories())
    end = conversation(EventType.CONVERSATION_DELETED, at=data.draw(st.integers(5, 40)))
    memory = Memory().hear(*data.draw(arrivals([*history, end])))
    recorded = [event for event in history if event.type is EventType.MESSAGE_RECORDED]
    gone = {event.message_id for event in recorded if event.occurred_at <= end.occurred_at}
    memory.hear(*data.draw(arrivals([*history, *data.draw(changes_of(range(len(recorded))))])))

    messages = memory.replay.latest(TopicName.MESSAGES, Message).values()
    assert {each.message_id for each in messages if each.text is not None}.isdisjoint(gone)
    assert {each.message_id for each in memory.evidence}.isdisjoint(gone)
