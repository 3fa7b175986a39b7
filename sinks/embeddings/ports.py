"""What an embedder promises: texts to vectors, whatever stands behind it.

Free of I/O, and of databases: the sink and the API are handed the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""A row a text, each of unit length, or all zeros where the text says nothing."""

DIMENSIONS: Final = 384
"""Of every model that there is a column for; another number needs a migration."""


class Embedder(Protocol):
    """A model: equal texts give equal vectors, and the nearer two vectors, the more alike what the texts mean.

    May be called from any thread, by one at a time.
    """

    @property
    def name(self) -> str:
        """name@version. Whatever changes a vector by more than rounding, be it how texts are cut into parts, is
        another version."""
        ...

    def embed(self, texts: Sequence[str], /) -> Vectors:
        """The vectors of texts in their order, shape (texts, DIMENSIONS). What a model cannot hold of a text is cut."""
        ...
