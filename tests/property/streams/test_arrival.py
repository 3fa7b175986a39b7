"""Whatever is late, doubled, retried or cut into runs, the same is remembered."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import ConversationEvent, OutcomeStatus
from streams.replay import MemoryLog, event_record
from support.conversations import arrivals, histories, messages, nearly_in_order
from support.memory import CODEC, Memory
from support.views import outcomes, view
from topology.topics import TopicName

SENT_RECORD_BY_RECORD = (
    TopicName.MESSAGES,
    TopicName.EXTRACTIONS,
    TopicName.OUTCOMES,
    TopicName.EVIDENCE,
    TopicName.ITEMS,
)
"""Profiles are sent once a run, so how many there are depends on the cut; the last one does not."""


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_any_order_and_any_duplication_leave_the_same_memory(data: st.DataObject) -> None:
    history = data.draw(histories())
    arrived = data.draw(arrivals(history))

    assert view(Memory().hear(*arrived).replay) == view(Memory().hear(*history).replay)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_within_the_window_lateness_leaves_the_same_memory_however_long_the_conversation(data: st.DataObject) -> None:
    history = data.draw(messages(most=30))
    arrived = data.draw(nearly_in_order(history, 3))

    late, prompt = (Memory(window_turns=8).hear(*events).replay for events in (arrived, history))
    assert view(late) == view(prompt)


@given(histories().flatmap(arrivals), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_any_cut_into_runs_gives_the_same_rows_and_the_same_versions(
    arrived: list[ConversationEvent], run_records: int
) -> None:
    whole, cut = Memory().hear(*arrived).replay, Memory(run_records=run_records).hear(*arrived).replay

    for topic in SENT_RECORD_BY_RECORD:
        assert list(cut.log.records(topic)) == list(whole.log.records(topic))
    for one, other in zip(cut.stages, whole.stages, strict=True):
        assert [list(table.scan(b"")) for table in one.tables] == [list(table.scan(b"")) for table in other.tables]


@given(histories().flatmap(arrivals))
@settings(max_examples=60, deadline=None)
def test_hearing_everything_twice_adds_outcomes_and_nothing_else(arrived: list[ConversationEvent]) -> None:
    memory = Memory().hear(*arrived)
    once, sent = view(memory.replay), counted(memory)

    memory.hear(*arrived)

    assert view(memory.replay) == once
    again = counted(memory)
    assert again.pop(TopicName.OUTCOMES) == 2 * sent.pop(TopicName.OUTCOMES)
    assert again == sent
    assert all(outcome.status is OutcomeStatus.DUPLICATE for outcome in outcomes(memory.replay)[len(arrived) :])


@given(histories().flatmap(arrivals), st.integers(0, 3), st.sets(st.integers(0, 20)))
@settings(max_examples=60, deadline=None)
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


def counted(memory: Memory) -> dict[TopicName, int]:
    """How many records each topic that we write holds; sending a profile again is no change of memory."""
    return {topic: len(list(memory.replay.log.records(topic))) for topic in SENT_RECORD_BY_RECORD}
