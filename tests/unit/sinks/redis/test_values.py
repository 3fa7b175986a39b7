"""What Redis holds can be read back as it was said."""

from __future__ import annotations

import json

from schemas.ids import ConversationId, TenantId, UserId
from schemas.records import Message
from sinks.redis.keys import COMPLETE, profile_key, recent_turns_key
from sinks.redis.values import RECENT_TURNS, profile_value, read_turns, turn_arguments
from support.derived import key_of, message, profile


def fields(*messages: Message) -> dict[str, str]:
    """The hash that the script makes of these."""
    arguments = [turn_arguments(key_of(one), version, one) for version, one in enumerate(messages)]
    return {f"m:{name}": f"{version} {occurred_at} {turn}" for name, version, occurred_at, turn in arguments}


def test_turns_come_back_by_event_time_then_by_id() -> None:
    found = fields(message("b", "2", minute=1), message("c", "3", minute=2), message("a", "1", minute=1))
    assert [turn["text"] for turn in read_turns(found)] == ["1", "2", "3"]


def test_a_turn_says_who_said_what_when_and_where_it_stands() -> None:
    (turn,) = read_turns(fields(message("m1", "I live in\nLisboa, ó: {} 1")))
    assert turn == {
        "message_id": "m1",
        "user_id": "anna",
        "speaker_name": "Anna",
        "role": "USER",
        "text": "I live in\nLisboa, ó: {} 1",
        "occurred_at": "2026-05-04T12:00:00.123456Z",
        "edited_at": None,
        "recalled": False,
        "source": {"topic": "conversation.events.v1", "partition": 1, "offset": 7},
    }


def test_a_deleted_turn_is_left_out() -> None:
    assert read_turns(fields(message("m1", None))) == []


def test_a_deleted_turn_holds_its_place_among_the_latest() -> None:
    said = [message(f"m{minute:03d}", str(minute), minute=minute) for minute in range(RECENT_TURNS)]
    turns = read_turns(fields(*said, message("deleted", None, minute=RECENT_TURNS)))
    assert [turn["text"] for turn in turns] == [str(minute) for minute in range(1, RECENT_TURNS)]


def test_the_mark_of_completeness_is_no_turn() -> None:
    assert read_turns({COMPLETE: "1"}) == []


def test_a_tombstone_has_no_time_and_no_words() -> None:
    assert turn_arguments(key_of(message("m/1", "x")), 5, None) == ("m/1", "5", "", "")


def test_a_time_before_1970_is_negative() -> None:
    old = message("m1", "x", minute=-60 * 24 * 365 * 60)
    assert turn_arguments(key_of(old), 0, old)[2].startswith("-")


def test_a_profile_that_is_gone_is_empty() -> None:
    assert profile_value(None) == ""
    assert json.loads(profile_value(profile("Lisbon")))["slots"][0]["value"] == "Lisbon"


def test_keys_of_different_things_differ_whatever_their_parts_hold() -> None:
    keys = {
        profile_key(TenantId("a"), UserId("b/c")),
        profile_key(TenantId("a"), UserId("b"), generation=2),
        profile_key(TenantId("a"), UserId("b:c")),
        recent_turns_key(TenantId("a"), ConversationId("b/c")),
        recent_turns_key(TenantId("a"), ConversationId("b%2Fc")),
    }
    assert len(keys) == 5
    assert all(key.count(":") == 3 for key in keys)
