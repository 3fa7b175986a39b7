"""How seldom a process that works records in bulk looks for garbage in cycles.

For processes, called once after everything is put together; libraries leave the collector alone.
"""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (100_000, 50, 100)
"""A run or a batch makes tens of thousands of objects and no cycles; Python's 700 have it look through them again and
again, which took a quarter of a sink's time."""


def look_seldom() -> None:
    """What is there by now is never looked at again."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
