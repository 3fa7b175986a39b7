"""Retention as a reader applies it, to items that never came to a database."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.enums import ItemStatus
from schemas.records import MemoryItem
from topology.retention import RetentionPolicy, counted_from

LONG_AFTER = datetime(2026, 1, 1, tzinfo=UTC)
"""When the tasks of the demo's conversation are over, and what was told in it is not."""


def kept_since(item: MemoryItem) -> datetime | None:
    """Where the item's lifetime begins."""
    last = item.validity[-1] if item.validity else None
    held = (last.valid_from, last.valid_to) if last else ()
    return counted_from(item.last_occurred_at, item.due_from, item.due_to, *held)


def status_at(item: MemoryItem, now: datetime) -> str:
    """The item's status as it is read at `now`, by the policy of all."""
    fixed = item.status in (ItemStatus.RETRACTED, ItemStatus.EXPIRED)
    over = not fixed and RetentionPolicy().is_over(item.retention_level, kept_since(item), now)
    return ItemStatus.EXPIRED.value if over else item.status.value
