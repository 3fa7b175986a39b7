"""Conversations made for tests, and an extractor that understands them: no rules of English in between.

Words of the form `verb:value`; `echo` is found in the texts before it, so that its value shows the context it had.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.enums import EventType, Kind, Role, Tense
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId, item_id
from schemas.records import Candidate, ConversationEvent
from schemas.state import Turn

TENANT = TenantId("acme")
CONVERSATION = ConversationId("c1")
ANNA = UserId("anna")
START = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)

_WORD = re.compile(r"(\w+):([\w=-]+)|\becho\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What a word asserts."""

    kind: Kind
    slot: str
    tense: Tense
    from_days: int | None = None
    to_days: int | None = None


VERBS = {
    "lives": Verb(kind=Kind.FACT, slot="home_city", tense=Tense.PRESENT),
    "since": Verb(kind=Kind.FACT, slot="home_city", tense=Tense.PRESENT, from_days=-30),
    "until": Verb(kind=Kind.FACT, slot="home_city", tense=Tense.PRESENT, to_days=30),
    "lived": Verb(kind=Kind.FACT, slot="home_city", tense=Tense.PAST),
    "stayed": Verb(kind=Kind.FACT, slot="home_city", tense=Tense.PAST, from_days=-90, to_days=-60),
    "left": Verb(kind=Kind.FACT, slot="home_city", tense=Tense.ENDED),
    "moves": Verb(kind=Kind.FACT, slot="home_city", tense=Tense.PLANNED, from_days=30),
    "likes": Verb(kind=Kind.PREFERENCE, slot="likes", tense=Tense.PRESENT),
    "not": Verb(kind=Kind.PREFERENCE, slot="likes", tense=Tense.ENDED),
    "fav": Verb(kind=Kind.PREFERENCE, slot="favourite", tense=Tense.PRESENT),
    "party": Verb(kind=Kind.EVENT, slot="event", tense=Tense.PLANNED, from_days=7, to_days=8),
    "partied": Verb(kind=Kind.EVENT, slot="event", tense=Tense.PAST, from_days=-2, to_days=-1),
    "todo": Verb(kind=Kind.TASK, slot="task", tense=Tense.PLANNED),
    "did": Verb(kind=Kind.TASK, slot="task", tense=Tense.PAST),
}


class WordExtractor:
    """An Extractor of such words. Counts how often it was asked."""

    name = "words@1"

    def __init__(self) -> None:
        self.asked = 0

    def extract(
        self, turn: Turn, context: Sequence[Turn], tenant_id: TenantId, timezone: str | None, language: str | None
    ) -> tuple[Candidate, ...]:
        self.asked += 1
        return tuple(_candidate(match, turn, context, tenant_id) for match in _WORD.finditer(turn.text))


def _candidate(match: re.Match[str], turn: Turn, context: Sequence[Turn], tenant_id: TenantId) -> Candidate:
    heard = "|".join(before.text for before in context)
    verb = VERBS[match[1] or "likes"]
    value = (match[2] or f"<{heard}>").replace("=", ": ")
    canonical = value.lower()
    return Candidate(
        item_id=item_id(tenant_id, turn.user_id, verb.kind, verb.slot, canonical),
        kind=verb.kind,
        slot=verb.slot,
        qualifier=canonical.partition(":")[0] if verb.slot == "favourite" else None,
        value=value,
        canonical=canonical,
        tense=verb.tense,
        confidence=0.8,
        start=match.start(),
        end=match.end(),
        quote=match.group(),
        rule="word@1",
        known_from=_later(turn, verb.from_days),
        known_to=_later(turn, verb.to_days),
        granularity=None,
        due_from=None,
        due_to=None,
    )


def _later(turn: Turn, days: int | None) -> datetime | None:
    return None if days is None else turn.occurred_at + timedelta(days=days)


def said(number: int, text: str, **fields: Any) -> ConversationEvent:
    """Message `m<number>`, said that many minutes after START."""
    event = ConversationEvent(
        event_id=EventId(f"e{number}"),
        type=EventType.MESSAGE_RECORDED,
        tenant_id=TENANT,
        conversation_id=CONVERSATION,
        message_id=MessageId(f"m{number}"),
        user_id=ANNA,
        speaker_name="Anna",
        role=Role.USER,
        text=text,
        occurred_at=START + timedelta(minutes=number),
    )
    return replace(event, **fields)


def edited(number: int, text: str, *, at: int, **fields: Any) -> ConversationEvent:
    """An edit of message `m<number>`, made `at` minutes after START."""
    return _about(number, EventType.MESSAGE_EDITED, at, text=text, **fields)


def deleted(number: int, *, at: int, **fields: Any) -> ConversationEvent:
    """A deletion of message `m<number>`, made `at` minutes after START."""
    return _about(number, EventType.MESSAGE_DELETED, at, **fields)


def _about(number: int, kind: EventType, at: int, **fields: Any) -> ConversationEvent:
    event = ConversationEvent(
        event_id=EventId(f"{kind}-{number}-{at}"),
        type=kind,
        tenant_id=TENANT,
        conversation_id=CONVERSATION,
        message_id=MessageId(f"m{number}"),
        occurred_at=START + timedelta(minutes=at),
    )
    return replace(event, **fields)


def conversation(kind: EventType, *, at: int, **fields: Any) -> ConversationEvent:
    """The conversation ends or is deleted, `at` minutes after START."""
    event = ConversationEvent(
        event_id=EventId(f"{kind}-{at}"),
        type=kind,
        tenant_id=TENANT,
        conversation_id=CONVERSATION,
        occurred_at=START + timedelta(minutes=at),
    )
    return replace(event, **fields)
