"""Turns lend each other score: what answers a question often stands beside the words that match it.

Pure, and at query time, so no text of one message is ever stored with another (DESIGN section 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np

from api.ranking.bm25 import Array
from schemas.construction import quickly_made

SHARES = (0.4, 0.2)
"""What a turn lends to those at distance 1 and 2."""
REACH = len(SHARES)
SESSION_GAP = timedelta(hours=6)
"""A silence that ends a session; nothing is lent across it."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a turn stands. `number` counts all turns of its conversation by event time, so neighbours differ by one."""

    conversation_id: str
    number: int
    occurred_at: datetime


class Neighbours:
    """Which turns stand beside each other: found once, for every kind of score that they lend."""

    def __init__(self, places: Sequence[Place]) -> None:
        """`places` in the order of conversation and number."""
        sessions, numbers = _sessions(places), np.array([place.number for place in places])
        self._shares: list[tuple[int, Array]] = []
        for step in range(1, min(REACH, len(places) - 1) + 1):
            distance, together = numbers[step:] - numbers[:-step], sessions[step:] == sessions[:-step]
            shares = [together * (distance == away) * share for away, share in enumerate(SHARES, start=1)]
            self._shares.append((step, np.sum(shares, axis=0)))

    def lent(self, scores: Array) -> Array:
        """What each turn gets from its neighbours. Those that matched nothing have a score of 0: they only receive."""
        got = np.zeros_like(scores)
        for step, shares in self._shares:
            got[step:] += shares * scores[:-step]
            got[:-step] += shares * scores[step:]
        return got


def _sessions(places: Sequence[Place]) -> np.ndarray[tuple[int], np.dtype[np.int_]]:
    """A number a session. Where turns are left out between two, only the silence between those two is seen."""
    new = [
        after.conversation_id != before.conversation_id or after.occurred_at - before.occurred_at > SESSION_GAP
        for before, after in pairwise(places)
    ]
    return np.cumsum([False, *new])
