"""One list of messages and items, best first.

Pure. The two are comparable because both are scored by the same rarities of the same lexemes, those among the messages
of the scope: an item is a short text that stands beside the turns it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import TypeVar

from api.ranking.candidates import MessageKey

Key = TypeVar("Key", MessageKey, str)

ITEM_SHARE = 0.3
"""Of an answer may be items, rounded up: raw turns answer most questions better (DESIGN section 6)."""
CITED = 3
"""Messages an item brings along: enough to show where it comes from, too few to crowd turns out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A place in the answer: a message, or an item, by its key."""

    score: float
    message: MessageKey | None = None
    item_id: str | None = None


def merge(messages: Mapping[MessageKey, float], items: Mapping[str, float], limit: int) -> list[Ranked]:
    """The `limit` best of both, items no more than their share unless there are too few messages.

    Equal scores: messages first, then by key, so that the same state gives the same answer.
    """
    turns = [Ranked(score=score, message=key) for key, score in _best(messages, limit)]
    things = [Ranked(score=score, item_id=key) for key, score in _best(items, limit)]
    room = max(-(-int(limit * ITEM_SHARE * 100) // 100), limit - len(turns))
    return sorted((*turns, *things[:room]), key=lambda ranked: -ranked.score)[:limit]


def cited(evidence: Sequence[MessageKey], messages: Mapping[MessageKey, float]) -> list[MessageKey]:
    """Which of an item's evidence to bring: the messages that answer best themselves, else the first given."""
    return sorted(dict.fromkeys(evidence), key=lambda key: -messages.get(key, 0.0))[:CITED]


def _best(scores: Mapping[Key, float], most: int) -> list[tuple[Key, float]]:
    found = [(key, score) for key, score in scores.items() if score > 0]
    return nsmallest(most, found, key=lambda each: (-each[1], each[0]))
