"""What a record says, in the plain shapes that more than one database stores.

Free of I/O, and pure: the rows of PostgreSQL are in `sinks.postgres.rows`, the values of Redis in `sinks.redis.values`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar

from schemas.records import ProfileEntry

K = TypeVar("K")
T = TypeVar("T")

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | dict[str, Json] | None"


def newest(items: Iterable[T], key: Callable[[T], K]) -> dict[K, T]:
    """One item a key: the last of each, which in a batch is the newest (`Batch`)."""
    return {key(item): item for item in items}


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with microseconds where there are any, ending in Z; None stays None."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def profile_entries(entries: Iterable[ProfileEntry]) -> list[Json]:
    """Lines of a profile as JSON objects with the fields of ProfileEntry, in the same order."""
    return [
        {
            "item_id": entry.item_id,
            "kind": entry.kind.value,
            "slot": entry.slot,
            "qualifier": entry.qualifier,
            "value": entry.value,
            "since": moment(entry.since),
            "evidence_count": entry.evidence_count,
            "last_occurred_at": moment(entry.last_occurred_at),
            "valid_to": moment(entry.valid_to),
            "granularity": entry.granularity.value if entry.granularity else None,
            "due_from": moment(entry.due_from),
            "due_to": moment(entry.due_to),
            "confidence": entry.confidence,
            "explicit": entry.explicit,
            "retention_level": entry.retention_level.value,
        }
        for entry in entries
    ]
