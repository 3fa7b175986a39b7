"""Words and meaning in one score: a convex combination of both, each as a share of the best.

Pure. Bruch, Gai and Ingber (2023) find it better than reciprocal ranks, and insensitive to how scores are normalised.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from api.ranking.bm25 import Array

MEANING_WEIGHT: Final = 0.4
"""Of the fused score (DESIGN section 6)."""


def shares(scores: Array) -> Array:
    """The scores as shares of the best; all 0 where nothing matched."""
    best = float(scores.max(initial=0.0))
    return np.maximum(scores, 0.0) / best if best > 0 else np.zeros_like(scores)
