"""A block of memory for a prompt: what is asked for, and what it tells with where that comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.models.recall import QUERY_LONGEST
from api.models.values import Moment, Name, PositionShape, Request, Shape, Words

LEAST_TOKENS = 16
MOST_TOKENS = 32_000

SectionName = Literal["profile", "items", "relevant", "recent"]


class ContextRequest(Request):
    """About whom, for what question, and how long it may be."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": "ana",
                    "query": "Which city should we meet in?",
                    "conversation_id": "family",
                    "max_tokens": 800,
                    "format": "text",
                }
            ]
        }
    )

    user_id: Name = Field(examples=["ana"])
    query: Annotated[Words, StringConstraints(min_length=1, max_length=QUERY_LONGEST)] | None = Field(
        default=None, description="What the prompt is about; absent: nothing is looked up.", examples=["Where to meet?"]
    )
    conversation_id: Name | None = Field(
        default=None, description="Recent turns of this conversation; absent: what the user said last, anywhere."
    )
    max_tokens: int = Field(
        default=1_000, ge=LEAST_TOKENS, le=MOST_TOKENS, description="The block is never longer than this."
    )
    format: Literal["text", "json"] = "text"
    asked_at: Moment | None = Field(
        default=None, description="The asker's clock: nothing that was said later is told; absent: now."
    )
    after: PositionShape | None = Field(
        default=None, description="A position from POST /v1/events: wait until it can be queried."
    )
    wait_seconds: float = Field(default=10.0, ge=0, le=30, description="How long to wait for `after`.")


class ContextSection(Shape):
    """What of a section was told."""

    name: SectionName
    lines: int
    tokens: int = Field(description="Of its lines, each counted alone.")
    left_out: int = Field(description="Lines that were looked at and for which there was no room.")


class ContextLine(Shape):
    """Where a line comes from: an item, or a message."""

    section: SectionName
    place: int = Field(description="In its section, from 0.")
    line: int | None = Field(description="In the text, from 1; null in JSON.")
    kind: Literal["item", "message"]
    item_id: str | None = None
    conversation_id: str | None = None
    message_ids: list[str] = Field(default_factory=list)
    user_id: str | None = Field(default=None, description="Who said the message; null for an item.")
    tokens: int
    salience: float = Field(description="By which lines are cut, the least first.")
    shortened: bool = Field(default=False, description="Whether it ends with an ellipsis for want of room.")


class ContextAnswer(Shape):
    """The block, how long it is, and where every line of it comes from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "format": "text",
                    "context": "<recalled-memory>\n## Profile\n- home city: Porto (since 2024-05-17)\n"
                    "## Recent turns\n- 2024-05-17 09:00 Ana: We moved to Porto.\n</recalled-memory>\n",
                    "recalled": True,
                    "tokens": 61,
                    "max_tokens": 800,
                    "tokenizer": "o200k_base",
                    "sections": [
                        {"name": "profile", "lines": 1, "tokens": 15, "left_out": 0},
                        {"name": "items", "lines": 0, "tokens": 0, "left_out": 0},
                        {"name": "relevant", "lines": 0, "tokens": 0, "left_out": 0},
                        {"name": "recent", "lines": 1, "tokens": 21, "left_out": 0},
                    ],
                    "lines": [
                        {
                            "section": "profile",
                            "place": 0,
                            "line": 3,
                            "kind": "item",
                            "item_id": "0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10",
                            "conversation_id": None,
                            "message_ids": [],
                            "user_id": None,
                            "tokens": 15,
                            "salience": 0.81,
                            "shortened": False,
                        },
                        {
                            "section": "recent",
                            "place": 0,
                            "line": 5,
                            "kind": "message",
                            "item_id": None,
                            "conversation_id": "family",
                            "message_ids": ["m-1"],
                            "user_id": "ana",
                            "tokens": 21,
                            "salience": 1.0,
                            "shortened": False,
                        },
                    ],
                    "after_reached": None,
                }
            ]
        }
    )

    format: Literal["text", "json"]
    context: str | dict[str, bool | list[dict[str, str]]] | None = Field(
        description="For a prompt. Text, empty where nothing fits; or JSON, null where nothing fits: `recalled`, then "
        "the sections that have lines, each a list of items (`slot`, `value`, `when`) and turns (`at`, `speaker`, "
        "`role` unless it is user, `text`)."
    )
    recalled: Literal[True] = Field(
        default=True, description="Whoever sends the block on as a message sets `recalled`, so that it stays unread."
    )
    tokens: int = Field(description="Of the text, or of the JSON written without spaces.")
    max_tokens: int
    tokenizer: str = Field(examples=["o200k_base"])
    sections: list[ContextSection]
    lines: list[ContextLine] = Field(description="In the order of the block.")
    after_reached: bool | None = Field(
        default=None, description="Whether `after` could be queried in time; null where it was not asked for."
    )
