"""The headers of a tombstone of memory: when its cause was recorded, and what is to become of the words before it.

Free of I/O. A tombstone has no value to say so, and the broker's time of it is that of the derived record alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]

RECORDED_AT = "alluvium.recorded_at"
"""Microseconds since 1970 (UTC) as decimal digits."""
WORDS = "alluvium.words"

EXPIRE_RULE = "expire@1"
"""The rule of evidence by which a command takes the words of its item, as far as they were said before its `known_to`:
those that were taken back since as well, which no tombstone could name without a search for them."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Words(StrEnum):
    """What becomes of what the key said before."""

    KEPT = "kept"
    """It holds no longer, and is what was known until then."""
    WORN = "worn"
    """They have expired and leave every history. That it was asserted stays, for its place in time."""
    DELETED = "deleted"
    """Its author took the words back: they leave every history. That it was known, and of what kind, stays."""
    ERASED = "erased"
    """The person is erased: nothing was ever known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What a tombstone says."""

    recorded_at: datetime
    words: Words


def headers(taken_back: TakenBack) -> Headers:
    since = (taken_back.recorded_at - _EPOCH) // _MICROSECOND
    return ((RECORDED_AT, str(since).encode()), (WORDS, taken_back.words.encode()))


def read(found: Headers, sent_at: datetime) -> TakenBack:
    """What the headers of a tombstone say. One of an earlier release has none: its own time, and no words are kept."""
    told = dict(found)
    at, words = told.get(RECORDED_AT), told.get(WORDS)
    if at is None or words is None:
        return TakenBack(recorded_at=sent_at, words=Words.ERASED)
    return TakenBack(recorded_at=_EPOCH + int(at) * _MICROSECOND, words=Words(words.decode()))
