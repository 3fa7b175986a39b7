"""The replay: topics, tables and partitions in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from schemas.enums import ItemStatus
from schemas.records import MemoryItem, Outcome, Position
from streams.extraction.tenants import rulebook
from streams.ports import RawRecord
from streams.replay import MemoryLog, Replay, both_stages, event_record, replay_file
from support.memory import CODEC
from support.speech import START, WordExtractor, said
from topology.topics import TopicName


def test_a_file_is_replayed_to_what_it_leaves_behind(tmp_path: Path) -> None:
    lines = [
        {
            "message_id": f"m{number}",
            "conversation_id": "c1",
            "speaker": "Anna",
            "speaker_id": "anna",
            "occurred_at": f"2024-03-01T10:0{number}:00Z",
            "text": text,
        }
        for number, text in enumerate(["lives:Lisbon", "lives:Porto", "hello"])
    ]
    file = tmp_path / "talk.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")

    remembered = replay_file(file, replace(rulebook(), extractor=WordExtractor()))

    assert remembered.outcomes == {"stored": 3}
    assert {(item.value, item.status) for item in remembered.items} == {
        ("Lisbon", ItemStatus.SUPERSEDED),
        ("Porto", ItemStatus.ACTIVE),
    }
    assert [entry.value for entry in remembered.profiles[0].slots] == ["Porto"]


def test_records_keep_their_offsets_and_what_is_sent_follows_them() -> None:
    log = MemoryLog(2)
    log.add(RawRecord(position=Position(topic="t", partition=1, offset=7), timestamp=START, key=b"a", value=None))
    log.append("t", 1, b"b", b"x")
    log.append("t", 0, b"c", b"y")

    assert [(raw.position.partition, raw.position.offset) for raw in log.records("t")] == [(0, 0), (1, 7), (1, 8)]
    assert {raw.timestamp for raw in log.records("t")} == {START}


def test_a_replay_may_go_on_where_it_stopped() -> None:
    replay = Replay(both_stages(WordExtractor()), codec=CODEC)
    replay.take([event_record(said(1, "lives:Lisbon"), CODEC, replay.log)])
    replay.take([event_record(said(2, "lives:Porto"), CODEC, replay.log)])

    assert len(list(replay.sent(TopicName.OUTCOMES, Outcome))) == 2
    assert {item.value for item in replay.latest(TopicName.ITEMS, MemoryItem).values()} == {"Lisbon", "Porto"}
