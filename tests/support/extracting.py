"""The stage extract alone, over a log in memory, and what it sent: for tests that speak and then look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from schemas.codec import Codec, ShippedSchemaIds
from schemas.keys import join_key
from schemas.records import ConversationEvent, Message, MessageExtraction, Outcome
from streams.extraction.port import Extractor
from streams.ports import RawRecord
from streams.processors.extract import ExtractProcessor
from streams.processors.policy import ExtractPolicy
from streams.replay import MemoryLog, Replay, event_record
from support.speech import CONVERSATION, TENANT, WordExtractor
from topology.topics import TopicName

T = TypeVar("T")

CODEC = Codec(ShippedSchemaIds())
PARTITIONS = 4


class Extract:
    """The stage alone, over a log in memory."""

    def __init__(self, extractor: Extractor | None = None, **policy: Any) -> None:
        self.extractor = WordExtractor()
        processor = ExtractProcessor(extractor or self.extractor, PARTITIONS, ExtractPolicy(**policy))
        self.replay = Replay([processor], codec=CODEC, partitions=PARTITIONS)

    def take(self, *events: ConversationEvent) -> Extract:
        self.replay.take_events(events)
        return self

    def take_raw(self, raw: RawRecord) -> Extract:
        self.replay.take([raw])
        return self

    @property
    def messages(self) -> list[Message]:
        return _values(self.replay.sent(TopicName.MESSAGES, Message))

    @property
    def extractions(self) -> list[MessageExtraction]:
        return _values(self.replay.sent(TopicName.EXTRACTIONS, MessageExtraction))

    @property
    def outcomes(self) -> list[Outcome]:
        return _values(self.replay.sent(TopicName.OUTCOMES, Outcome))

    @property
    def dead_letters(self) -> list[RawRecord]:
        return list(self.replay.log.records(TopicName.EVENTS_DEAD_LETTERS))

    def message(self, message_id: str) -> Message:
        """As it stands last."""
        return self.replay.latest(TopicName.MESSAGES, Message)[join_key(TENANT, CONVERSATION, message_id)]

    def found(self, message_id: str) -> list[str]:
        """Values found in a message, as they stand last."""
        sent = [each for each in self.extractions if each.message_id == message_id]
        return [candidate.value for candidate in sent[-1].candidates] if sent else []


def _values(sent: Iterable[tuple[str, T | None]]) -> list[T]:
    return [value for _, value in sent if value is not None]


def status_and_reasons(extract: Extract) -> list[tuple[str, tuple[str, ...]]]:
    """Of each outcome, partition by partition."""
    return [(outcome.status.value, outcome.reasons) for outcome in extract.outcomes]


def raw_of(event: ConversationEvent) -> RawRecord:
    """The event as a well-behaved producer sends it, at offset 0."""
    return event_record(event, CODEC, MemoryLog(PARTITIONS))
