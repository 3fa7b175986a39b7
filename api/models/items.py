"""Memory items as they are shown, asked for, and changed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from api.models.values import (
    CURSOR_LONGEST,
    LIMIT_MOST,
    ItemSource,
    Moment,
    PositionShape,
    Request,
    SalienceShape,
    Shape,
    Words,
)

VALUE_LONGEST = 1_024

KindName = Literal["fact", "preference", "relation", "event", "task", "decision", "contact"]
StatusName = Literal["active", "superseded", "ended", "retracted", "expired", "done", "cancelled"]
Value = Annotated[Words, StringConstraints(min_length=1, max_length=VALUE_LONGEST)]


class Item(Shape):
    """One remembered thing about a user, as of its latest version or the one asked for."""

    item_id: str
    user_id: str
    kind: str = Field(examples=["fact"])
    slot: str = Field(examples=["home_city"])
    qualifier: str | None = Field(default=None, description="The `thing` of a slot that holds one value a thing.")
    value: str = Field(examples=["Porto"])
    status: str = Field(examples=["active"])
    confidence: float
    valid_from: datetime | None = Field(description="Of the current or latest interval.")
    valid_to: datetime | None
    validity: list[tuple[datetime | None, datetime | None]] = Field(description="Half-open intervals, in order.")
    granularity: str | None
    due_from: datetime | None
    due_to: datetime | None
    first_occurred_at: datetime | None
    last_occurred_at: datetime | None
    recorded_at: datetime = Field(description="When the system learned this version.")
    superseded_by: str | None
    retention_level: str
    explicit: bool = Field(default=False, description="Whether a command told it, beside what was said.")
    salience: SalienceShape | None = Field(default=None, description="How much it matters at the time of the answer.")
    stands_for: list[str] = Field(
        default_factory=list,
        description="Ids of near duplicates of the same page that are shown as this one, with their words.",
    )
    evidence_count: int
    evidence: list[ItemSource] = Field(description="The latest of it, at most 100; none of what has expired.")
    extractor: str


class ItemPage(Shape):
    """Items by kind, slot and id."""

    items: list[Item]
    next_cursor: str | None = None


class ItemVersion(Shape):
    """An item as it was from `recorded_at` until the next version."""

    kind: str
    slot: str
    qualifier: str | None
    value: str
    status: str
    confidence: float
    valid_from: datetime | None
    valid_to: datetime | None
    validity: list[tuple[datetime | None, datetime | None]]
    granularity: str | None
    due_from: datetime | None
    due_to: datetime | None
    superseded_by: str | None
    retention_level: str
    evidence_count: int
    extractor: str
    recorded_at: datetime
    cause: PositionShape = Field(description="The event or command that made this version.")


class ItemHistory(Shape):
    """Every version, oldest first."""

    item_id: str
    user_id: str | None = Field(default=None, description="Whose; null on a page beyond the last version.")
    versions: list[ItemVersion]
    next_cursor: str | None = None


class ItemFilter(Request):
    """Which items of a user; None: whatever."""

    kind: KindName | None = None
    slot: Annotated[Words, StringConstraints(max_length=64)] | None = None
    status: StatusName | None = Field(default=None, description="Absent: all.")
    valid_at: Moment | None = Field(default=None, description="Items that held at this time.")
    known_at: Moment | None = Field(default=None, description="Items as they were known at this time.")
    fold: bool = Field(default=True, description="Whether near duplicates of a page are shown once.")


class ItemQuery(ItemFilter):
    """A page of items, as a query string."""

    limit: int = Field(default=LIMIT_MOST, ge=1, le=LIMIT_MOST, description="Rows of a page.")
    cursor: Words | None = Field(
        default=None, max_length=CURSOR_LONGEST, description="`next_cursor` of the page before."
    )

    @property
    def filter(self) -> ItemFilter:
        return ItemFilter(**self.model_dump(exclude={"limit", "cursor"}))


class Remember(Request):
    """Something to remember of a user."""

    kind: KindName
    slot: Annotated[Words, StringConstraints(min_length=1, max_length=64)] = Field(examples=["home_city"])
    value: Value = Field(examples=["Porto"])
    valid_from: Moment | None = Field(default=None, description="Since when it holds, where that is known.")
    valid_to: Moment | None = Field(default=None, description="Until when, exclusive.")

    @model_validator(mode="after")
    def _in_order(self) -> Remember:
        if self.valid_from and self.valid_to and self.valid_from >= self.valid_to:
            raise ValueError("valid_from must lie before valid_to")
        return self


class Correct(Request):
    """The value an item should have had."""

    value: Value = Field(examples=["Braga"])


class CommandAccepted(Shape):
    """The broker has the command; ask `GET /v1/events/{command_id}` for what became of it."""

    command_id: str
    position: PositionShape
    item_id: str | None = Field(default=None, description="The item that the command names or makes.")
    superseded_item_id: str | None = Field(default=None, description="The item that a correction replaces.")
