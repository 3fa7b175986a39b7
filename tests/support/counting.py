"""A processor that counts events by conversation: small enough that a lost or doubled record shows at once.

A conversation's deletion deletes its row, so that the changelog gets tombstones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from schemas.enums import EventType, OutcomeStatus
from schemas.ids import ConversationId, TenantId
from schemas.keys import conversation_routing, join_key
from schemas.records import ConversationEvent, Outcome, Record
from schemas.state import ConversationState
from streams.ports import Output, PoisonRecord, RawRecord, SourceRecord, Stores
from topology.stages import CONVERSATIONS, EXTRACT, Stage
from topology.topics import TopicName


class CountingProcessor:
    """Keeps every event id ever seen of a conversation, doubles too, and sends one outcome a record."""

    def __init__(self, topics: Iterable[TopicName] = (TopicName.EVENTS,)) -> None:
        self.inputs: Mapping[TopicName, type[Record]] = dict.fromkeys(topics, ConversationEvent)
        self.stage: Stage = replace(EXTRACT, inputs=tuple(self.inputs))

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        event = record.value
        assert isinstance(event, ConversationEvent)
        key = join_key(event.tenant_id, event.conversation_id)
        if event.type is EventType.CONVERSATION_DELETED:
            stores.delete(CONVERSATIONS, key)
        else:
            self._count(event, key, stores)
        yield self._outcome(record.raw, OutcomeStatus.STORED, (), event)

    @staticmethod
    def _count(event: ConversationEvent, key: str, stores: Stores) -> None:
        seen = stores.get(CONVERSATIONS, key) or ConversationState(
            turns=(), truncated=False, event_ids=(), ended_at=None, deleted_at=None
        )
        counted = ConversationState(
            turns=(),
            truncated=False,
            event_ids=(*seen.event_ids, event.event_id),
            ended_at=None,
            deleted_at=None,
        )
        stores.put(CONVERSATIONS, key, counted)

    def reject(self, raw: RawRecord, poison: PoisonRecord) -> Iterable[Output]:
        yield Output(
            topic=TopicName.EVENTS_DEAD_LETTERS, key=raw.key, value=raw.value, partition=raw.position.partition
        )
        yield self._outcome(raw, OutcomeStatus.DEAD_LETTERED, (poison.reason,), None)

    def finish(self, stores: Stores) -> Iterable[Output]:
        return ()

    @staticmethod
    def _outcome(
        raw: RawRecord, status: OutcomeStatus, reasons: tuple[str, ...], event: ConversationEvent | None
    ) -> Output:
        at = raw.position
        outcome = Outcome(
            source=at,
            status=status,
            reasons=reasons,
            tenant_id=event.tenant_id if event else None,
            conversation_id=event.conversation_id if event else None,
            event_id=event.event_id if event else None,
            message_id=None,
            item_ids=(),
            recorded_at=raw.timestamp,
        )
        return Output(
            topic=TopicName.OUTCOMES,
            key=join_key(at.topic, str(at.partition), str(at.offset)),
            value=outcome,
            partition=at.partition,
        )


def routing(tenant_id: str, conversation_id: str) -> str:
    """The key of a conversation's events."""
    return conversation_routing(TenantId(tenant_id), ConversationId(conversation_id))
