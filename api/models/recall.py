"""A question to the memory, and the evidence that answers it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.models.values import LIMIT_MOST, ItemSource, Moment, Name, PositionShape, Request, SalienceShape, Shape, Words

QUERY_LONGEST = 8_192

ResultKind = Literal["message", "item", "fact", "preference", "relation", "event", "task", "decision", "contact"]


class RecallRequest(Request):
    """What to look for, where, and as of when."""

    query: Annotated[Words, StringConstraints(min_length=1, max_length=QUERY_LONGEST)] = Field(
        examples=["Where does Ana live?"]
    )
    conversation_id: Name | None = Field(default=None, description="Only this conversation.")
    user_id: Name | None = Field(
        default=None, description="Only conversations this user takes part in, and what is remembered of the user."
    )
    kinds: list[ResultKind] | None = Field(
        default=None,
        min_length=1,
        max_length=9,
        description="`message`, `item` (every kind), or kinds of items; absent: all.",
    )
    limit: int = Field(default=10, ge=1, le=LIMIT_MOST)
    asked_at: Moment | None = Field(
        default=None,
        description="The asker's clock: what was over by then is not recalled; time words are not yet weighed.",
    )
    valid_at: Moment | None = Field(
        default=None, description="Items that held at this time; absent: those that are active."
    )
    known_at: Moment | None = Field(default=None, description="Only what had been learnt by then.")
    after: PositionShape | None = Field(
        default=None, description="A position from POST /v1/events: wait until it can be queried."
    )
    wait_seconds: float = Field(default=10.0, ge=0, le=30, description="How long to wait for `after`.")


class RecallResult(Shape):
    """A message or an item that answers, with where it comes from."""

    kind: Literal["message", "item"]
    id: str
    score: float = Field(description="Comparable within one answer only.")
    text: str
    message_ids: list[str] = Field(description="The message itself, or the best of an item's evidence, at most three.")
    user_id: str
    occurred_at: datetime | None
    conversation_id: str | None = None
    speaker_name: str | None = None
    role: str | None = None
    position: PositionShape | None = None
    item_kind: str | None = None
    slot: str | None = None
    value: str | None = None
    status: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    salience: SalienceShape | None = None
    stands_for: list[str] = Field(default_factory=list, description="Ids of near duplicates that this item stands for.")
    evidence: list[ItemSource] = Field(default_factory=list)


class RecallAnswer(Shape):
    """Best first."""

    results: list[RecallResult]
    after_reached: bool | None = Field(
        default=None, description="Whether `after` could be queried in time; null where it was not asked for."
    )
