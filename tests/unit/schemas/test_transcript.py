"""Conversation files as events."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas import transcript
from schemas.enums import EventType
from schemas.ids import TenantId

TENANT = TenantId("acme")
LINE = {
    "message_id": "m1",
    "conversation_id": "c1",
    "speaker": "Anna",
    "speaker_id": "u1",
    "occurred_at": "2024-03-01T10:00:00+01:00",
    "text": "Hello",
}


def test_a_message_becomes_an_event_that_a_second_feeding_repeats(tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    file.write_text(json.dumps(LINE) + "\n\n", "utf-8")

    (event,) = transcript.read(file, TENANT)

    assert (event.event_id, event.type, event.tenant_id) == ("feed-m1", EventType.MESSAGE_RECORDED, "acme")
    assert (event.user_id, event.speaker_name, event.text) == ("u1", "Anna", "Hello")
    assert event.occurred_at == datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert [event] == list(transcript.read(file, TENANT))


def test_what_an_image_shows_belongs_to_the_text(tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    file.write_text("\n".join(json.dumps({**LINE, "text": text, "caption": "a cat"}) for text in ("Look", "")), "utf-8")

    assert [event.text for event in transcript.read(file, TENANT)] == ["Look [shares a cat]", "[shares a cat]"]


def test_events_of_the_contract_may_stand_between_messages_and_the_file_may_be_packed(tmp_path: Path) -> None:
    deletion = {
        "event_id": "d1",
        "type": "message.deleted",
        "conversation_id": "c1",
        "message_id": "m1",
        "occurred_at": "2024-03-01T10:00:00Z",
    }
    file = tmp_path / "talk.jsonl.gz"
    file.write_bytes(gzip.compress(f"{json.dumps(LINE)}\n{json.dumps(deletion)}".encode()))

    assert [event.type for event in transcript.read(file, TENANT)] == [
        EventType.MESSAGE_RECORDED,
        EventType.MESSAGE_DELETED,
    ]


@pytest.mark.parametrize(
    "line", ["{}", "not json", json.dumps({**LINE, "occurred_at": "soon"}), "[]", '{"event_id": ""}']
)
def test_a_line_that_is_neither_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "talk.jsonl"
    file.write_text(f"{json.dumps(LINE)}\n{line}", "utf-8")

    with pytest.raises(ValueError, match=r"talk\.jsonl:2"):
        list(transcript.read(file, TENANT))
