"""What an event may hold: the limits of the public contract, checked field by field.

Free of I/O. The API refuses what breaks them (422), `extract` makes it a dead letter; both show the same reasons.
A detail tells sizes and names, never a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from schemas.enums import EventType
from schemas.ids import TenantId
from schemas.records import ConversationEvent

TEXT_BYTES = 65_536
ATTRIBUTES_BYTES = 65_536
"""Of all names and values together, so that a message fits into a Kafka record whatever is derived from it."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""Nobody chatted before; dates reckoned from a message stay within what Python and PostgreSQL can hold."""

_MESSAGE_TYPES = frozenset({EventType.MESSAGE_RECORDED, EventType.MESSAGE_EDITED, EventType.MESSAGE_DELETED})
_TEXT_TYPES = frozenset({EventType.MESSAGE_RECORDED, EventType.MESSAGE_EDITED})
_EVERY_TYPE = frozenset(EventType)

_TENANT = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TIMEZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")
_LANGUAGE = re.compile(r"[A-Za-z0-9_-]{1,35}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PLAIN = re.compile(r"[A-Za-z0-9_.:@#+ -]{1,128}").fullmatch
"""What nearly every identifier looks like; it breaks no limit of any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one field. `reason` is a snake_case word from a closed set, `detail` is for people."""

    field: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A field that names something: its longest length in code points, and the event types that must give it."""

    name: str
    longest: int
    required_by: frozenset[EventType] = frozenset()


IDENTIFIERS = (
    Identifier(name="event_id", longest=128, required_by=_EVERY_TYPE),
    Identifier(name="conversation_id", longest=256, required_by=_EVERY_TYPE),
    Identifier(name="message_id", longest=128, required_by=_MESSAGE_TYPES),
    Identifier(name="user_id", longest=256, required_by=frozenset({EventType.MESSAGE_RECORDED})),
    Identifier(name="reply_to", longest=128),
)
SPEAKER_NAME_LONGEST = 256

_PATTERNS = (
    ("timezone", _TIMEZONE, "bad_timezone", "an IANA name such as Europe/Lisbon"),
    ("language", _LANGUAGE, "bad_language", "a BCP 47 tag such as pt-BR"),
)


def validate(event: ConversationEvent) -> list[Problem]:
    """Everything that is wrong with the event, in the order of its fields' importance; empty when it may pass.

    Reasons: unknown_type, bad_tenant_id, missing_field, too_long, control_character, nul_in_text, not_unicode,
    bad_timezone, bad_language, bad_time. `time_in_future` is asked apart: it needs the broker's time.
    """
    problems = [*_naming(event), *_identifiers(event), *_words(event), *_attributes(event.attributes)]
    return [*problems, *_patterns(event), *_time(event.occurred_at)]


def tenant_of_key(key: bytes | None) -> TenantId | None:
    """The tenant that the key of an event names, whatever the event says: what stands before the first slash.

    None where there is no key, or where no tenant can have that name.
    """
    name = (key or b"").partition(b"/")[0].decode("ascii", errors="replace")
    return TenantId(name) if _TENANT.fullmatch(name) else None


def time_in_future(event: ConversationEvent, *, now: datetime, tolerance_seconds: int) -> Problem | None:
    """Whether `occurred_at` lies more than the tolerance after `now`, the broker's timestamp of the event."""
    if event.occurred_at <= now + timedelta(seconds=tolerance_seconds):
        return None
    detail = f"{event.occurred_at.isoformat()} is more than {tolerance_seconds} s after {now.isoformat()}"
    return Problem(field="occurred_at", reason="time_in_future", detail=detail)


def _naming(event: ConversationEvent) -> Iterator[Problem]:
    if event.type is EventType.UNKNOWN:
        yield Problem(field="type", reason="unknown_type", detail="not a type that this release knows")
    if not _TENANT.fullmatch(event.tenant_id):
        yield Problem(field="tenant_id", reason="bad_tenant_id", detail=f"must match {_TENANT.pattern}")


def _identifiers(event: ConversationEvent) -> Iterator[Problem]:
    for identifier in IDENTIFIERS:
        value: str | None = getattr(event, identifier.name)
        if value and _PLAIN(value):
            continue
        if value:
            yield from _identifier(identifier, value)
        elif value == "" or event.type in identifier.required_by:
            yield Problem(field=identifier.name, reason="missing_field", detail=f"required by {event.type}, not empty")


def _identifier(identifier: Identifier, value: str) -> Iterator[Problem]:
    if len(value) > identifier.longest:
        yield _too_long(identifier.name, len(value), identifier.longest, "characters")
    if _CONTROL.search(value):
        yield Problem(field=identifier.name, reason="control_character", detail="an id may not hold one")
    yield from _unicode(identifier.name, value)


def _words(event: ConversationEvent) -> Iterator[Problem]:
    if event.speaker_name is not None:
        if len(event.speaker_name) > SPEAKER_NAME_LONGEST:
            yield _too_long("speaker_name", len(event.speaker_name), SPEAKER_NAME_LONGEST, "characters")
        yield from _free_text("speaker_name", event.speaker_name)
    if event.text is not None:
        yield from _text_size(event.text)
        yield from _free_text("text", event.text)
    elif event.type in _TEXT_TYPES:
        yield Problem(field="text", reason="missing_field", detail=f"required by {event.type}")


def _text_size(text: str) -> Iterator[Problem]:
    if len(text) * 4 > TEXT_BYTES and (size := _bytes(text)) > TEXT_BYTES:
        yield _too_long("text", size, TEXT_BYTES, "bytes of UTF-8")


def _attributes(attributes: Mapping[str, str]) -> Iterator[Problem]:
    if not attributes:
        return
    size = sum(_bytes(name) + _bytes(value) for name, value in attributes.items())
    if size > ATTRIBUTES_BYTES:
        yield _too_long("attributes", size, ATTRIBUTES_BYTES, "bytes of UTF-8 in all")
    yield from _free_text("attributes", "\n".join(part for pair in attributes.items() for part in pair))


def _free_text(field: str, value: str) -> Iterator[Problem]:
    if "\x00" in value:
        yield Problem(field=field, reason="nul_in_text", detail="text may not hold NUL")
    yield from _unicode(field, value)


def _unicode(field: str, value: str) -> Iterator[Problem]:
    if not value.isascii() and _SURROGATE.search(value):
        yield Problem(field=field, reason="not_unicode", detail="half of a surrogate pair stands alone")


def _patterns(event: ConversationEvent) -> Iterator[Problem]:
    for field, pattern, reason, detail in _PATTERNS:
        value: str | None = getattr(event, field)
        if value is not None and not pattern.fullmatch(value):
            yield Problem(field=field, reason=reason, detail=f"must be {detail}")


def _time(occurred_at: datetime) -> Iterator[Problem]:
    if occurred_at.tzinfo is None:
        yield Problem(field="occurred_at", reason="bad_time", detail="must name its offset from UTC")
    elif occurred_at < EARLIEST:
        yield Problem(field="occurred_at", reason="bad_time", detail=f"must not lie before {EARLIEST.isoformat()}")


def _too_long(field: str, size: int, longest: int, unit: str) -> Problem:
    return Problem(field=field, reason="too_long", detail=f"{size} {unit}, {longest} are allowed")


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
