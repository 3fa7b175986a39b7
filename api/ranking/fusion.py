"""Words and meaning in one score: a convex combination of both, each as a share of the best of its kind.

Pure. Bruch, Gai and Ingber (2023) find it better than reciprocal ranks, and insensitive to how scores are normalised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from api.ranking.bm25 import Array
from api.ranking.candidates import MessageKey
from api.ranking.neighbours import Neighbours

MEANING_WEIGHT: Final = 0.5
"""Of the fused score. Chats between people do as well with 0.4; long answers of an assistant gain two points."""


def of_meaning(
    keys: Sequence[MessageKey], nearness: Mapping[MessageKey, float], words: Array, neighbours: Neighbours
) -> Array:
    """What each turn means to the question, as a share of the best, with what its neighbours lend it.

    A turn whose nearness is not known, since its vector is not there yet, is taken to mean what its words are worth:
    what was just said must not fall behind for it.
    """
    near = np.array([nearness.get(key, np.nan) for key in keys], dtype=float)
    known = ~np.isnan(near)
    own = np.where(near > 0, near, 0.0)
    meant = shares(own + neighbours.lent(own))
    return np.where(known, meant, np.maximum(meant, shares(words)))


def shares(scores: Array) -> Array:
    """The scores as shares of the best; all 0 where nothing matched."""
    best = float(scores.max(initial=0.0))
    return np.maximum(scores, 0.0) / best if best > 0 else np.zeros_like(scores)
