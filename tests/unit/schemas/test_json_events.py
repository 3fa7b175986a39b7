"""The JSON form of events: what is read, what is refused, and with how many words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.enums import EventType, Role
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.json_events import InvalidEvent, read_event, write_event
from schemas.records import ConversationEvent

TENANT = TenantId("local")
BODY: dict[str, Any] = {
    "event_id": "e-1",
    "type": "message.recorded",
    "conversation_id": "garden",
    "message_id": "m-1",
    "user_id": "ines",
    "text": "I planted two fig trees.",
    "occurred_at": "2024-05-17T11:30:00+02:00",
}
EVENT = ConversationEvent(
    event_id=EventId("e-1"),
    type=EventType.MESSAGE_RECORDED,
    tenant_id=TENANT,
    conversation_id=ConversationId("garden"),
    message_id=MessageId("m-1"),
    user_id=UserId("ines"),
    text="I planted two fig trees.",
    occurred_at=datetime(2024, 5, 17, 9, 30, tzinfo=UTC),
)


def problems_of(body: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidEvent) as caught:
        read_event(body, TENANT)
    return [(problem.field, problem.reason) for problem in caught.value.problems]


def test_an_event_is_read_with_its_defaults() -> None:
    assert read_event(BODY, TENANT) == EVENT


def test_null_is_the_same_as_absent() -> None:
    assert read_event({**BODY, "speaker_name": None, "role": None, "attributes": None}, TENANT) == EVENT


def test_every_field_can_be_given() -> None:
    full = {
        **BODY,
        "speaker_name": "Inês",
        "role": "assistant",
        "timezone": "Europe/Lisbon",
        "reply_to": "m-0",
        "language": "pt",
        "remember": False,
        "recalled": True,
        "attributes": {"channel": "web"},
    }

    event = read_event(full, TENANT)

    assert (event.role, event.remember, event.recalled) == (Role.ASSISTANT, False, True)
    assert write_event(event) == {**full, "occurred_at": "2024-05-17T09:30:00Z"}


def test_what_is_written_is_json_that_can_be_read_again() -> None:
    assert read_event(json.loads(json.dumps(write_event(EVENT))), TENANT) == EVENT


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"event_id": 7}, ("event_id", "wrong_type")),
        ({"type": "MESSAGE_RECORDED"}, ("type", "unknown_type")),
        ({"type": "unknown"}, ("type", "unknown_type")),
        ({"role": "USER"}, ("role", "unknown_role")),
        ({"remember": "no"}, ("remember", "wrong_type")),
        ({"attributes": {"n": 1}}, ("attributes", "wrong_type")),
        ({"attributes": []}, ("attributes", "wrong_type")),
        ({"occurred_at": "yesterday"}, ("occurred_at", "bad_time")),
        ({"occurred_at": "2024-05-17T09:30:00"}, ("occurred_at", "bad_time")),
        ({"occurred_at": 1715938200}, ("occurred_at", "wrong_type")),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, ("occurred_at", "bad_time")),
        ({"tenant_id": "other"}, ("tenant_id", "unknown_field")),
        ({"txet": "typo"}, ("txet", "unknown_field")),
        ({"text": "a\x00b"}, ("text", "nul_in_text")),
        ({"text": None}, ("text", "missing_field")),
    ],
)
def test_a_bad_field_is_named(change: dict[str, object], problem: tuple[str, str]) -> None:
    assert problems_of({**BODY, **change}) == [problem]


def test_every_bad_field_is_named_at_once() -> None:
    assert problems_of({"event_id": 7, "colour": "red", "role": "boss"}) == [
        ("colour", "unknown_field"),
        ("event_id", "wrong_type"),
        ("type", "missing_field"),
        ("conversation_id", "missing_field"),
        ("role", "unknown_role"),
        ("occurred_at", "missing_field"),
    ]


@pytest.mark.parametrize("body", [None, 3, "event", [BODY]])
def test_what_is_no_object_is_refused(body: object) -> None:
    assert problems_of(body) == [("", "wrong_type")]
