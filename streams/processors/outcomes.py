"""The one outcome of each input record of extract, and the dead letter of a record that cannot be read.

Pure. Outcomes stay on the partition of their source record, keyed by its position.
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.enums import OutcomeStatus
from schemas.ids import ItemId
from schemas.keys import join_key
from schemas.limits import tenant_of_key, validate
from schemas.records import ConversationEvent, Outcome
from streams.ports import Output, PoisonRecord, RawRecord
from streams.processors.admission import size_of
from topology.dead_letters import Failure, build
from topology.stages import EXTRACT
from topology.topics import TopicName

LETTER_BYTES = 4_000_000
"""Below `max.message.bytes` of the topic (4 MiB), with room for the headers that are added."""


def outcome(
    raw: RawRecord,
    event: ConversationEvent | None,
    status: OutcomeStatus,
    reasons: Iterable[str] = (),
    item_ids: Iterable[ItemId] = (),
) -> Output:
    """What became of `raw`; `event` is None where nobody can tell whose it was."""
    at = raw.position
    value = Outcome(
        source=at,
        status=status,
        reasons=tuple(reasons),
        tenant_id=event.tenant_id if event else None,
        conversation_id=event.conversation_id if event else None,
        event_id=event.event_id if event else None,
        message_id=event.message_id if event else None,
        item_ids=tuple(dict.fromkeys(item_ids)),
        recorded_at=raw.timestamp,
        key_tenant_id=tenant_of_key(raw.key) or "",
    )
    key = join_key(at.topic, str(at.partition), str(at.offset))
    return Output(topic=TopicName.OUTCOMES, key=key, value=value, partition=at.partition)


def dead_letter(raw: RawRecord, poison: PoisonRecord) -> Output:
    """The record as it came, with the reason in its headers, on the partition it came from.

    One that is too large for the topic of dead letters leaves its content behind, where its position says.
    """
    fits = size_of(raw) <= LETTER_BYTES
    failure = Failure(
        position=raw.position,
        stage=EXTRACT.name,
        reason=poison.reason,
        detail=poison.detail,
        timestamp=raw.timestamp,
    )
    return Output(
        topic=TopicName.EVENTS_DEAD_LETTERS,
        key=raw.key if fits else None,
        value=raw.value if fits else None,
        partition=raw.position.partition,
        headers=build(failure, raw.headers if fits else ()),
    )


def owner_of(event: ConversationEvent) -> ConversationEvent | None:
    """The event where its names are fit to be kept in an outcome, so that its sender can ask for it; else None."""
    names = {"tenant_id", "conversation_id", "event_id", "message_id"}
    return None if any(problem.field in names for problem in validate(event)) else event
