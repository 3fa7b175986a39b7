"""Consolidate: what was found in messages and what people commanded in, evidence, item versions and profiles out.

Pure. Each record is folded into evidence rows, the items of the tracks that they touch, and the user's profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import ClassVar

from schemas.enums import CommandType
from schemas.ids import TenantId, UserId
from schemas.keys import split_key, user_routing
from schemas.records import MemoryCommand, MessageExtraction, Record
from schemas.state import MessageItems
from streams.extraction.slots import ALL_BUILT_IN, Catalogues
from streams.ports import Output, PoisonRecord, RawRecord, SourceRecord, Stores
from streams.processors.assertions import Origin, Owner, by_ref, of_extraction, tombstone
from streams.processors.erasure import erase
from streams.processors.items import Cause
from streams.processors.obeying import obey, settle_and_heed
from topology.retention import KEPT_BY_DEFAULT, RetentionPolicies
from topology.stages import CONSOLIDATE, MESSAGE_ITEMS, PROFILE_ROWS, Stage
from topology.tombstones import TakenBack, Words
from topology.topics import TopicName

_NOTHING = MessageItems(revision=-1, refs=())


class ConsolidateProcessor:
    """The stage `consolidate`. Holds nothing of a run, so that one serves all partitions at once.

    A policy of retention gives items their level; with another one, an item has another level from its next version on.
    """

    inputs: ClassVar[Mapping[TopicName, type[Record]]] = {
        TopicName.EXTRACTIONS: MessageExtraction,
        TopicName.COMMANDS: MemoryCommand,
    }

    def __init__(self, catalogues: Catalogues = ALL_BUILT_IN, retention: RetentionPolicies = KEPT_BY_DEFAULT) -> None:
        self._catalogues = catalogues
        self._retention = retention

    @property
    def stage(self) -> Stage:
        return CONSOLIDATE

    def process(self, record: SourceRecord, stores: Stores) -> Iterable[Output]:
        """Evidence that changed, then item versions. Raises PoisonRecord before anything is written."""
        match record.value:
            case MessageExtraction() as extraction:
                return _extracted(self._owner(extraction), extraction, record.raw, stores)
            case MemoryCommand() as command:
                return _commanded(self._owner(command), command, record.raw, stores)
            case None if record.raw.position.topic == TopicName.COMMANDS:
                return ()
            case _:
                raise PoisonRecord("missing_value", "a record of this topic needs a value")

    def reject(self, raw: RawRecord, poison: PoisonRecord) -> Iterable[Output]:  # noqa: ARG002  the port gives it
        """This stage reads our own records alone: a bad one is a defect, and stops it."""
        raise poison

    def finish(self, stores: Stores) -> Iterable[Output]:
        """Each profile that the run changed, as it stands now; a tombstone where it is gone."""
        for key, profile in stores.written(PROFILE_ROWS):
            tenant_id, user_id = split_key(key)
            routing = user_routing(TenantId(tenant_id), UserId(user_id))
            yield Output(topic=TopicName.PROFILES, key=key, value=profile, routing=routing)

    def _owner(self, of: MessageExtraction | MemoryCommand) -> Owner:
        return Owner(
            tenant_id=of.tenant_id,
            user_id=of.user_id,
            catalogue=self._catalogues.of(of.tenant_id),
            retention=self._retention.of(of.tenant_id),
        )


def _extracted(owner: Owner, extraction: MessageExtraction, raw: RawRecord, stores: Stores) -> Iterable[Output]:
    """A higher revision takes the place of what the message gave before; an older one comes too late.

    The same one again is the last word of who reads a compacted log, where one event has left several records.
    """
    origin = Origin(conversation_id=extraction.conversation_id, message_id=extraction.message_id)
    key = owner.key(origin.conversation_id, origin.message_id)
    known = stores.get(MESSAGE_ITEMS, key)
    if known is not None and extraction.revision < known.revision:
        return ()
    said = by_ref(owner, of_extraction(extraction))
    if known is None and not said:
        return ()
    known = known or _NOTHING
    former = tuple(ref for ref in dict.fromkeys((*known.former, *known.refs)) if ref not in said)
    rests = replace(known, revision=extraction.revision, refs=tuple(said), former=former, deleted=extraction.deleted)
    stores.put(MESSAGE_ITEMS, key, rests)
    cause = Cause(
        position=replace(extraction.source, offset=extraction.revision),
        recorded_at=extraction.recorded_at,
        lane=raw.position.partition,
        words=Words.DELETED if extraction.deleted else Words.KEPT,
    )
    settled = settle_and_heed(owner, origin, known.refs, said, cause, stores)
    newly_deleted = extraction.deleted and not known.deleted
    return chain(settled, _long_gone(owner, origin, known, cause)) if newly_deleted else settled


def _long_gone(owner: Owner, origin: Origin, known: MessageItems, cause: Cause) -> Iterator[Output]:
    """What a deleted message said before it was edited is taken back once more: its words are to go too."""
    gone = TakenBack(recorded_at=cause.recorded_at, words=cause.words)
    return (tombstone(owner, ref.item_id, origin, gone) for ref in known.former)


def _commanded(owner: Owner, command: MemoryCommand, raw: RawRecord, stores: Stores) -> Iterable[Output]:
    """A command is obeyed once, whatever is retried."""
    if command.type is CommandType.ERASE:
        return erase(owner, raw.timestamp, stores)
    if stores.get(MESSAGE_ITEMS, owner.key("", command.command_id)) is not None:
        return ()
    cause = Cause(position=raw.position, recorded_at=raw.timestamp, lane=raw.position.partition)
    return obey(owner, command, cause, cause, stores)
