"""Extract: conversation events in, messages and what was found in them out, one outcome for each record.

Pure. A record is read, sent on if it stands on a foreign partition, judged, and given to what its type does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, assert_never

from schemas.enums import EventType, OutcomeStatus
from schemas.records import ConversationEvent, Record
from streams.extraction.port import Extractor
from streams.ports import Output, PoisonRecord, RawRecord, SourceRecord, Stores
from streams.processors import conversation_events
from streams.processors.admission import InvalidEvent, admit, check_size, is_misplaced, readable, routing_of
from streams.processors.arrival import Arrival
from streams.processors.outcomes import dead_letter, outcome, owner_of
from streams.processors.policy import ExtractPolicy
from streams.processors.publishing import Publisher
from topology.stages import EXTRACT, Stage
from topology.topics import TopicName


class ExtractProcessor:
    """The stage `extract`. Holds nothing of a run, so that one serves all partitions at once."""

    inputs: ClassVar[Mapping[TopicName, type[Record]]] = {TopicName.EVENTS: ConversationEvent}

    def __init__(self, extractor: Extractor, partitions: int, policy: ExtractPolicy | None = None) -> None:
        self._publisher = Publisher(extractor=extractor, policy=policy or ExtractPolicy())
        self._partitions = partitions

    @property
    def stage(self) -> Stage:
        return EXTRACT

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        """What one event sends, its outcome last. Raises PoisonRecord before anything is written."""
        raw = record.raw
        check_size(raw)
        event = readable(record)
        if is_misplaced(event, raw, self._partitions):
            return _rerouted(event, raw)
        admit(event, raw, self._publisher.policy.future_tolerance_seconds)
        return self._enter(Arrival.of(raw, event, stores))

    def reject(self, raw: RawRecord, poison: PoisonRecord) -> Iterable[Output]:
        owner = owner_of(poison.event) if isinstance(poison, InvalidEvent) else None
        return dead_letter(raw, poison), outcome(raw, owner, OutcomeStatus.DEAD_LETTERED, (poison.reason,))

    def finish(self, stores: Stores) -> Iterable[Output]:  # noqa: ARG002  the port gives it, nothing waits here
        return ()

    def _enter(self, arrival: Arrival) -> Iterable[Output]:
        match arrival.event.type:
            case EventType.MESSAGE_RECORDED:
                return conversation_events.message_recorded(arrival, self._publisher)
            case EventType.MESSAGE_EDITED:
                return conversation_events.message_edited(arrival, self._publisher)
            case EventType.MESSAGE_DELETED:
                return conversation_events.message_deleted(arrival, self._publisher)
            case EventType.CONVERSATION_ENDED:
                return conversation_events.conversation_ended(arrival)
            case EventType.CONVERSATION_DELETED:
                return conversation_events.conversation_deleted(arrival, self._publisher)
            case EventType.UNKNOWN:
                raise AssertionError("no event of an unknown type is admitted")
            case unreachable:
                assert_never(unreachable)


def _rerouted(event: ConversationEvent, raw: RawRecord) -> Iterable[Output]:
    """The record as it came, for the partition where its conversation lives; it is judged there."""
    again = Output(topic=TopicName.EVENTS, key=raw.key, value=raw.value, routing=routing_of(event), headers=raw.headers)
    return again, outcome(raw, owner_of(event), OutcomeStatus.REROUTED)
