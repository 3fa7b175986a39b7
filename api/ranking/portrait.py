"""A profile as it shows at a moment: without what is over, near duplicates once, by salience or by date.

Pure; `now` is an argument. The stored profile has no clock, and holds more than is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from api.models.people import ProfileLine, UserProfile
from api.models.values import SalienceShape
from api.ranking.folding import Foldable, fold
from api.ranking.salience import salience
from schemas.enums import RetentionLevel
from topology.retention import RetentionPolicy, counted_from


def portrait(profile: UserProfile, policy: RetentionPolicy, now: datetime) -> UserProfile:
    """What of the stored profile holds at `now`: tasks by when they are due, events that are not over, by date."""

    def shown(lines: Iterable[ProfileLine]) -> list[ProfileLine]:
        return _folded([_weighed(line, now) for line in lines if not is_over(line, policy, now)])

    return profile.model_copy(
        update={
            "slots": shown(profile.slots),
            "top": sorted(shown(profile.top), key=_by_salience),
            "preferences": sorted(shown(profile.preferences), key=_by_salience),
            "tasks": sorted(shown(profile.tasks), key=_by_due),
            "events": sorted(shown(line for line in profile.events if _is_ahead(line, now)), key=_by_start),
        }
    )


def is_over(line: ProfileLine, policy: RetentionPolicy, now: datetime) -> bool:
    """Whether the lifetime of a line has passed; it counts from where that of its item does."""
    since = counted_from(line.last_occurred_at, line.due_from, line.due_to, line.since, line.valid_to)
    return policy.is_over(RetentionLevel(line.retention_level), since, now)


def _is_ahead(line: ProfileLine, now: datetime) -> bool:
    end = line.valid_to or line.since
    return end is not None and end > now


def _weighed(line: ProfileLine, now: datetime) -> ProfileLine:
    return line.model_copy(update={"salience": SalienceShape.of(salience(line, now=now))})


def _folded(lines: Sequence[ProfileLine]) -> list[ProfileLine]:
    folded = fold(
        Foldable(
            item_id=line.item_id,
            kind=line.kind,
            slot=line.slot,
            beside=(line.qualifier, line.since, line.valid_to, line.due_from, line.due_to)
            if line.kind in ("event", "task")
            else (line.qualifier,),
            value=line.value,
            evidence_count=line.evidence_count,
            last_occurred_at=line.last_occurred_at,
        )
        for line in lines
    )
    return [
        line.model_copy(update={"stands_for": list(folded[line.item_id])}) for line in lines if line.item_id in folded
    ]


def _by_salience(line: ProfileLine) -> tuple[float, str]:
    return -(line.salience.score if line.salience else 0.0), line.item_id


def _by_due(line: ProfileLine) -> tuple[bool, float, float, str]:
    """Those with a date first, the earliest before others; then those that were spoken of last."""
    due, last = line.due_to or line.due_from, line.last_occurred_at
    return due is None, due.timestamp() if due else 0.0, -last.timestamp() if last else 0.0, line.item_id


def _by_start(line: ProfileLine) -> tuple[float, str]:
    start = line.since or line.valid_to
    return start.timestamp() if start else 0.0, line.item_id
