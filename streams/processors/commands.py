"""What a command asserts: a person's own word about an item, at the time it was given.

Pure. A command outranks what was said up to then, and what is said later outranks it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from schemas.enums import CommandType, Granularity, Kind, Tense
from schemas.ids import ItemId, item_id
from schemas.records import Evidence, MemoryCommand, MemoryItem
from streams.extraction.canonical import InvalidValue, canonicalise
from streams.ports import PoisonRecord
from streams.processors.assertions import Owner
from streams.processors.items import Cause
from streams.processors.timeline import CONFIRMED, CORRECTED, DATED_KINDS, EXPIRED, FORGOTTEN

EXTRACTOR = "command@1"
REMEMBERED = "remember@1"
CORRECTION = "correct@1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The item that a command is about, and when its words put it."""

    item_id: ItemId
    kind: Kind
    slot: str
    qualifier: str | None
    value: str
    canonical: str
    known_from: datetime | None = None
    known_to: datetime | None = None
    granularity: Granularity | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None


def assertions(owner: Owner, command: MemoryCommand, known: MemoryItem | None, cause: Cause) -> Iterable[Evidence]:
    """What the command asserts. `known` is the item it names, where that exists; nothing is asserted of an unknown one.

    Raises PoisonRecord (`unknown_type`, `missing_field`, `unknown_slot`, `invalid_value`).
    """
    match command.type:
        case CommandType.REMEMBER:
            subject = _named(owner, command, command.kind, command.slot)
            return (_evidence(command, cause, _dated_by(subject, command), REMEMBERED),)
        case CommandType.CORRECT:
            return _correction(owner, command, known, cause) if known else ()
        case CommandType.CONFIRM:
            return (_evidence(command, cause, _subject(known), CONFIRMED),) if known else ()
        case CommandType.FORGET:
            return (_evidence(command, cause, _subject(known), FORGOTTEN, Tense.ENDED),) if known else ()
        case CommandType.EXPIRE:
            return _expiry(command, known, cause)
        case CommandType.ERASE:
            raise AssertionError("an erasure asserts nothing")
        case CommandType.UNKNOWN:
            raise PoisonRecord("unknown_type", "not a command that this release knows")
        case unreachable:
            assert_never(unreachable)


def _correction(owner: Owner, command: MemoryCommand, wrong: MemoryItem, cause: Cause) -> Iterable[Evidence]:
    """The right value is asserted of its own item, and of the wrong item that this value takes its place."""
    command = replace(command, value=_with_thing(wrong, command.value))
    right = _dated_by(_dated_like(wrong, _named(owner, command, wrong.kind, wrong.slot)), command)
    asserted = _evidence(command, cause, right, CORRECTION)
    if right.item_id == wrong.item_id:
        return (asserted,)
    replaced = replace(right, item_id=wrong.item_id, qualifier=wrong.qualifier)
    return _evidence(command, cause, replaced, CORRECTED, Tense.ENDED), asserted


def _expiry(command: MemoryCommand, known: MemoryItem | None, cause: Cause) -> Iterable[Evidence]:
    if command.known_to is None:
        raise PoisonRecord("missing_field", f"{command.type} needs known_to")
    return (_evidence(command, cause, _dated_by(_subject(known), command), EXPIRED, Tense.ENDED),) if known else ()


def _with_thing(wrong: MemoryItem, value: str | None) -> str | None:
    """`thing: choice` where only the choice of a slot that holds one a thing is corrected."""
    if value is None or wrong.qualifier is None or ":" in value:
        return value
    return f"{wrong.qualifier}: {value}"


def _dated_like(wrong: MemoryItem, right: Subject) -> Subject:
    """What happens once happens when it was said to, under another name too."""
    if wrong.kind not in DATED_KINDS:
        return right
    when = wrong.validity[-1] if wrong.validity else None
    return replace(
        right,
        known_from=when.valid_from if when else None,
        known_to=when.valid_to if when else None,
        granularity=wrong.granularity,
        due_from=wrong.due_from,
        due_to=wrong.due_to,
    )


def _named(owner: Owner, command: MemoryCommand, kind: Kind | None, slot: str | None) -> Subject:
    if kind is None or slot is None or command.value is None:
        raise PoisonRecord("missing_field", f"{command.type} needs kind, slot and value")
    try:
        value = canonicalise(owner.slot_of(kind, slot), command.value)
    except InvalidValue as error:
        raise PoisonRecord("invalid_value", str(error)) from error
    return Subject(
        item_id=item_id(command.tenant_id, command.user_id, kind, slot, value.canonical),
        kind=kind,
        slot=slot,
        qualifier=value.qualifier,
        value=value.value,
        canonical=value.canonical,
    )


def _subject(item: MemoryItem) -> Subject:
    """Named by what is the same in all versions of the item, so that it does not matter which of them was read."""
    return Subject(
        item_id=item.item_id,
        kind=item.kind,
        slot=item.slot,
        qualifier=item.qualifier,
        value=item.canonical,
        canonical=item.canonical,
    )


def _dated_by(subject: Subject, command: MemoryCommand) -> Subject:
    if command.known_from is None and command.known_to is None:
        return subject
    return replace(subject, known_from=command.known_from, known_to=command.known_to)


def _evidence(
    command: MemoryCommand, cause: Cause, subject: Subject, rule: str, tense: Tense = Tense.PRESENT
) -> Evidence:
    return Evidence(
        tenant_id=command.tenant_id,
        user_id=command.user_id,
        item_id=subject.item_id,
        kind=subject.kind,
        slot=subject.slot,
        qualifier=subject.qualifier,
        value=subject.value,
        canonical=subject.canonical,
        conversation_id=None,
        message_id=command.command_id,
        tense=tense,
        confidence=1.0,
        start=0,
        end=0,
        quote="",
        rule=rule,
        extractor=EXTRACTOR,
        occurred_at=command.issued_at,
        recorded_at=cause.recorded_at,
        known_from=subject.known_from,
        known_to=subject.known_to,
        granularity=subject.granularity,
        due_from=subject.due_from,
        due_to=subject.due_to,
        revision=cause.position.offset,
        source=cause.position,
    )
