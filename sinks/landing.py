"""Lands one stretch at a time on a thread of its own, so that the next can be made ready meanwhile.

Decides nothing: what a failure means is for the loop to say, which alone begins, finishes and drops.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

from sinks.decoding import Stretch
from sinks.ports import Fenced, PoisonRecord, Sink
from topology.errors import Retryable

log = logging.getLogger(__name__)

_WILL_BE_MET_AGAIN = (Fenced, PoisonRecord, Retryable)


class Lander:
    """One stretch under way at the most. All methods are for one thread; `sink` only prepares meanwhile."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lander")
        self._under_way: Future[Mapping[str, int]] | None = None
        self.stretch: Stretch | None = None
        """What was begun and neither finished nor dropped."""

    def begin(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self._under_way = self._thread.submit(self._sink.write, stretch.batch)

    def finish(self) -> Mapping[str, int]:
        """Wait until the stretch is durable; the rows sent, by table. Raises what `Sink.write` raises.

        Called again after an error, it writes the same stretch again.
        """
        assert self.stretch is not None, "nothing was begun"
        under_way, self._under_way = self._under_way, None
        rows = (under_way or self._thread.submit(self._sink.write, self.stretch.batch)).result()
        self.stretch = None
        return rows

    def drop(self) -> None:
        """Wait for what is under way and forget it: its partitions are shared out anew, and their positions asked."""
        under_way, self._under_way, self.stretch = self._under_way, None, None
        if under_way is None:
            return
        try:
            under_way.result()
        except _WILL_BE_MET_AGAIN as error:
            log.info("dropped what was under way: %s", error)

    def close(self) -> None:
        """Wait for what is under way, whatever becomes of it."""
        if self._under_way is not None:
            wait([self._under_way])
        self._thread.shutdown()
