"""Which record of a batch a database refuses, found by halving.

Pure but for the trials it is given, each of which must leave nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def first_refused(count: int, trial: Callable[[int], T | None]) -> tuple[int, T] | None:
    """The number of a record with which a stretch of the batch is refused and without which it is taken, and why.

    `trial` tries the first n records together; None: they are taken. Asks once for all of them (None: taken this
    time), then for each halving, so a thousand records take eleven trials. A record that a newer one of its key
    replaces is never sent with it; what is found was sent, and refused.
    """
    refusal = trial(count)
    if refusal is None:
        return None
    taken, refused = 0, count
    while refused - taken > 1:
        middle = (taken + refused) // 2
        found = trial(middle)
        if found is None:
            taken = middle
        else:
            refused, refusal = middle, found
    return refused - 1, refusal
