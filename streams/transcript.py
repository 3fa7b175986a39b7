"""Conversation files read as events: JSON lines, one message (or one event of the public contract) a line.

Reads the file it is given and nothing else; a line that is neither raises ValueError with its number.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.json_events import InvalidEvent, read_event
from schemas.records import ConversationEvent, EventType

EVENT_ID_PREFIX = "feed-"
"""Before the message id: feeding a file twice is a retry."""


def read(path: Path, tenant_id: TenantId) -> Iterator[ConversationEvent]:
    """The events of a file (`.jsonl`, or `.gz` of it), in its order.

    A line is an event as POST /v1/events takes it, or a message: `message_id`, `conversation_id`, `speaker`,
    `speaker_id`, `occurred_at` (ISO 8601, UTC where it names no offset), `text`, and `caption` of a shared image.
    """
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.isspace():
                yield _event(line, tenant_id, f"{path.name}:{number}")


def _event(line: str, tenant_id: TenantId, where: str) -> ConversationEvent:
    try:
        body = json.loads(line)
        return read_event(body, tenant_id) if "event_id" in body else _message(body, tenant_id)
    except (InvalidEvent, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{where}: {type(error).__name__}: {error}") from error


def _message(body: Mapping[str, Any], tenant_id: TenantId) -> ConversationEvent:
    occurred_at = datetime.fromisoformat(body["occurred_at"])
    caption = body.get("caption")
    return ConversationEvent(
        event_id=EventId(f"{EVENT_ID_PREFIX}{body['message_id']}"),
        type=EventType.MESSAGE_RECORDED,
        tenant_id=tenant_id,
        conversation_id=ConversationId(body["conversation_id"]),
        message_id=MessageId(body["message_id"]),
        user_id=UserId(body["speaker_id"]),
        speaker_name=body.get("speaker"),
        text=f"{body['text']} [shares {caption}]".lstrip() if caption else body["text"],
        occurred_at=occurred_at.replace(tzinfo=UTC) if occurred_at.tzinfo is None else occurred_at.astimezone(UTC),
    )
