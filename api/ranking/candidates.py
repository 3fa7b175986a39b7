"""What may answer a question: messages and items with what is known of them, and the statistics of their scope.

Pure. How they are found is the readers' business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from api.ranking.asked import Asked
from api.ranking.bm25 import Corpus, Document
from api.ranking.neighbours import Place
from schemas.construction import quickly_made

MessageKey: TypeAlias = tuple[str, str]
"""Conversation and message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where the list of candidates ends, by a score of words alone: after `most`, or before the first that has less
    than a `share` of what the last of the best `shown` has. A source may give more, up to `most`."""

    most: int
    shown: int
    share: float = 0.0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A message that matches, or stands near one that does."""

    key: MessageKey
    document: Document
    place: Place
    user_id: str | None = None
    name_words: int = 0
    """How many words of the document, from its beginning, are the speaker's name."""
    is_person: bool = True
    """Whether a person speaks, and not an assistant, a tool or the system."""
    tells_time: bool = False
    """Whether it holds one of the time words; looked at only where a question asks for a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An item that matches. `at` is when what it says began, or was said last."""

    item_id: str
    document: Document
    user_id: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Everything that may answer; turns in the order of their conversations and places."""

    asked: Asked
    corpus: Corpus
    turns: Sequence[Turn]
    things: Sequence[Thing] = ()
    meaning: Mapping[MessageKey, float] | None = None
    """How near messages are to the question in meaning, at most 1, where that is known; None: by words alone."""
