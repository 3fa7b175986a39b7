"""Reextract: messages as they stand in, what another extractor finds in them out. The history read again.

Pure. The fold is that of extract: its window, its contexts, its revisions, so that the same extractor finds the same.
A message that was edited long after it was said has left its place in a compacted log: the turns after it are then
read without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from schemas.keys import join_key
from schemas.records import Message, Position, Record
from schemas.state import MessageState
from streams.extraction.port import Extractor
from streams.ports import Output, PoisonRecord, RawRecord, SourceRecord, Stores
from streams.processors import window
from streams.processors.arrival import Place
from streams.processors.joining import UNKNOWN_MESSAGE
from streams.processors.messages import MessageName, turn_of
from streams.processors.policy import ExtractPolicy
from streams.processors.publishing import Publisher
from topology.stages import MESSAGE_INDEX, REEXTRACT, Stage
from topology.topics import TopicName


class ReextractProcessor:
    """The stage `reextract`. Holds nothing of a run, so that one serves all partitions at once."""

    inputs: ClassVar[Mapping[TopicName, type[Record]]] = {TopicName.MESSAGES: Message}

    def __init__(self, extractor: Extractor, policy: ExtractPolicy | None = None) -> None:
        self._publisher = Publisher(extractor=extractor, policy=policy or ExtractPolicy())

    @property
    def stage(self) -> Stage:
        return REEXTRACT

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        """The candidates of the message, and of those whose context it changed. Raises PoisonRecord before it writes.

        A deleted message comes without its text; a tombstone says no more than that.
        """
        if record.value is None:
            return ()
        if not isinstance(record.value, Message):
            raise PoisonRecord("missing_value", "a record of this topic is a message")
        return self._read_again(record.value, stores)

    def reject(self, raw: RawRecord, poison: PoisonRecord) -> Iterable[Output]:  # noqa: ARG002  the port gives it
        """This stage reads our own records alone: a bad one is a defect, and stops it."""
        raise poison

    def finish(self, stores: Stores) -> Iterable[Output]:  # noqa: ARG002  the port gives it, nothing waits here
        return ()

    def _read_again(self, message: Message, stores: Stores) -> tuple[Output, ...]:
        place = _place(message, stores)
        known = stores.get(MESSAGE_INDEX, place.name.key)
        if known is not None and known.revision >= message.revision:
            return ()
        state = _state(message)
        sent = self._gone(place, state) if message.text is None else self._said(place, state, message.text, known)
        return tuple(output for output in sent if output.topic is TopicName.EXTRACTIONS)

    def _said(self, place: Place, state: MessageState, text: str, known: MessageState | None) -> Iterator[Output]:
        conversation, turn = place.conversation(), turn_of(place.name, state, text)
        stands = window.with_changed(conversation.turns, turn)
        if turn not in stands:
            stands = window.with_turn(conversation.turns, turn, truncated=conversation.truncated)
        yield from self._publisher.said(place, state, turn, stands, first=known is None)

    def _gone(self, place: Place, state: MessageState) -> Iterator[Output]:
        conversation = place.conversation()
        yield from self._publisher.gone(place, place.name, state)
        left = window.without_message(conversation.turns, place.name.message_id)
        yield from self._publisher.settle(place, conversation, left)


def _place(message: Message, stores: Stores) -> Place:
    """Where the event stood that caused this version of the message."""
    tenant, conversation = message.tenant_id, message.conversation_id
    raw = RawRecord(
        position=Position(topic=message.source.topic, partition=message.source.partition, offset=message.revision),
        timestamp=_learned_at(message),
        key=None,
        value=None,
    )
    return Place(
        raw=raw,
        stores=stores,
        tenant_id=tenant,
        conversation_id=conversation,
        conversation_key=join_key(tenant, conversation),
        about=MessageName.of(tenant, conversation, message.message_id),
    )


def _learned_at(message: Message) -> datetime:
    """When the text came, or that it is gone: a version that only has another neighbour says nothing new."""
    return message.recorded_at if message.text is None else message.text_recorded_at or message.recorded_at


def _state(message: Message) -> MessageState:
    """What extract knows of the message. Whoever withheld it, its author at once or an edit, a later edit may not."""
    return replace(
        UNKNOWN_MESSAGE,
        user_id=message.user_id,
        speaker_name=message.speaker_name,
        role=message.role,
        occurred_at=message.occurred_at,
        timezone=message.timezone,
        reply_to=message.reply_to,
        language=message.language,
        edit_withheld=not message.remember,
        recalled=message.recalled,
        source=message.source,
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
        previous_message_id=message.previous_message_id,
        revision=message.revision,
    )
