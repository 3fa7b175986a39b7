"""What a run left behind, in plain values: the input as it stands in Kafka, the rows, the topics, Redis.

Data, free of I/O. Read by `chaos.reading`, judged by `chaos.oracle` and `chaos.checker`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

Place: TypeAlias = tuple[int, int]
"""Partition and offset in `conversation.events.v1`."""
Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = Mapping[str, Row]
"""Plain rows by the Kafka key of what they show."""

VIEWS = ("messages", "evidence", "items", "profiles")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One record of a topic."""

    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()

    @property
    def place(self) -> Place:
        return self.partition, self.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A record that the broker took, as its sender knows it; times are ISO 8601, words as they must be kept."""

    number: int
    place: Place
    poison: str | None
    misplaced: bool
    type: str
    event_id: str
    tenant: str
    conversation: str
    message: str
    text: str | None
    occurred_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All of it, of one run's tenants alone."""

    events: Sequence[Stored]
    tables: Mapping[str, Rows]
    """PostgreSQL, by view: what is current; rows of what is gone are left out."""
    topics: Mapping[str, Rows]
    """The last value of each key, by view."""
    changelogs: Mapping[str, Rows]
    """What an agent that has lost its table would remember, by store."""
    outcomes: Mapping[Place, Row]
    """The table."""
    outcome_records: Sequence[tuple[Place, Row]]
    """The topic, repetitions included."""
    dead_letters: Sequence[tuple[Place, bytes | None, bytes | None]]
    """Place of the source, key and value."""
    item_records: Sequence[tuple[str, int, bytes | None]] = ()
    """The items topic: key, offset, bytes."""
    item_versions: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    """Keys and offsets of the rows of `memory_item_versions`."""
    unaccounted: Sequence[tuple[str, int, int, int]] = ()
    """The view that must be empty: tenant, partition, records received, outcomes."""
    redis_profiles: Rows = field(default_factory=dict)
    redis_turns: Mapping[str, str | None] = field(default_factory=dict)
    """Text by message key; None where the turn is deleted."""
    redis_forgot: bool = False
    """Whether Redis may miss what it once had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it must be."""

    verdict: str
    """One of `VERDICTS`."""
    judge: str
    where: str
    key: str
    expected: Any = None
    found: Any = None


VERDICTS = ("lost", "duplicated", "diverged", "outcomes_missing", "resurrected")
