"""Conversation files read as events: JSON lines, one message (or one event of the public contract) a line.

Reads the file it is given and nothing else. Event ids are made from message ids, so feeding a file twice is a retry.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.ids import TenantId
from schemas.json_events import InvalidEvent, read_event
from schemas.records import ConversationEvent

EVENT_ID_PREFIX = "feed-"
ASSISTANT = "assistant"
"""The speaker whose words are answers, not memories."""

_OF_A_MESSAGE = ("message_id", "conversation_id", "speaker", "speaker_id", "occurred_at", "text")


class NotAnEvent(ValueError):
    """A line that stands for no event; the message names every problem."""


def read(path: Path, tenant_id: TenantId) -> Iterator[ConversationEvent]:
    """The events of a file (`.jsonl`, or `.gz` of it), in its order. Raises NotAnEvent naming file and line."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.isspace():
                yield _read_line(line, tenant_id, f"{path.name}:{number}")


def event_of(line: str | bytes, tenant_id: TenantId) -> ConversationEvent:
    """The event that a line stands for. Raises NotAnEvent.

    A line is an event as POST /v1/events takes it, or a message: `message_id`, `conversation_id`, `speaker`,
    `speaker_id`, `occurred_at` (ISO 8601), `text`, and `caption` where an image is shared.
    """
    body = _object(line)
    try:
        return read_event(body if "event_id" in body else _recorded(body), tenant_id)
    except InvalidEvent as error:
        raise NotAnEvent(str(error)) from error


def _read_line(line: str, tenant_id: TenantId, where: str) -> ConversationEvent:
    try:
        return event_of(line, tenant_id)
    except NotAnEvent as error:
        raise NotAnEvent(f"{where}: {error}") from error


def _object(line: str | bytes) -> dict[str, Any]:
    try:
        body = json.loads(line)
    except ValueError as error:
        raise NotAnEvent(f"is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise NotAnEvent("is no JSON object")
    return body


def _recorded(message: dict[str, Any]) -> dict[str, Any]:
    """The event of a message line."""
    if missing := [name for name in _OF_A_MESSAGE if name not in message]:
        raise NotAnEvent(f"lacks {', '.join(missing)}")
    caption = message.get("caption")
    return {
        "event_id": f"{EVENT_ID_PREFIX}{message['message_id']}",
        "type": "message.recorded",
        "conversation_id": message["conversation_id"],
        "message_id": message["message_id"],
        "user_id": message["speaker_id"],
        "speaker_name": message["speaker"],
        "role": "assistant" if message["speaker"] == ASSISTANT else "user",
        "text": f"{message['text']} [shares {caption}]".lstrip() if caption else message["text"],
        "occurred_at": message["occurred_at"],
    }
