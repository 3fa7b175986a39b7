"""A group of cases of the date parser that share their source and the day on which all of them are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from streams.extraction.dates import Clock, Lean, zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Rows: what is said, how the sentence leans, the first day that is meant, the granularity."""

    source: str
    said_on: str
    rows: Sequence[tuple[str, Lean, str, str]]

    @property
    def clock(self) -> Clock:
        return Clock(at=datetime.fromisoformat(f"{self.said_on}T15:30:00+00:00"), zone=zone_of(None))
