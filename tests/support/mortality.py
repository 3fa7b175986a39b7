"""Death at the n-th step, a step being what happens before and after each call of a sink to its surroundings.

Nothing names the steps: connections and the log count them as they come, so none that is added later is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import psycopg
import redis
from redis.connection import Connection as RedisConnection

from sinks.log import Fetched, RawRecord
from sinks.ports import Partition

T = TypeVar("T")


class Killed(BaseException):
    """As final for a process as a SIGKILL: no handler of errors takes it for one."""


@dataclass(slots=True)
class Mortality:
    """Counts steps; from the `dies_at`th on, every step is death."""

    dies_at: int | None = None
    steps: int = 0
    dead: bool = False
    _lock: Lock = field(default_factory=Lock)

    def step(self) -> None:
        with self._lock:
            self.steps += 1
            self.dead = self.dead or self.steps == self.dies_at
            if self.dead:
                raise Killed

    def around(self, call: Callable[[], T]) -> T:
        """The call with a step before it, of which nothing has happened yet, and one after it, when all of it has."""
        self.step()
        result = call()
        self.step()
        return result


def mortal_connect(mortality: Mortality) -> Callable[..., psycopg.Connection[tuple[Any, ...]]]:
    """As `psycopg.connect`; a dead process's connection is cut, and the server rolls back what was open."""

    class MortalConnection(psycopg.Connection[tuple[Any, ...]]):
        def wait(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return mortality.around(lambda: super(MortalConnection, self).wait(*args, **kwargs))
            except Killed:
                self.pgconn.finish()
                raise

    def connect(*args: Any, **kwargs: Any) -> psycopg.Connection[tuple[Any, ...]]:
        mortality.step()
        connection = MortalConnection.connect(*args, **kwargs)
        try:
            mortality.step()
        except Killed:
            connection.close()
            raise
        return connection

    return connect


def mortal_redis(client: redis.Redis, mortality: Mortality) -> None:
    """Make the connections of a client mortal."""

    class MortalConnection(RedisConnection):
        def send_packed_command(self, *args: Any, **kwargs: Any) -> Any:
            return mortality.around(lambda: super(MortalConnection, self).send_packed_command(*args, **kwargs))  # type: ignore[no-untyped-call]

        def read_response(self, *args: Any, **kwargs: Any) -> Any:
            return mortality.around(lambda: super(MortalConnection, self).read_response(*args, **kwargs))

    client.connection_pool.connection_class = MortalConnection


class MortalLog:
    """A broker's log over records in memory; `group` outlives the process, as a broker does."""

    def __init__(self, records: Sequence[RawRecord], group: dict[Partition, int], mortality: Mortality) -> None:
        self._records = records
        self._group = group
        self._mortality = mortality
        self._ends = {one.partition: one.offset + 1 for one in records}
        self._at: dict[Partition, int] | None = None
        self.ended: Callable[[], None] = lambda: None

    def fetch(self, records: int, seconds: float) -> Fetched:
        return self._mortality.around(lambda: self._next(records))

    def _next(self, most: int) -> Fetched:
        if self._at is None:
            return Fetched(assigned=list(self._ends))
        at = self._at
        found = [one for one in self._records if one.offset >= at[one.partition]][:most]
        self._at = {**at, **{one.partition: one.offset + 1 for one in found}}
        if not found:
            self.ended()
        return Fetched(records=found)

    def resume(self, positions: Mapping[Partition, int]) -> None:
        self._at = dict(positions)

    def hold(self, seconds: float) -> Fetched:
        return Fetched()

    def bounds(self, partition: Partition) -> tuple[int, int]:
        return self._mortality.around(lambda: (0, self._ends[partition]))

    def committed(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        return self._mortality.around(lambda: {p: self._group[p] for p in partitions if p in self._group})

    def commit(self, progress: Mapping[Partition, int]) -> None:
        if progress:
            self._mortality.around(lambda: self._group.update(progress))

    def behind(self, positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
        return {}

    def close(self) -> None:
        """There is nothing to leave."""
