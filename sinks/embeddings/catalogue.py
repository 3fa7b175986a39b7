"""Every embedder of this release, by name.

Imports the chosen one alone: its runtime is an extra that others do without.
"""

from __future__ import annotations

from typing import Final

from sinks.embeddings.ports import Embedder
from topology.errors import Misconfigured

NAMES: Final = ("minilm@1", "hashing@1")


def embedder(name: str) -> Embedder:
    """Raises Misconfigured for one that does not exist, or whose runtime is not installed."""
    if name == "minilm@1":
        from sinks.embeddings.minilm import MiniLm

        return MiniLm()
    if name == "hashing@1":
        from sinks.embeddings.hashing import Hashing

        return Hashing()
    raise Misconfigured(f"there is no embedder {name}: one of {', '.join(NAMES)}")
