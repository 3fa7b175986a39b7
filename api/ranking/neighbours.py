"""Turns lend each other score: what answers a question often stands beside the words that match it.

Pure, and at query time, so no text of one message is ever stored with another (DESIGN section 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SHARES = (0.5, 0.25)
"""What a turn lends to those at distance 1 and 2."""
REACH = len(SHARES)
SESSION_GAP = timedelta(hours=6)
"""A silence that ends a session; nothing is lent across it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTurn:
    """A turn of one conversation. `place` counts all its turns by event time, so neighbours differ by one."""

    place: int
    occurred_at: datetime
    score: float


def lend(turns: Sequence[PlacedTurn]) -> list[float]:
    """The score of each turn with what its neighbours lend it, in the order of `turns`, which is that of their places.

    Turns that matched nothing take part with a score of 0: they can only receive.
    """
    sessions = _sessions(turns)
    lent = [turn.score for turn in turns]
    for at, turn in enumerate(turns):
        for other in range(at + 1, min(at + 1 + REACH, len(turns))):
            distance = turns[other].place - turn.place
            if distance <= REACH and sessions[other] == sessions[at]:
                lent[other] += SHARES[distance - 1] * turn.score
                lent[at] += SHARES[distance - 1] * turns[other].score
    return lent


def _sessions(turns: Sequence[PlacedTurn]) -> list[int]:
    """A number a session. Where turns are left out between two, only the silence between those two is seen."""
    numbers: list[int] = []
    for at, turn in enumerate(turns):
        gap = at > 0 and turn.occurred_at - turns[at - 1].occurred_at > SESSION_GAP
        numbers.append((numbers[-1] if numbers else 0) + gap)
    return numbers
