"""The demo conversation leaves exactly the memories on the page beside it, through both processors, without Kafka."""

from __future__ import annotations

from random import Random

import pytest

from deploy.local.demo_promises import CONVERSATION, Memory, differences, expected, span
from schemas import transcript
from schemas.ids import TenantId
from schemas.records import ConversationEvent, MemoryItem, Message, Outcome
from streams.extraction.rules import RuleExtractor
from streams.replay import Replay, both_stages
from support.lifetimes import LONG_AFTER, status_at
from topology.topics import TopicName

EVENTS = tuple(transcript.read(CONVERSATION, TenantId("local")))


def replayed(events: tuple[ConversationEvent, ...]) -> Replay:
    replay = Replay(both_stages(RuleExtractor()))
    replay.take_events(events)
    return replay


def memories(replay: Replay) -> list[Memory]:
    return sorted(_memory(item) for item in replay.latest(TopicName.ITEMS, MemoryItem).values())


def _memory(item: MemoryItem) -> Memory:
    spans = [span(each.valid_from, each.valid_to) for each in item.validity]
    return Memory(
        user=item.user_id,
        slot=item.slot,
        value=item.value,
        status=status_at(item, LONG_AFTER),
        valid=" ".join(spans) or "-",
        due=span(item.due_from, item.due_to) if item.due_from else "-",
    )


def _kept(memories: list[Memory]) -> list[Memory]:
    """Without those that were taken back: they leave a trace only if they were learned before."""
    return [memory for memory in memories if memory.status != "retracted"]


def test_the_memories_are_those_on_the_page() -> None:
    assert differences(memories(replayed(EVENTS)), expected()) == []


def test_every_event_has_one_outcome_and_every_message_a_row() -> None:
    replay = replayed(EVENTS)
    assert len(list(replay.sent(TopicName.OUTCOMES, Outcome))) == len(EVENTS)
    assert len(replay.latest(TopicName.MESSAGES, Message)) == len({event.message_id for event in EVENTS})


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_arrival_does_not_matter(seed: int) -> None:
    shuffled = list(EVENTS)
    Random(seed).shuffle(shuffled)
    assert _kept(memories(replayed(tuple(shuffled)))) == _kept(expected())


def test_saying_everything_twice_changes_nothing() -> None:
    assert memories(replayed(EVENTS + EVENTS)) == expected()


def test_the_conversation_shows_what_it_is_meant_to_show() -> None:
    """A late message, an edit, a deletion, recalled text, and a change that event time alone puts in order."""
    kinds = {event.type.value for event in EVENTS}
    times = [event.occurred_at for event in EVENTS if event.type.value == "MESSAGE_RECORDED"]
    assert {"MESSAGE_RECORDED", "MESSAGE_EDITED", "MESSAGE_DELETED"} == kinds
    assert times != sorted(times)
    assert any(event.recalled for event in EVENTS)
    homes = [memory for memory in expected() if memory.slot == "home_city"]
    assert sorted(homes, key=lambda memory: memory.valid)[1].value == "Braga"
