"""Dates that people speak of: found in a text, and read as intervals of time with their granularity.

Pure. A language is a table of forms (`english`, `german`); what a form means (`meanings`) is the same in all of them.
"""

from streams.extraction.dates.finder import Clock, DateMention, find_dates, may_hold_dates, zone_of
from streams.extraction.dates.language import Part
from streams.extraction.dates.spans import Lean

__all__ = ["Clock", "DateMention", "Lean", "Part", "find_dates", "may_hold_dates", "zone_of"]
