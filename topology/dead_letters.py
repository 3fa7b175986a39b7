"""The headers of a dead letter: where the record stood, and why it could not be read.

Free of I/O. Names are Kafka Connect's (KIP-298) where it has one; values are UTF-8. The record's own key, value and
headers travel unchanged beside them, so it can be corrected and sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from schemas.records import Position

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]

PREFIX = "__connect.errors."
TOPIC = f"{PREFIX}topic"
PARTITION = f"{PREFIX}partition"
OFFSET = f"{PREFIX}offset"
STAGE = f"{PREFIX}stage"
REASON = f"{PREFIX}exception.class.name"
MESSAGE = f"{PREFIX}exception.message"
TIMESTAMP = f"{PREFIX}timestamp"
"""Ours, not Connect's: the broker's time of the record, ISO 8601."""

_MESSAGE_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a record became a dead letter. `reason` is a snake_case word; `detail` never repeats a message's text."""

    position: Position
    stage: str
    reason: str
    detail: str
    timestamp: datetime


def build(failure: Failure, original: Headers = ()) -> tuple[tuple[str, bytes | None], ...]:
    """The original headers, then those of the failure; what an earlier failure left is replaced."""
    kept = tuple((name, value) for name, value in original if not name.startswith(PREFIX))
    return kept + tuple((name, value.encode()) for name, value in _values(failure))


def parse(headers: Headers) -> Failure | None:
    """The failure that `build` wrote; None where the headers do not tell one."""
    values = {name: value.decode("utf-8", "replace") for name, value in headers if value is not None}
    try:
        position = Position(topic=values[TOPIC], partition=int(values[PARTITION]), offset=int(values[OFFSET]))
        return Failure(
            position=position,
            stage=values[STAGE],
            reason=values[REASON],
            detail=values[MESSAGE],
            timestamp=datetime.fromisoformat(values[TIMESTAMP]),
        )
    except (KeyError, ValueError):
        return None


def without_failure(headers: Headers) -> tuple[tuple[str, bytes | None], ...]:
    """The headers of the record as it first came, for sending it again."""
    return tuple((name, value) for name, value in headers if not name.startswith(PREFIX))


def _values(failure: Failure) -> tuple[tuple[str, str], ...]:
    return (
        (TOPIC, failure.position.topic),
        (PARTITION, str(failure.position.partition)),
        (OFFSET, str(failure.position.offset)),
        (STAGE, failure.stage),
        (REASON, failure.reason),
        (MESSAGE, failure.detail[:_MESSAGE_CHARACTERS]),
        (TIMESTAMP, failure.timestamp.astimezone(UTC).isoformat()),
    )
