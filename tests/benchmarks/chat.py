"""Chat of the project's own as events on Kafka: many conversations of two, interleaved.

The texts are the ordinary mix that the processors are timed with: about ten items in a hundred messages, as the rules
find in what people write. No two messages have the same id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.processors import MIXES
from schemas.codec import Codec, ShippedSchemaIds
from schemas.enums import EventType
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import conversation_routing, partition_of
from schemas.records import ConversationEvent
from support.broker import PARTITIONS

TEXTS: Final = MIXES["ordinary"]
MESSAGES: Final = 80_000
TIMED_MESSAGES: Final = 60_000
TIMED_EXTRACTIONS: Final = 5_000
CONVERSATIONS: Final = 400
TENANT: Final = TenantId("bench")


def event(number: int, occurred_at: datetime, name: str = "") -> ConversationEvent:
    """The message of that number; `name` keeps apart what must not be the same conversation."""
    conversation, turn = number % CONVERSATIONS, number // CONVERSATIONS
    return ConversationEvent(
        event_id=EventId(f"{name}e{number}"),
        type=EventType.MESSAGE_RECORDED,
        tenant_id=TENANT,
        conversation_id=ConversationId(f"{name}c{conversation}"),
        message_id=MessageId(f"{name}m{number}"),
        user_id=UserId(f"{name}u{conversation}-{turn % 2}"),
        speaker_name="Speaker",
        text=TEXTS[(conversation + turn) % len(TEXTS)],
        occurred_at=occurred_at,
    )


def records(count: int = MESSAGES) -> Iterator[tuple[int, bytes, bytes]]:
    """(partition, key, value) of `count` messages, the same each time."""
    codec, start = Codec(ShippedSchemaIds()), datetime(2024, 3, 1, tzinfo=UTC)
    for number in range(count):
        said = event(number, start + timedelta(seconds=number))
        key = conversation_routing(said.tenant_id, said.conversation_id)
        yield partition_of(key, PARTITIONS), key.encode(), codec.encode(said)
