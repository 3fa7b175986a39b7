"""Messages read again, as a compacted topic holds them."""

from __future__ import annotations

from schemas.records import Evidence
from streams.ports import RawRecord
from streams.processors.consolidate import ConsolidateProcessor
from streams.processors.reextract import ReextractProcessor
from streams.replay import Replay
from support.memory import CODEC, Memory, minute
from support.speech import WordExtractor, deleted, said
from topology.topics import TopicName


def read_again(live: Memory) -> Replay:
    """All that compaction leaves, read by the same extractor."""
    last: dict[bytes | None, RawRecord] = {raw.key: raw for raw in live.replay.log.records(TopicName.MESSAGES)}
    left = sorted(last.values(), key=lambda raw: (raw.position.partition, raw.position.offset))
    again = Replay([ReextractProcessor(WordExtractor()), ConsolidateProcessor()], codec=CODEC)
    again.take(left)
    return again


def learned(replay: Replay) -> dict[str, object]:
    return {each.message_id: each.recorded_at for each in replay.latest(TopicName.EVIDENCE, Evidence).values()}


def test_what_is_found_again_was_learned_when_its_words_came_and_not_when_a_neighbour_did() -> None:
    live = Memory().hear(said(5, "likes:tea"))
    live.hear(said(9, "hello"), said(3, "likes:milk"))

    assert learned(live.replay) == learned(read_again(live))
    assert learned(live.replay)["m5"] == minute(5)


def test_nothing_is_said_of_what_was_deleted() -> None:
    live = Memory().hear(said(1, "likes:tea"), deleted(1, at=4))

    again = read_again(live)
    assert learned(again) == {}
    assert list(again.log.records(TopicName.ITEMS)) == []
