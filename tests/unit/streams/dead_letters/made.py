"""Dead letters as extract writes them, and people who act on them."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.codec import Codec, Undecodable
from schemas.limits import validate
from schemas.records import ConversationEvent, Position
from streams.dead_letters.letters import Action, ActionKind, Letter
from streams.dead_letters.resending import Clerk
from streams.ports import PoisonRecord, RawRecord
from streams.processors.outcomes import dead_letter
from support.extracting import CODEC
from topology.dead_letters import parse
from topology.topics import TopicName

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def letter_of(raw: RawRecord, *, offset: int = 0, reason: str | None = None) -> Letter:
    """The letter that extract makes of a record, at an offset of its partition of the dead-letter topic."""
    sent = dead_letter(raw, PoisonRecord(reason or _reason(raw, CODEC), "as a test wants it"))
    assert isinstance(sent.value, bytes | None)
    partition = raw.position.partition
    at = Position(topic=TopicName.EVENTS_DEAD_LETTERS, partition=partition, offset=offset)
    record = RawRecord(position=at, timestamp=NOW, key=raw.key, value=sent.value, headers=sent.headers)
    return Letter(raw=record, failure=parse(sent.headers))


def action_on(letter: Letter, kind: ActionKind = ActionKind.REQUEUED, because: str = "") -> Action:
    return Action(letter=letter.position, kind=kind, by="ana", at=NOW, because=because)


def clerk(because: str = "") -> Clerk:
    return Clerk(codec=CODEC, future_tolerance_seconds=300, by="ana", now=NOW, because=because)


def _reason(raw: RawRecord, codec: Codec) -> str:
    if raw.value is None:
        return "missing_value"
    try:
        problems = validate(codec.decode(raw.value, ConversationEvent))
    except Undecodable as error:
        return error.reason
    return problems[0].reason if problems else "unknown_schema"
