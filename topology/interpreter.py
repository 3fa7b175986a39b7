"""How Python runs a process that works records in bulk.

For processes, called once after everything is put together; libraries leave the interpreter alone.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

THRESHOLDS: Final = (100_000, 50, 100)
"""A run or a batch makes tens of thousands of objects and no cycles; Python's 700 have it look through them again and
again, which took a quarter of a sink's time. A question makes thousands, and would wait while all is looked through."""
SWITCH_SECONDS: Final = 0.000_5
"""A thread that a database has answered waits so long for the one that decodes. With Python's own 5 ms, a dozen times a
batch, a sixth of a sink's time was spent in waiting; and a service's event loop waits for the thread that scores."""


def look_seldom_for_garbage() -> None:
    """What is there by now is never looked at again."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def let_threads_take_turns() -> None:
    """For a process of which one thread computes while another mostly waits."""
    sys.setswitchinterval(SWITCH_SECONDS)
