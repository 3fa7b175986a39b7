"""The history read again by the same extractor gives the same memory, compacted or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from streams.ports import RawRecord
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.policy import ExtractPolicy
from streams.processors.reextract import ReextractProcessor
from streams.replay import Replay
from support.conversations import arrivals, long_conversations, worlds
from support.memory import CODEC, Memory
from support.speech import WordExtractor
from support.views import View, view
from topology.topics import TopicName


def read_again(messages: Sequence[RawRecord], window_turns: int = 32) -> Replay:
    replay = Replay(
        [ReextractProcessor(WordExtractor(), ExtractPolicy(window_turns=window_turns)), ConsolidateProcessor()],
        codec=CODEC,
    )
    replay.take(messages)
    return replay


def messages_of(replay: Replay) -> list[RawRecord]:
    return list(replay.log.records(TopicName.MESSAGES))


@st.composite
def compacted(draw: st.DrawFn, messages: Sequence[RawRecord]) -> list[RawRecord]:
    """What a broker may have left: of records with a later one of the same key, any may be gone."""
    last = {raw.key: raw.position for raw in messages}
    return [raw for raw in messages if raw.position == last[raw.key] or draw(st.booleans())]


def remembered(replay: Replay) -> View:
    """What is remembered; messages are input here, and no output."""
    return replace(view(replay), messages={})


@given(st.data())
def test_the_same_extractor_finds_the_same_in_whatever_compaction_has_left(data: st.DataObject) -> None:
    live = Memory().hear(*data.draw(arrivals(data.draw(worlds())))).replay
    left = data.draw(compacted(messages_of(live)))

    assert remembered(read_again(left)) == remembered(live)


@given(st.data())
def test_beyond_the_window_too_where_every_version_is_still_there(data: st.DataObject) -> None:
    live = Memory(window_turns=12).hear(*data.draw(long_conversations())).replay
    again = read_again(messages_of(live), window_turns=12)

    assert remembered(again) == remembered(live)


@given(st.data())
def test_reading_a_message_twice_changes_nothing(data: st.DataObject) -> None:
    live = Memory().hear(*data.draw(worlds())).replay
    messages = messages_of(live)
    once, twice = read_again(messages), read_again(messages)
    twice.take(again(messages))

    assert remembered(twice) == remembered(once)
    assert sent(twice) == sent(once)


def again(messages: Sequence[RawRecord]) -> list[RawRecord]:
    """The same at higher offsets, as a broker never gives them; a lane that lost its position might ask for them."""
    beyond = 1_000_000
    return [replace(raw, position=replace(raw.position, offset=raw.position.offset + beyond)) for raw in messages]


def sent(replay: Replay) -> int:
    return len(list(replay.log.records(TopicName.EXTRACTIONS)))
