"""Times a worker from within: wall clock and CPU of its process between two counts of records.

Standard library alone: the workers of other frameworks run in environments of their own.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from threading import Lock


class Stopwatch:
    """Starts once `warm` records were worked on, and ends the process at `total`, with its figures as a line of JSON.

    Start-up, joining a group and first allocations lie before; what is in flight at either end weighs the same.
    """

    def __init__(self, total: int, warm: int) -> None:
        self._total = total
        self._warm = warm
        self._count = 0
        self._started: tuple[int, float, float] | None = None
        self._lock = Lock()

    def count(self, records: int = 1) -> None:
        """`records` more are done. Safe to call from several threads."""
        with self._lock:
            self._count += records
            if self._started is None and self._count >= self._warm:
                self._started = self._count, time.perf_counter(), time.process_time()
            if self._started is not None and self._count >= self._total:
                self._tell(*self._started)

    def _tell(self, counted: int, wall: float, cpu: float) -> None:
        figures = {
            "records": self._count - counted,
            "seconds": time.perf_counter() - wall,
            "cpu_seconds": time.process_time() - cpu,
            "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        sys.stdout.write(json.dumps(figures) + "\n")
        sys.stdout.flush()
        os._exit(0)


def from_environment() -> Stopwatch:
    """As the contest asks of its workers."""
    return Stopwatch(total=int(os.environ["BENCH_RECORDS"]), warm=int(os.environ["BENCH_WARM_RECORDS"]))
