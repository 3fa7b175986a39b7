"""What Redis holds under the keys, both ways: records to values, values to what a reader may show.

Free of I/O, and pure. Whoever fills a missed key from PostgreSQL makes the same values, with the row's version_offset.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas.keys import split_key
from schemas.records import Message, Profile
from sinks.projections import Json, moment, profile_entries
from sinks.redis.keys import is_turn

RECENT_TURNS: Final = 50
"""Turns kept of a conversation, the latest by (occurred_at, message_id), deleted ones counted."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def profile_value(profile: Profile | None) -> str:
    """A profile as JSON; empty for a tombstone."""
    if profile is None:
        return ""
    return _compact(
        {
            "user_id": profile.user_id,
            "slots": profile_entries(profile.slots),
            "top": profile_entries(profile.top),
            "preferences": profile_entries(profile.preferences),
            "tasks": profile_entries(profile.tasks),
            "events": profile_entries(profile.events),
            "active_items": profile.active_items,
            "recorded_at": moment(profile.recorded_at),
        }
    )


def turn_arguments(key: str, version: int, message: Message | None) -> tuple[str, str, str, str]:
    """What `set_turns.lua` is told of one turn: message id, version, occurred_at in microseconds, the turn as JSON.

    `key` is that of the record. The turn is empty once it is deleted; a tombstone has lost its time as well.
    """
    message_id = split_key(key)[2]
    if message is None:
        return message_id, str(version), "", ""
    occurred_at = str((message.occurred_at - _EPOCH) // _MICROSECOND)
    return message_id, str(version), occurred_at, "" if message.text is None else _turn(message)


def read_turns(fields: Mapping[str, str]) -> list[dict[str, Any]]:
    """The turns of a conversation's hash, oldest first, at most RECENT_TURNS; deleted ones are left out.

    They reach back without a gap only where the hash has the field COMPLETE. Where some were deleted there may be
    older turns that have no room here.
    """
    entries = ((field, *value.split(" ", 2)) for field, value in fields.items() if is_turn(field))
    latest = sorted((int(occurred_at), field, turn) for field, _, occurred_at, turn in entries)[-RECENT_TURNS:]
    return [json.loads(turn) for _, _, turn in latest if turn]


def _turn(message: Message) -> str:
    return _compact(
        {
            "message_id": message.message_id,
            "user_id": message.user_id,
            "speaker_name": message.speaker_name,
            "role": message.role.value,
            "text": message.text,
            "occurred_at": moment(message.occurred_at),
            "edited_at": moment(message.edited_at),
            "recalled": message.recalled,
            "source": {
                "topic": message.source.topic,
                "partition": message.source.partition,
                "offset": message.source.offset,
            },
        }
    )


def _compact(value: dict[str, Json]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
