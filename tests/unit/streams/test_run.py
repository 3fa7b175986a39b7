"""A run's outputs are those of the records that could be read, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.codec import Codec, ShippedSchemaIds, UnknownSchemaId
from schemas.enums import EventType
from schemas.errors import Retryable
from schemas.ids import ConversationId, EventId, TenantId
from schemas.records import ConversationEvent, Position
from streams.ports import Output, PoisonRecord, RawRecord, SourceRecord, Stores
from streams.run import fold_run
from streams.stores import MemoryTable, RunStores
from support.counting import CountingProcessor
from topology.topics import TopicName

CODEC = Codec(ShippedSchemaIds())
UNSEEN_SCHEMA = b"\x00\x00\x00\x03\xe8"
"""How a payload begins whose schema nobody has asked the registry for yet."""
MOMENT = datetime(2026, 5, 3, tzinfo=UTC)


class Undecided(CountingProcessor):
    """Finds only after its first output that it cannot work on a deletion."""

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        yield from super().process(record, stores)
        assert isinstance(record.value, ConversationEvent)
        if record.value.type is EventType.CONVERSATION_DELETED:
            raise PoisonRecord("undecided", "too late")


def raw(offset: int, value: bytes) -> RawRecord:
    position = Position(topic=TopicName.EVENTS, partition=0, offset=offset)
    return RawRecord(position=position, timestamp=MOMENT, key=b"k", value=value)


def event(kind: EventType) -> bytes:
    return CODEC.encode(
        ConversationEvent(
            event_id=EventId("e"),
            type=kind,
            tenant_id=TenantId("t"),
            conversation_id=ConversationId("c"),
            occurred_at=MOMENT,
        )
    )


def test_nothing_is_sent_of_a_record_that_is_refused_half_way() -> None:
    records = [
        raw(0, event(EventType.CONVERSATION_ENDED)),
        raw(1, event(EventType.CONVERSATION_DELETED)),
        raw(2, b"\xff"),
    ]

    folded = fold_run(Undecided(), CODEC, records, RunStores(MemoryTable(), CODEC))

    assert [(rejection.index, rejection.reason) for rejection in folded.rejections] == [
        (1, "undecided"),
        (2, "bad_wire_format"),
    ]
    dead = (TopicName.EVENTS_DEAD_LETTERS, TopicName.OUTCOMES)
    assert [output.topic for output in folded.outputs] == [TopicName.OUTCOMES, *dead, *dead]


class RegistryAway(ShippedSchemaIds):
    """Knows what it was asked for before, and can ask for nothing more."""

    def definition_of(self, schema_id: int) -> dict[str, Any]:
        try:
            return super().definition_of(schema_id)
        except UnknownSchemaId as unknown:
            raise Retryable(f"{unknown}: the registry is away", retry_after_seconds=1.0) from None


def test_a_registry_that_is_away_is_waited_for_and_makes_no_dead_letter() -> None:
    """No rejection, so no outcome: the run ends with nothing to commit, and is read again."""
    codec = Codec(RegistryAway())
    records = [raw(0, event(EventType.CONVERSATION_ENDED)), raw(1, UNSEEN_SCHEMA + b"new")]

    with pytest.raises(Retryable, match="the registry is away"):
        fold_run(CountingProcessor(), codec, records, RunStores(MemoryTable(), codec))
