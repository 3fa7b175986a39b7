"""A profile as it shows at a moment: without what is over, near duplicates once, by salience or by date.

Pure; `now` is an argument. The stored profile has no clock, and holds more than is shown. From JSON to JSON: a profile
is the answer that is asked for most, and making objects of its lines took longer than all the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from api.ranking.folding import Foldable, fold
from api.ranking.salience import salience
from schemas.enums import RetentionLevel
from topology.retention import RetentionPolicy, counted_from

Json: TypeAlias = dict[str, Any]

_EARLIER: Final[Json] = {
    "valid_to": None,
    "granularity": None,
    "due_from": None,
    "due_to": None,
    "confidence": 0.0,
    "explicit": False,
    "retention_level": RetentionLevel.UNKNOWN.value,
}
"""What a line lacks that an earlier release landed."""


def portrait(stored: Mapping[str, Any], policy: RetentionPolicy, now: datetime) -> Json:
    """What of the stored profile holds at `now`: tasks by when they are due, events that are not over, by date.

    In and out: a profile as JSON, with its times as text. Lines get their salience, and the ids they stand for.
    """
    over_before = policy.over_before(now)
    read: dict[str, _Line] = {}

    def line_of(told: Json) -> _Line:
        """What is in two lists is read and weighed once."""
        known = read.get(told["item_id"])
        if known is None or known.stored != told:
            known = read[told["item_id"]] = _Line(told, now)
        return known

    def shown(name: str, order: Callable[[_Line], Any] | None = None) -> list[Json]:
        lines = [line for line in map(line_of, stored.get(name) or ()) if not line.is_over(over_before)]
        if name == "events":
            lines = [line for line in lines if line.is_ahead(now)]
        folded = fold([line.foldable for line in lines])
        kept = [line for line in lines if line.item_id in folded]
        kept = sorted(kept, key=order) if order else kept
        return [line.told | {"stands_for": list(folded[line.item_id])} for line in kept]

    return dict(stored) | {
        "slots": shown("slots"),
        "top": shown("top", _by_salience),
        "preferences": shown("preferences", _by_salience),
        "tasks": shown("tasks", _by_due),
        "events": shown("events", _by_start),
    }


class _Line:
    """A line, with its times read, and weighed."""

    __slots__ = (
        "confidence", "due_from", "due_to", "evidence_count", "explicit", "foldable", "item_id", "last_occurred_at",
        "since", "stored", "told", "valid_to",
    )  # fmt: skip

    def __init__(self, stored: Json, now: datetime) -> None:
        self.stored = stored
        told = self.told = _EARLIER | stored
        self.item_id: str = told["item_id"]
        self.evidence_count: int = told["evidence_count"]
        self.confidence: float = told["confidence"]
        self.explicit: bool = told["explicit"]
        self.since = _moment(told["since"])
        self.valid_to = _moment(told["valid_to"])
        self.due_from = _moment(told["due_from"])
        self.due_to = _moment(told["due_to"])
        self.last_occurred_at = _moment(told["last_occurred_at"])
        weighed = salience(self, now=now)
        told["salience"] = {
            "score": weighed.score,
            "evidence": weighed.evidence,
            "recency": weighed.recency,
            "explicitness": weighed.explicitness,
        }
        self.foldable = _foldable(self)

    def is_over(self, over_before: Mapping[RetentionLevel, datetime | None]) -> bool:
        """Whether its lifetime has passed; it counts from where that of its item does."""
        limit = over_before.get(self.told["retention_level"])
        if limit is None:
            return False
        since = counted_from(self.last_occurred_at, self.due_from, self.due_to, self.since, self.valid_to)
        return since is not None and since <= limit

    def is_ahead(self, now: datetime) -> bool:
        end = self.valid_to or self.since
        return end is not None and end > now


def _moment(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)


def _foldable(line: _Line) -> Foldable:
    told, once = line.told, (line.since, line.valid_to, line.due_from, line.due_to)
    return Foldable(
        item_id=line.item_id,
        kind=told["kind"],
        slot=told["slot"],
        beside=(told["qualifier"], *once) if told["kind"] in ("event", "task") else (told["qualifier"],),
        value=told["value"],
        evidence_count=line.evidence_count,
        last_occurred_at=line.last_occurred_at,
    )


def _by_salience(line: _Line) -> tuple[float, str]:
    return -line.told["salience"]["score"], line.item_id


def _by_due(line: _Line) -> tuple[bool, float, float, str]:
    """Those with a date first, the earliest before others; then those that were spoken of last."""
    due, last = line.due_to or line.due_from, line.last_occurred_at
    return due is None, due.timestamp() if due else 0.0, -last.timestamp() if last else 0.0, line.item_id


def _by_start(line: _Line) -> tuple[float, str]:
    start = line.since or line.valid_to
    return start.timestamp() if start else 0.0, line.item_id
