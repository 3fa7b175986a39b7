"""A question to the memory, and the evidence that answers it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from api.models.values import LIMIT_MOST, ItemSource, Moment, Name, PositionShape, Request, SalienceShape, Shape, Words
from api.ranking.explanation import PartKind

QUERY_LONGEST = 8_192
NEIGHBOURS_MOST = 5

ASKED: dict[str, JsonValue] = {
    "query": "Where did Ana move last month?",
    "conversation_id": "family",
    "asked_at": "2026-06-01T12:00:00Z",
    "neighbours": 1,
    "limit": 5,
}
_SAID: dict[str, JsonValue] = {"user_id": "ana", "speaker_name": "Ana", "role": "user"}
ANSWERED: dict[str, JsonValue] = {
    "results": [
        {
            "kind": "message",
            "id": "m-1",
            "score": 6.0,
            "explanation": [
                {"kind": "word", "score": 2.0, "about": "move"},
                {"kind": "neighbours", "score": 0.5, "about": None},
                {"kind": "name", "score": 1.25, "about": "ana"},
                {"kind": "time", "score": 2.25, "about": "last month"},
            ],
            "message_ids": ["m-1"],
            "conversation_id": "family",
            "text": "We finally left Lisbon and moved to Porto.",
            "occurred_at": "2026-05-17T09:00:00Z",
            "position": {"topic": "conversation.events.v1", "partition": 2, "offset": 1042},
            **_SAID,
            "context": [
                {
                    "distance": 1,
                    "message_id": "m-2",
                    "user_id": "rui",
                    "speaker_name": "Rui",
                    "role": "user",
                    "text": "How do you like the new flat?",
                    "occurred_at": "2026-05-17T09:01:00Z",
                }
            ],
        }
    ],
    "after_reached": None,
}

ResultKind = Literal["message", "item", "fact", "preference", "relation", "event", "task", "decision", "contact"]


class RecallRequest(Request):
    """What to look for, where, and as of when."""

    model_config = ConfigDict(json_schema_extra={"examples": [ASKED]})

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
        description="The asker's clock, else now: what was over by then is not recalled, and time words of the query "
        "(`last week`, `in May`) are reckoned from it.",
    )
    valid_at: Moment | None = Field(
        default=None, description="Items that held at this time; absent: those that are active."
    )
    known_at: Moment | None = Field(default=None, description="Only what had been learnt by then.")
    neighbours: int = Field(
        default=0, ge=0, le=NEIGHBOURS_MOST, description="So many turns before and after each message come with it."
    )
    after: PositionShape | None = Field(
        default=None, description="A position from POST /v1/events: wait until it can be queried."
    )
    wait_seconds: float = Field(default=10.0, ge=0, le=30, description="How long to wait for `after`.")


class ExplanationPart(Shape):
    """A share of a result's score."""

    kind: PartKind = Field(
        description="`word`: a word of the query; `words_together`: two that stand together as in the query; "
        "`neighbours`: lent by the turns around it; `meaning`: nearness in meaning; and what these are multiplied by, "
        "as what it adds: `name`: the query names who speaks; `time`: said in the time that the query names; "
        "`tells_time`: holds a time, and the query asks for one; `first_person`: said by a person, and the query says "
        "`I`; `item`: it is an item."
    )
    score: float
    about: str | None = Field(default=None, description="The word, the two words, the time or the name.")


class ContextTurn(Shape):
    """A turn near a message that answers."""

    distance: int = Field(description="-1: the turn before, 1: the turn after.")
    message_id: str
    user_id: str
    speaker_name: str | None
    role: str
    text: str
    occurred_at: datetime


class RecallResult(Shape):
    """A message or an item that answers, with where it comes from."""

    kind: Literal["message", "item"]
    id: str
    score: float = Field(description="Comparable within one answer only.")
    text: str
    explanation: list[ExplanationPart] = Field(
        default_factory=list, description="What the score is made of; the parts add up to it."
    )
    message_ids: list[str] = Field(
        description="The message itself and those it stands for, or the best of an item's evidence, at most three."
    )
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
    stands_for: list[str] = Field(
        default_factory=list,
        description="Ids of near duplicates that this stands for: items, or messages of the same person in the same "
        "conversation.",
    )
    context: list[ContextTurn] = Field(default_factory=list, description="The `neighbours` asked for, in order.")
    evidence: list[ItemSource] = Field(default_factory=list)


SemanticReason = Literal["no_model", "failed", "busy", "known_at", "no_messages"]


class SemanticShape(Shape):
    """Whether meaning had a part in the answer; without it, the answer is of words alone."""

    model: str | None = Field(description="The embedding model that serves.", examples=["minilm@1"])
    used: bool
    missing: int | None = Field(
        default=None,
        description="Messages among those that were ranked that have no vector yet: they were ranked by their words.",
    )
    reason: SemanticReason | None = Field(
        default=None,
        description="Why it was not used. `no_model`: none serves; `failed`: the query was not embedded; `busy`: not "
        "in time; `known_at`: vectors are of texts as they are now; `no_messages`: only items were asked for.",
    )


class RecallAnswer(Shape):
    """Best first."""

    model_config = ConfigDict(json_schema_extra={"examples": [ANSWERED]})

    results: list[RecallResult]
    after_reached: bool | None = Field(
        default=None, description="Whether `after` could be queried in time; null where it was not asked for."
    )
    semantic: SemanticShape | None = Field(
        default=None, description="What meaning had to do with it; null where the service recalls by words alone."
    )
