"""Memory items as versions: what a standing looks like to the world, and when a new version says anything new.

Pure. An item whose last evidence is gone is retracted, and shows the form by which values are compared: no words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schemas.enums import ItemStatus, Tense
from schemas.records import Evidence, MemoryItem, Position
from streams.processors.intervals import holds_at
from streams.processors.timeline import CONFIRMED, DATED_KINDS, Standing
from topology.retention import Kept, RetentionPolicy
from topology.tombstones import Words

_MOST_CONFIDENCE = 0.99
"""Nothing that was only said is certain."""
_DOUBT_KEPT = 0.5
"""Of the doubt about one assertion, what each further message leaves: less than independent witnesses would
(noisy-or), since it is the same person, and often the same rule, again. A power of two, so powers are exact."""
_MOST_MESSAGES_COUNTED = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What made a version: the record, and when the broker had it."""

    position: Position
    recorded_at: datetime
    lane: int
    """The partition number on which it was read: another than that of `position` for what was found in messages."""
    words: Words = Words.KEPT
    """What becomes, in histories, of the words that it takes back."""


NOBODY: Final = ""
"""Who found an item that nothing supports any more: whoever was the last to, which depends on the order of reading."""


def confidence(latest: float, messages: int) -> float:
    """Confidence in an item by its latest assertion and the number of messages that assert it.

    Needs no set of assertions, so adding the newest one gives the same as starting anew.
    """
    doubt = (1 - latest) * _DOUBT_KEPT ** min(messages - 1, _MOST_MESSAGES_COUNTED)
    return round(min(1 - doubt, _MOST_CONFIDENCE), 6)


def version(standing: Standing, basis: MemoryItem | Evidence, cause: Cause, retention: RetentionPolicy) -> MemoryItem:
    """The item as it stands. `basis` names it: its former version, or any assertion of it."""
    if not standing.support:
        return _retracted(standing, basis, cause, retention)
    support, latest = standing.support, standing.support[-1]
    dated = next((said for said in reversed(support) if said.granularity is not None), latest)
    due = next((said for said in reversed(support) if said.due_from or said.due_to), latest)
    known, explicit = confidence(latest.confidence, len(support)), any(map(is_told, support))
    worded = next((said for said in reversed(support) if said.rule != CONFIRMED), latest)
    return MemoryItem(
        tenant_id=latest.tenant_id,
        user_id=latest.user_id,
        item_id=latest.item_id,
        kind=latest.kind,
        slot=latest.slot,
        qualifier=latest.qualifier,
        value=worded.value,
        canonical=latest.canonical,
        status=standing.status,
        confidence=known,
        validity=standing.validity,
        granularity=dated.granularity,
        due_from=due.due_from,
        due_to=due.due_to,
        superseded_by=standing.superseded_by,
        evidence_count=len(support),
        first_occurred_at=support[0].occurred_at,
        last_occurred_at=latest.occurred_at,
        retention_level=retention.level_of(_kept(latest, known, explicit)),
        extractor=latest.extractor,
        recorded_at=cause.recorded_at,
        cause=cause.position,
        explicit=explicit,
        expired_to=standing.expired_to,
    )


def said_again(item: MemoryItem, said: Evidence, cause: Cause, retention: RetentionPolicy) -> MemoryItem | None:
    """The next version of an item whose value is current and is said once more, later than ever and without dates.

    Equals what its whole track would give, without reading it; None where that cannot be known from the item alone.
    """
    if not (_is_plain_present(said) and is_current(item) and item.validity[-1].valid_to is None):
        return None
    if item.last_occurred_at is None or said.occurred_at <= item.last_occurred_at:
        return None
    count = item.evidence_count + 1
    known, explicit = confidence(said.confidence, count), item.explicit or is_told(said)
    return replace(
        item,
        value=item.value if said.rule == CONFIRMED else said.value,
        confidence=known,
        evidence_count=count,
        last_occurred_at=said.occurred_at,
        retention_level=retention.level_of(_kept(said, known, explicit)),
        extractor=said.extractor,
        recorded_at=cause.recorded_at,
        cause=cause.position,
        explicit=explicit,
    )


def is_told(said: Evidence) -> bool:
    """Whether a command asserts it, and no message."""
    return said.conversation_id is None


def is_current(item: MemoryItem) -> bool:
    """Whether the item is a lasting value that held when it was last spoken of; a mere plan is not."""
    if item.status is not ItemStatus.ACTIVE or item.kind in DATED_KINDS or item.last_occurred_at is None:
        return False
    return holds_at(item.validity[-1:], item.last_occurred_at)


def shows_the_same(one: MemoryItem, other: MemoryItem) -> bool:
    """Whether two versions differ in nothing but when and by what they were made."""
    return replace(one, recorded_at=other.recorded_at, cause=other.cause) == other


def _is_plain_present(said: Evidence) -> bool:
    dates = (said.known_from, said.known_to, said.granularity, said.due_from, said.due_to)
    return said.tense is Tense.PRESENT and not any(dates)


def _kept(named: MemoryItem | Evidence, known: float, explicit: bool) -> Kept:
    return Kept(kind=named.kind, slot=named.slot, confidence=known, explicit=explicit)


def _retracted(
    standing: Standing, basis: MemoryItem | Evidence, cause: Cause, retention: RetentionPolicy
) -> MemoryItem:
    return MemoryItem(
        tenant_id=basis.tenant_id,
        user_id=basis.user_id,
        item_id=basis.item_id,
        kind=basis.kind,
        slot=basis.slot,
        qualifier=basis.qualifier,
        value=basis.canonical,
        canonical=basis.canonical,
        status=ItemStatus.RETRACTED,
        confidence=0.0,
        validity=(),
        granularity=None,
        due_from=None,
        due_to=None,
        superseded_by=None,
        evidence_count=0,
        first_occurred_at=None,
        last_occurred_at=None,
        retention_level=retention.level_of(_kept(basis, 1.0, explicit=False)),
        extractor=NOBODY,
        recorded_at=cause.recorded_at,
        cause=cause.position,
        expired_to=standing.expired_to,
    )
