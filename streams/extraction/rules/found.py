"""What rules find, before it becomes a candidate: words, a rule, and what their dates say.

Free of I/O.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.construction import quickly_made
from schemas.enums import Granularity, Kind, Tense
from schemas.ids import TenantId, UserId, item_id
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.canonical import InvalidValue, canonicalise
from streams.extraction.dates import Clock, may_hold_dates, zone_of
from streams.extraction.slots import Catalogue

_RECURS = re.compile(
    r"\b(?:every|times a|times per|once a|twice a|once per|daily|weekends|\w{3,6}days)\b", re.IGNORECASE
)
_RECURRING = re.compile(r"[etodw](?:very|imes|nce|wice|aily|eekends|ays)")
"""One of these is part of whatever `_RECURS` finds."""


class Signs:
    """What a text has anywhere, looked for when first asked, and once."""

    __slots__ = ("_dated", "_recurs", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._dated: bool | None = None
        self._recurs: bool | None = None

    @property
    def dated(self) -> bool:
        """Whether a date may stand in it."""
        if self._dated is None:
            self._dated = may_hold_dates(self._text)
        return self._dated

    @property
    def recurs(self) -> bool:
        """Whether it speaks of what happens again and again."""
        if self._recurs is None:
            self._recurs = _RECURRING.search(self._text.lower()) is not None and _RECURS.search(self._text) is not None
        return self._recurs


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The message that is read: `text` as it came, `plain` with one form of apostrophe, equally long."""

    text: str
    plain: str
    clock: Clock
    tenant_id: TenantId
    user_id: UserId
    signs: Signs


def said_in(turn: Turn, tenant_id: TenantId, timezone: str | None, text: str) -> Said:
    """The message of a turn, given its plain text."""
    return Said(
        text=turn.text,
        plain=text,
        clock=Clock(at=turn.occurred_at, zone=zone_of(timezone)),
        tenant_id=tenant_id,
        user_id=turn.user_id,
        signs=Signs(text),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What the dates of a clause say; nothing by default."""

    known_from: datetime | None = None
    known_to: datetime | None = None
    granularity: Granularity | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value that a rule found; the words it came from are `text[start:end]`."""

    rule: str
    kind: Kind
    slot: str
    value: str
    tense: Tense
    confidence: float
    start: int
    end: int
    times: Times


MOST_CANDIDATES = 64
"""Of one message: more is a list or a paste, and would outgrow a record; raw turns stay searchable."""


def candidates(said: Said, found: Sequence[Found], catalogue: Catalogue) -> tuple[Candidate, ...]:
    """What was found, by place in the text: one candidate an item, and one present value a single-valued track.

    The last one counts, for it corrects those before it. Values that cannot be values of their slot are dropped.
    """
    by_place = sorted(found, key=lambda each: (each.start, each.end, each.slot))
    made = [candidate for each in by_place if (candidate := _candidate(said, each, catalogue)) is not None]
    contested = [_contested(candidate, catalogue) for candidate in made]
    last = dict(zip(contested, made, strict=True))
    kept = (candidate for track, candidate in zip(contested, made, strict=True) if last[track] is candidate)
    return tuple(kept)[:MOST_CANDIDATES]


def _contested(candidate: Candidate, catalogue: Catalogue) -> str:
    if candidate.tense is not Tense.PRESENT:
        return candidate.item_id
    return catalogue.track_of(candidate.kind, candidate.slot, candidate.qualifier, candidate.item_id)


def _candidate(said: Said, found: Found, catalogue: Catalogue) -> Candidate | None:
    try:
        value = canonicalise(catalogue.slot_of(found.kind, found.slot), found.value)
    except InvalidValue:
        return None
    return Candidate(
        item_id=item_id(said.tenant_id, said.user_id, found.kind, found.slot, value.canonical),
        kind=found.kind,
        slot=found.slot,
        qualifier=value.qualifier,
        value=value.value,
        canonical=value.canonical,
        tense=found.tense,
        confidence=found.confidence,
        start=found.start,
        end=found.end,
        quote=said.text[found.start : found.end],
        rule=found.rule,
        known_from=found.times.known_from,
        known_to=found.times.known_to,
        granularity=found.times.granularity,
        due_from=found.times.due_from,
        due_to=found.times.due_to,
    )
