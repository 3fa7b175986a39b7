"""How long memories are kept: levels with their lifetimes, and the rules by which an item gets its level.

Pure. Policies are data and handed down; `now` is always an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from schemas.enums import Kind, RetentionLevel
from schemas.ids import TenantId

LEVELS = (RetentionLevel.WORKING, RetentionLevel.SHORT, RetentionLevel.LONG, RetentionLevel.PERMANENT)
"""From the shortest to the longest."""

LIFETIMES: Mapping[RetentionLevel, timedelta | None] = MappingProxyType(
    {
        RetentionLevel.WORKING: timedelta(days=1),
        RetentionLevel.SHORT: timedelta(days=30),
        RetentionLevel.LONG: timedelta(days=3_650),
        RetentionLevel.PERMANENT: None,
    }
)
"""Counted from when an item was last spoken of, due, or held. What others do (read in November 2026):
mem0 and Zep let nothing go by age unless a date is given; there facts end where they are contradicted, as here.
redis/agent-memory-server has forgetting off, and shows 90 days of age or 30 of inactivity where it is on; its working
memory is that of a session. So `long` is a limit to storage and not to relevance, which is the work of supersession
and salience: ten years, where a shorter duty is a tenant's policy. `short` is those 30 days of inactivity, `working`
the day a session belongs to."""

_DOUBTFUL = 0.6
"""Confidence below which one message alone is not worth years. The rules of extraction give .7 to .95; a model, or a
tenant's rule, may give less, and each message that says so again halves the doubt."""
_VAGUE = 0.35
"""Below it, what was found is worth the session: another message must say so within the day to lift it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """Gives `level` to the items that fit; what is None fits every item."""

    level: RetentionLevel
    kind: Kind | None = None
    slot: str | None = None
    least_confidence: float = 0.0
    explicit: bool | None = None
    """Whether a command must have told so, or must not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What of an item decides its level."""

    kind: Kind
    slot: str
    confidence: float
    explicit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """The first rule that fits gives the level. Raises ValueError for lifetimes that leave a level out."""

    rules: tuple[LevelRule, ...] = (
        LevelRule(level=RetentionLevel.PERMANENT, explicit=True),
        LevelRule(level=RetentionLevel.SHORT, kind=Kind.TASK),
        LevelRule(level=RetentionLevel.LONG, least_confidence=_DOUBTFUL),
        LevelRule(level=RetentionLevel.SHORT, least_confidence=_VAGUE),
    )
    otherwise: RetentionLevel = RetentionLevel.WORKING
    lifetimes: Mapping[RetentionLevel, timedelta | None] = field(default_factory=lambda: LIFETIMES)
    """None: for ever."""

    def __post_init__(self) -> None:
        if self.lifetimes.keys() != set(LEVELS):
            raise ValueError(f"a lifetime is wanted of each level: {', '.join(LEVELS)}")

    def level_of(self, kept: Kept) -> RetentionLevel:
        return next((rule.level for rule in self.rules if _fits(rule, kept)), self.otherwise)

    def over_before(self, now: datetime) -> dict[RetentionLevel, datetime | None]:
        """By level, the moment since which an item must have been kept alive not to be over; None: no such moment."""
        return {level: _back(now, life) for level, life in self.lifetimes.items()}

    def is_over(self, level: RetentionLevel, since: datetime | None, now: datetime) -> bool:
        """Whether the lifetime of an item of that level, counted from `since`, has passed; an unknown level never."""
        limit = self.over_before(now).get(level)
        return limit is not None and since is not None and since <= limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicies:
    """The policy of each tenant: its own, or that of all."""

    default: RetentionPolicy = field(default_factory=RetentionPolicy)
    tenants: Mapping[TenantId, RetentionPolicy] = field(default_factory=dict)

    def of(self, tenant_id: TenantId) -> RetentionPolicy:
        return self.tenants.get(tenant_id, self.default)


KEPT_BY_DEFAULT: Final = RetentionPolicies()
"""Where no tenant has a policy of its own."""


def counted_from(*moments: datetime | None) -> datetime | None:
    """Where a lifetime begins: the latest of when an item was said, is due and holds; None where nothing is known."""
    return max((moment for moment in moments if moment is not None), default=None)


def _fits(rule: LevelRule, kept: Kept) -> bool:
    return (
        rule.kind in (None, kept.kind)
        and rule.slot in (None, kept.slot)
        and kept.confidence >= rule.least_confidence
        and rule.explicit in (None, kept.explicit)
    )


def _back(now: datetime, life: timedelta | None) -> datetime | None:
    """None as well where the lifetime is longer than there has been time."""
    if life is None or now - datetime.min.replace(tzinfo=now.tzinfo) <= life:
        return None
    return now - life
