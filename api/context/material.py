"""What a block is made of: remembered items, turns, and the lines that tell them.

Declares; decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from api.ranking.candidates import MessageKey


class Section(StrEnum):
    """The parts of a block, in their order: what changes often stands last, so that a prompt's beginning stays."""

    PROFILE = "profile"
    ITEMS = "items"
    RELEVANT = "relevant"
    RECENT = "recent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An item. `rank`: its place among what answers the query, from 0; None where it does not."""

    item_id: str
    kind: str
    slot: str
    value: str
    valid_from: datetime | None
    valid_to: datetime | None
    due_from: datetime | None = None
    due_to: datetime | None = None
    evidence_count: int = 1
    last_occurred_at: datetime | None = None
    confidence: float = 0.0
    explicit: bool = False
    rank: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A turn. `rank`: its place among what answers the query, or among the recent ones, latest first."""

    conversation_id: str
    message_id: str
    user_id: str
    speaker_name: str | None
    role: str
    text: str
    occurred_at: datetime
    rank: int

    @property
    def key(self) -> MessageKey:
        return self.conversation_id, self.message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a block may tell. No turn is both relevant and recent, no item both standing and found."""

    profile: Sequence[Known]
    """Single-valued slots, in the order of the catalogue."""
    items: Sequence[Known]
    found: Sequence[Known]
    """Items that answer the query and are not among the others."""
    relevant: Sequence[Said]
    recent: Sequence[Said]
    asked_at: datetime | None


Entry: TypeAlias = Mapping[str, str]
"""What a line tells, field by field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that is told. `salience`, in [0, 1], decides what goes first when room is short."""

    section: Section
    salience: float
    text: str
    entry: Entry
    item_id: str | None = None
    message: MessageKey | None = None
    speaker: str | None = None
    """The user id of who said the message."""
    shortened: bool = False
