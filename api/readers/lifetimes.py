"""A policy of retention as the parameters of the statements that tell what is over.

Pure.
"""

from __future__ import annotations

from datetime import datetime

from topology.retention import RetentionPolicy


def over(policy: RetentionPolicy, at: datetime) -> dict[str, datetime | None]:
    """`over_<level>`: an item of that level whose lifetime counts from then or earlier is over `at` that moment."""
    return {f"over_{level}": limit for level, limit in policy.over_before(at).items()}
