"""From where a partition is read, given what the sink or the group knows and what the log still holds.

Free of I/O, and pure.
"""

from __future__ import annotations

import logging

from sinks.ports import Partition
from topology.errors import Misconfigured

log = logging.getLogger(__name__)


def first_offset(partition: Partition, known: int | None, first: int, end: int) -> int:
    """The offset to read first: the known one, where the log holds it, else the first there is.

    Raises Misconfigured where the log ends before it: records that are landed would get lower offsets than the rows
    have, and each would be refused as old.
    """
    if known is None or known < first:
        _warn_of_a_gap(partition, known, first)
        return first
    if known > end:
        raise Misconfigured(
            f"{partition} was landed up to offset {known}, but its log ends at {end}: the topic was made anew or cut "
            "short. Land it in an empty database, or as a new generation."
        )
    return known


def _warn_of_a_gap(partition: Partition, known: int | None, first: int) -> None:
    """A compacted log may begin late without loss; one with a retention time has lost what this sink never saw."""
    if known:
        log.warning("the log of %s begins at %s, after %s, where this sink stood", partition, first, known)
