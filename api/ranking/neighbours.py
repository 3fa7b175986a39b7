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


def lent(places: Sequence[Place], scores: Array) -> Array:
    """What each turn gets from its neighbours. `places` in the order of conversation and number.

    Turns that matched nothing take part with a score of 0: they can only receive.
    """
    got, sessions = np.zeros_like(scores), _sessions(places)
    numbers = np.array([place.number for place in places])
    for step in range(1, min(REACH, len(places) - 1) + 1):
        distance = numbers[step:] - numbers[:-step]
        for away, share in enumerate(SHARES, start=1):
            near = (distance == away) & (sessions[step:] == sessions[:-step])
            got[step:] += near * share * scores[:-step]
            got[:-step] += near * share * scores[step:]
    return got


def _sessions(places: Sequence[Place]) -> np.ndarray[tuple[int], np.dtype[np.int_]]:
    """A number a session. Where turns are left out between two, only the silence between those two is seen."""
    new = [
        after.conversation_id != before.conversation_id or after.occurred_at - before.occurred_at > SESSION_GAP
        for before, after in pairwise(places)
    ]
    return np.cumsum([False, *new])
