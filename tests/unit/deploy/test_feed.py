"""What a line of a conversation file becomes, and what it is told otherwise."""

from __future__ import annotations

import gzip
import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from confluent_kafka import KafkaError

from deploy.local import feed as feeding
from deploy.local.feed import FeedReport
from schemas.codec import Codec, ShippedSchemaIds
from schemas.enums import EventType, Role
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import partition_of
from schemas.records import ConversationEvent
from schemas.transcript import NotAnEvent, event_of

TENANT = TenantId("local")
LINE: dict[str, Any] = {
    "message_id": "garden.1",
    "conversation_id": "garden",
    "speaker": "Inês",
    "speaker_id": "garden.ines",
    "occurred_at": "2024-05-17T09:30:00Z",
    "text": "I planted two fig trees.",
    "session": 1,
}


def line(**changes: object) -> bytes:
    return json.dumps({**LINE, **changes}).encode()


class FakeProducer:
    """A broker that takes everything but what is marked, at once."""

    def __init__(self, full: int = 0) -> None:
        self.taken: list[tuple[str, bytes, bytes, int]] = []
        self._full = full

    def produce(self, topic: str, value: bytes, key: bytes, partition: int, *, on_delivery: Any) -> None:
        if self._full:
            self._full -= 1
            raise BufferError("queue full")
        refused = b"refuse me" in value
        if not refused:
            self.taken.append((topic, key, value, partition))
        on_delivery(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE, "too large") if refused else None, None)

    def poll(self, timeout: float) -> int:
        return 0

    def flush(self, timeout: float) -> int:
        return 0


def fed(*lines: bytes, producer: FakeProducer | None = None) -> tuple[list[ConversationEvent], FeedReport]:
    producer, report, codec = producer or FakeProducer(), FeedReport(), Codec(ShippedSchemaIds())
    feeder = feeding.Feeder(producer, codec, 4, report)  # type: ignore[arg-type]
    for each in lines:
        feeder.send(event_of(each, TENANT))
    feeder.finish()
    return [codec.decode(value, ConversationEvent) for _, _, value, _ in producer.taken], report


def test_a_line_becomes_an_event() -> None:
    assert event_of(line(), TENANT) == ConversationEvent(
        event_id=EventId("feed-garden.1"),
        type=EventType.MESSAGE_RECORDED,
        tenant_id=TENANT,
        conversation_id=ConversationId("garden"),
        message_id=MessageId("garden.1"),
        user_id=UserId("garden.ines"),
        speaker_name="Inês",
        role=Role.USER,
        text="I planted two fig trees.",
        occurred_at=datetime(2024, 5, 17, 9, 30, tzinfo=UTC),
    )


def test_a_caption_follows_the_text() -> None:
    assert event_of(line(caption="a photo of figs"), TENANT).text == "I planted two fig trees. [shares a photo of figs]"


def test_the_assistant_is_no_user() -> None:
    assert event_of(line(speaker="assistant"), TENANT).role is Role.ASSISTANT
    assert event_of(line(speaker="Assistant"), TENANT).role is Role.USER


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"{", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[1]", "is no JSON object"),
        (b"{}", "lacks message_id, conversation_id, speaker, speaker_id, occurred_at, text"),
        (line(occurred_at="noon"), "occurred_at: bad_time"),
        (line(speaker_id=""), "user_id: missing_field"),
        (line(text=None), "text: missing_field"),
        (line(text="a\x00b"), "text: nul_in_text"),
        (line(message_id="m" * 128), "event_id: too_long"),
    ],
)
def test_a_bad_line_says_what_is_wrong(bad: bytes, told: str) -> None:
    with pytest.raises(NotAnEvent) as caught:
        event_of(bad, TENANT)
    assert str(caught.value).startswith(told)


def test_events_go_to_the_partition_of_their_conversation() -> None:
    producer = FakeProducer()

    events, report = fed(line(), line(message_id="garden.2"), producer=producer)

    assert [event.message_id for event in events] == ["garden.1", "garden.2"]
    assert {(topic, key, partition) for topic, key, _, partition in producer.taken} == {
        ("conversation.events.v1", b"local/garden", partition_of("local/garden", 4))
    }
    assert (report.sent, report.failed) == (2, False)


def test_a_full_queue_is_waited_out() -> None:
    events, _ = fed(line(), producer=FakeProducer(full=3))

    assert len(events) == 1


def test_what_the_broker_refuses_is_counted_and_fails() -> None:
    _, report = fed(line(), line(text="refuse me"))

    assert (report.sent, report.undelivered, report.failed) == (1, 1, True)
    assert "too large" in report.last_error


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    plain, packed, cut = tmp_path / "plain.jsonl", tmp_path / "packed.jsonl.gz", tmp_path / "cut.jsonl.gz"
    plain.write_bytes(line() + b"\n\n{}\n" + line(message_id="garden.2"))
    packed.write_bytes(gzip.compress(line(message_id="garden.3") + b"\n"))
    cut.write_bytes(gzip.compress(line(message_id="garden.4") + b"\n")[:-6])
    return [plain, packed, cut]


def feed(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> tuple[FakeProducer, Any]:
    producer = FakeProducer()
    monkeypatch.setattr(feeding, "Producer", lambda config: producer)
    monkeypatch.setattr(feeding, "_partitions", lambda producer: 4)
    monkeypatch.setattr(feeding, "_codec", lambda settings: nullcontext(Codec(ShippedSchemaIds())))
    return producer, CliRunner().invoke(feeding.feed, [str(file) for file in files])


def test_good_lines_go_and_bad_ones_are_named(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    producer, result = feed(files, monkeypatch)

    assert result.exit_code == 1
    assert len(producer.taken) == 4
    assert f"{files[0]}:3: lacks message_id" in result.output
    assert f"{files[2]}:2: cannot be read further" in result.output
    assert "4 events of 3 files sent" in result.output
    assert "2 bad lines" in result.output


def test_good_files_end_well(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _, result = feed(files[1:2], monkeypatch)

    assert result.exit_code == 0
    assert "1 events of 1 file sent" in result.output
