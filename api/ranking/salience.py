"""How much a memory matters now: by how often it was said, how lately, and how plainly.

Pure; `now` is always an argument. Every part is in [0, 1] and told with the score, which is their weighted mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from schemas.construction import quickly_made

_DAY = timedelta(days=1)
_DIGITS: Final = 4
"""More would pretend to an exactness that half-lives do not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalienceParams:
    """Weights add up to 1. Recency leads, as in what people ask of a chat: it alone tells a current interest from one
    that was never taken back; evidence comes before explicitness, since most of what matters is never commanded."""

    half_life_days: float = 90.0
    """Of recency. Generative Agents (Park et al., 2023) let it decay by .995 an hour, half in six days, in a simulated
    town of a few days; what people are and like changes with the seasons."""
    evidence_weight: float = 0.35
    recency_weight: float = 0.4
    explicitness_weight: float = 0.25
    said_share: float = 0.8
    """Of full explicitness, what a statement of full confidence has; a command has all of it."""
    doubt_kept: float = 0.5
    """By each further message, of what evidence leaves open: 1 message .5, 2 .75, 5 .97."""


DEFAULTS: Final = SalienceParams()


class Weighable(Protocol):
    """What of an item, or of a line of a profile, is weighed."""

    @property
    def evidence_count(self) -> int: ...

    @property
    def last_occurred_at(self) -> datetime | None: ...

    @property
    def confidence(self) -> float: ...

    @property
    def explicit(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A Weighable of its own."""

    evidence_count: int
    last_occurred_at: datetime | None
    confidence: float
    explicit: bool


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Salience:
    """The score and its parts."""

    score: float
    evidence: float
    recency: float
    explicitness: float


def salience(item: Weighable, *, now: datetime, params: SalienceParams = DEFAULTS) -> Salience:
    """How much the item matters at `now`. What was never said, or lies ahead, is as recent as can be or not at all."""
    evidence = 1 - params.doubt_kept ** max(item.evidence_count, 0)
    recency = _recency(item.last_occurred_at, now, params.half_life_days)
    explicitness = 1.0 if item.explicit else params.said_share * item.confidence
    score = (
        params.evidence_weight * evidence + params.recency_weight * recency + params.explicitness_weight * explicitness
    )
    return Salience(
        score=round(score, _DIGITS),
        evidence=round(evidence, _DIGITS),
        recency=round(recency, _DIGITS),
        explicitness=round(explicitness, _DIGITS),
    )


def _recency(last_occurred_at: datetime | None, now: datetime, half_life_days: float) -> float:
    if last_occurred_at is None:
        return 0.0
    age_days = max((now - last_occurred_at) / _DAY, 0.0)
    return float(0.5 ** (age_days / half_life_days))
