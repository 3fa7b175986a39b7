"""What this process has told somebody can be queried: whatever answers next must show it.

One number a process. Free of I/O.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Told:
    """The latest moment (monotonic clock) for which it was said that all committed by then can be queried."""

    at: float = float("-inf")

    def up_to(self, moment: float) -> None:
        self.at = max(self.at, moment)
