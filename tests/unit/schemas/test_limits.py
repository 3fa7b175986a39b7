"""Each limit of the contract, at its edge and one beyond."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.enums import EventType
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.limits import TEXT_BYTES, tenant_of_key, time_in_future, validate
from schemas.records import ConversationEvent

SAID = ConversationEvent(
    event_id=EventId("e-1"),
    type=EventType.MESSAGE_RECORDED,
    tenant_id=TenantId("local"),
    conversation_id=ConversationId("garden"),
    message_id=MessageId("m-1"),
    user_id=UserId("ines"),
    text="I planted two fig trees.",
    occurred_at=datetime(2024, 5, 17, 9, 30, tzinfo=UTC),
)


def problems_of(**changes: Any) -> list[tuple[str, str]]:
    return [(problem.field, problem.reason) for problem in validate(replace(SAID, **changes))]


def test_a_plain_message_passes() -> None:
    assert not problems_of()


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": "e" * 128},
        {"conversation_id": "c" * 256},
        {"message_id": "m" * 128},
        {"user_id": "é" * 256},
        {"speaker_name": "n" * 256},
        {"tenant_id": "A-z_0.9" + "x" * 57},
        {"text": "é" * (TEXT_BYTES // 2)},
        {"text": "x" * TEXT_BYTES},
        {"text": ""},
        {"text": "colour \x03 codes\nand 🌳"},
        {"conversation_id": "a/b c%"},
        {"timezone": "America/Argentina/Buenos_Aires", "language": "zh-Hant-TW", "reply_to": "m-0"},
        {"attributes": {"source": "web"}},
        {"attributes": {"k": "v" * 65_535}},
        {"occurred_at": datetime(1900, 1, 1, tzinfo=UTC)},
    ],
    ids="+".join,
)
def test_the_edge_is_allowed(changes: dict[str, object]) -> None:
    assert not problems_of(**changes)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"type": EventType.UNKNOWN}, "type", "unknown_type"),
        ({"tenant_id": ""}, "tenant_id", "bad_tenant_id"),
        ({"tenant_id": "a/b"}, "tenant_id", "bad_tenant_id"),
        ({"tenant_id": "local\n"}, "tenant_id", "bad_tenant_id"),
        ({"tenant_id": "x" * 65}, "tenant_id", "bad_tenant_id"),
        ({"event_id": ""}, "event_id", "missing_field"),
        ({"event_id": "e" * 129}, "event_id", "too_long"),
        ({"conversation_id": "c" * 257}, "conversation_id", "too_long"),
        ({"message_id": None}, "message_id", "missing_field"),
        ({"message_id": "m" * 129}, "message_id", "too_long"),
        ({"message_id": "m\x00"}, "message_id", "control_character"),
        ({"user_id": None}, "user_id", "missing_field"),
        ({"user_id": "a\x1fb"}, "user_id", "control_character"),
        ({"reply_to": ""}, "reply_to", "missing_field"),
        ({"speaker_name": "n" * 257}, "speaker_name", "too_long"),
        ({"speaker_name": "\x00"}, "speaker_name", "nul_in_text"),
        ({"text": None}, "text", "missing_field"),
        ({"text": "x" * (TEXT_BYTES + 1)}, "text", "too_long"),
        ({"text": "é" * (TEXT_BYTES // 2) + "x"}, "text", "too_long"),
        ({"text": "a\x00b"}, "text", "nul_in_text"),
        ({"text": "half \ud83c"}, "text", "not_unicode"),
        ({"event_id": "half \ud83c"}, "event_id", "not_unicode"),
        ({"timezone": "Europe/Lis bon"}, "timezone", "bad_timezone"),
        ({"timezone": ""}, "timezone", "bad_timezone"),
        ({"language": "english, mostly"}, "language", "bad_language"),
        ({"attributes": {"k": "v" * 65_536}}, "attributes", "too_long"),
        ({"attributes": {"k": "\x00"}}, "attributes", "nul_in_text"),
        ({"occurred_at": datetime(1899, 12, 31, tzinfo=UTC)}, "occurred_at", "bad_time"),
        ({"occurred_at": SAID.occurred_at.replace(tzinfo=None)}, "occurred_at", "bad_time"),
    ],
)
def test_one_beyond_is_named(changes: dict[str, object], field: str, reason: str) -> None:
    assert problems_of(**changes) == [(field, reason)]


@pytest.mark.parametrize(
    ("event_type", "missing"),
    [
        (EventType.MESSAGE_RECORDED, {"message_id", "user_id", "text"}),
        (EventType.MESSAGE_EDITED, {"message_id", "text"}),
        (EventType.MESSAGE_DELETED, {"message_id"}),
        (EventType.CONVERSATION_ENDED, set()),
        (EventType.CONVERSATION_DELETED, set()),
    ],
)
def test_each_type_requires_its_own_fields(event_type: EventType, missing: set[str]) -> None:
    found = problems_of(type=event_type, message_id=None, user_id=None, text=None)

    assert found == [(field, "missing_field") for field in ("message_id", "user_id", "text") if field in missing]


def test_every_problem_is_named_at_once() -> None:
    assert problems_of(event_id="", user_id=None, text=None, language="?") == [
        ("event_id", "missing_field"),
        ("user_id", "missing_field"),
        ("text", "missing_field"),
        ("language", "bad_language"),
    ]


def test_a_detail_never_repeats_what_was_said() -> None:
    secret = "the key is under the pot"

    found = validate(replace(SAID, text=f"{secret}\x00\ud83c" + "x" * TEXT_BYTES, speaker_name=f"{secret}\x00"))

    assert len(found) == 4
    assert all(secret not in problem.detail for problem in found)


def test_the_future_begins_after_the_tolerance() -> None:
    now = SAID.occurred_at - timedelta(seconds=300)

    assert time_in_future(SAID, now=now, tolerance_seconds=300) is None
    problem = time_in_future(SAID, now=now - timedelta(microseconds=1), tolerance_seconds=300)
    assert problem is not None
    assert (problem.field, problem.reason) == ("occurred_at", "time_in_future")


@pytest.mark.parametrize(
    ("key", "tenant"),
    [
        (b"local/garden", "local"),
        (b"A-z_0.9/a/b", "A-z_0.9"),
        (b"local", "local"),
        (b"local/", "local"),
        (b"/garden", None),
        (b"", None),
        (None, None),
        (b"no tenant/garden", None),
        (b"local\n/garden", None),
        ("café/garden".encode(), None),
        (b"\xff\xfe/garden", None),
        (b"x" * 65 + b"/garden", None),
    ],
)
def test_the_tenant_of_a_key_is_what_stands_before_the_slash(key: bytes | None, tenant: str | None) -> None:
    assert tenant_of_key(key) == tenant
