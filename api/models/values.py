"""Values that several models share: names, times, positions, and what a string may hold.

Shapes only. PostgreSQL cannot hold NUL and UTF-8 no lone surrogate, so both are refused at the door.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.ranking.salience import Salience
from schemas.limits import EARLIEST
from schemas.records import Position

LIMIT_MOST = 100
"""Rows of a page, results of an answer."""
CURSOR_LONGEST = 4_096

NAME_LONGEST = 256
"""The longest id of the contract (conversations, users)."""


_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Shape(BaseModel):
    """A model of an answer: made by us, never changed. Its errors, which are logged, tell no words of anybody."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Request(BaseModel):
    """A model of a request: a field it does not know is an error, so that a misspelt one is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("may not hold NUL")
    if not text.isascii() and _SURROGATE.search(text):
        raise ValueError("may not hold half of a surrogate pair")
    return text


def _reckonable(moment: AwareDatetime) -> AwareDatetime:
    if not EARLIEST.year <= moment.year <= LATEST_YEAR:
        raise ValueError(f"must lie between the years {EARLIEST.year} and {LATEST_YEAR}")
    return moment


LATEST_YEAR = 9998
"""One less than Python can hold, so that a change of time zone cannot overflow."""

Words = Annotated[str, AfterValidator(_storable)]
"""Free text."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_LONGEST), AfterValidator(_storable)]
"""An id of somebody else's making: any characters but NUL."""

Moment = Annotated[AwareDatetime, AfterValidator(_reckonable)]
"""A time in a request: ISO 8601 with its offset from UTC."""


class PositionShape(Shape):
    """Where a record stands in Kafka."""

    topic: Words = Field(max_length=249, examples=["conversation.events.v1"])
    partition: int = Field(ge=0, lt=2**31, examples=[2])
    offset: int = Field(ge=0, lt=2**63, examples=[1042])

    @classmethod
    def of(cls, position: Position) -> Self:
        return cls(topic=position.topic, partition=position.partition, offset=position.offset)


class SalienceShape(Shape):
    """How much a memory matters at the time of the answer, with what makes it so; all in [0, 1]."""

    score: float = Field(description="The weighted mean of the parts.", examples=[0.71])
    evidence: float = Field(description="By how many messages and commands say so.")
    recency: float = Field(description="Halved every 90 days since it was last said.")
    explicitness: float = Field(description="1 where a command told it; else by how plainly it was said.")

    @classmethod
    def of(cls, salience: Salience) -> Self:
        return cls(**asdict(salience))


class ItemSource(Shape):
    """The words an item rests on: a stretch of a message, in Unicode code points, half-open."""

    message_id: str = Field(description="The message; the command's id where the item was given by a command.")
    conversation_id: str | None
    topic: str
    partition: int
    offset: int
    start: int
    end: int
    quote: str = Field(description="Exactly those words; empty for a command.")
    tense: str = Field(description="What is said of the value: present, past, planned or ended.", examples=["present"])
    rule: str = Field(description="What found it.", examples=["home@1"])
    occurred_at: datetime
