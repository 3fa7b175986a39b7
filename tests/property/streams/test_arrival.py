"""Whatever is late, doubled, retried or contradicted, the same is remembered."""

from __future__ import annotations

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from schemas.enums import EventType, OutcomeStatus
from schemas.records import ConversationEvent
from streams.replay import MemoryLog, event_record
from support.conversations import arrivals, histories, long_conversations, nearly_in_order, rivals, worlds
from support.folding import event_records, extract
from support.memory import CODEC, Memory
from support.views import outcomes, view
from topology.topics import TopicName


@given(st.data())
def test_any_order_and_any_duplication_leave_the_same_memory(data: st.DataObject) -> None:
    world = data.draw(worlds())
    arrived = data.draw(arrivals(world))

    assert view(Memory().hear(*arrived).replay) == view(Memory().hear(*world).replay)


@given(st.data())
def test_within_the_window_lateness_leaves_the_same_memory_however_long_the_conversation(data: st.DataObject) -> None:
    spoken = data.draw(long_conversations())
    arrived = data.draw(nearly_in_order(spoken, 3))

    late, prompt = (Memory(window_turns=12).hear(*events).replay for events in (arrived, spoken))
    assert view(late) == view(prompt)


@given(st.data())
def test_of_two_texts_under_one_message_id_the_first_to_arrive_stands_and_the_other_leaves_nothing(
    data: st.DataObject,
) -> None:
    world = data.draw(worlds())
    arrived = data.draw(arrivals([*world, *data.draw(rivals(world))]))
    stage = extract().run(event_records(arrived))
    refused = {outcome.source.offset for outcome in stage.outcomes if outcome.reasons == ("message_id_conflict",)}
    stood = [event for offset, event in enumerate(arrived) if offset not in refused]

    texts: dict[tuple[object, ...], set[str | None]] = defaultdict(set)
    for event in stood:
        if event.type is EventType.MESSAGE_RECORDED:
            texts[event.tenant_id, event.conversation_id, event.message_id].add(event.text)
    assert all(len(told) == 1 for told in texts.values())
    in_order = sorted(stood, key=lambda event: event.occurred_at)
    assert view(Memory().hear(*arrived).replay) == view(Memory().hear(*in_order).replay)


@given(st.data())
def test_hearing_everything_twice_adds_outcomes_and_nothing_else(data: st.DataObject) -> None:
    world = data.draw(worlds())
    arrived = data.draw(arrivals([*world, *data.draw(rivals(world))]))
    records = event_records([*arrived, *arrived])
    stage = extract().run(records[: len(arrived)])
    once, sent, first = stage.rows, len(stage.outputs), stage.outcomes

    stage.run(records[len(arrived) :])

    assert stage.rows == once
    assert {output.topic for output in stage.outputs[sent:]} <= {TopicName.OUTCOMES, TopicName.EVENTS_DEAD_LETTERS}
    told = [outcome.status for outcome in stage.outcomes[len(first) :]]
    assert told == [again(outcome.status) for outcome in first]


@given(histories().flatmap(arrivals), st.integers(0, 3), st.sets(st.integers(0, 20)))
def test_every_record_has_exactly_one_outcome(arrived: list[ConversationEvent], foreign: int, broken: set[int]) -> None:
    memory, log = Memory(), MemoryLog(4)
    for number, event in enumerate(arrived):
        raw = event_record(event, CODEC, log)
        value = b"broken" if number in broken else raw.value
        partition = (raw.position.partition + foreign) % 4
        memory.replay.log.append(TopicName.EVENTS, partition, raw.key, value)
    memory.replay.take(())

    records = Counter(raw.position for raw in memory.replay.log.records(TopicName.EVENTS))
    assert Counter(outcome.source for outcome in outcomes(memory.replay)) == records
    assert set(records.values()) == {1}


def again(status: OutcomeStatus) -> OutcomeStatus:
    """What is told of a record that comes once more: refused as before, else known."""
    return status if status is OutcomeStatus.DEAD_LETTERED else OutcomeStatus.DUPLICATE
