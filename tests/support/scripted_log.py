"""A Log that plays a script: what each look at it gives, and what the loop said to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from schemas.codec import Codec, ShippedSchemaIds
from sinks.log import Fetched, RawRecord
from sinks.ports import Partition, SinkRecord
from support.derived import partition_for
from topology import tombstones
from topology.tombstones import TakenBack

CODEC: Final = Codec(ShippedSchemaIds())


class ScriptedLog:
    """Gives the script's answers, one a look, then nothing; calls `ended` when there is no more of it."""

    def __init__(
        self, script: Iterable[Fetched], *, ended: Callable[[], None] = lambda: None, end: int = 1_000
    ) -> None:
        self._script = list(script)
        self.ended = ended
        self._end = end
        self.group: dict[Partition, int] = {}
        self.told: list[dict[Partition, int]] = []
        self.resumed: list[dict[Partition, int]] = []
        self.while_held: list[Fetched] = []
        self.held_seconds: list[float] = []
        self.closed = False

    def fetch(self, records: int, seconds: float) -> Fetched:
        if not self._script:
            self.ended()
            return Fetched()
        return self._script.pop(0)

    def resume(self, positions: Mapping[Partition, int]) -> None:
        self.resumed.append(dict(positions))

    def hold(self, seconds: float) -> Fetched:
        self.held_seconds.append(seconds)
        return self.while_held.pop(0) if self.while_held else Fetched()

    def bounds(self, partition: Partition) -> tuple[int, int]:
        return 0, self._end

    def committed(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        return {partition: self.group[partition] for partition in partitions if partition in self.group}

    def commit(self, progress: Mapping[Partition, int]) -> None:
        if progress:
            self.group.update(progress)
            self.told.append(dict(progress))

    def behind(self, positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
        return {partition: self._end - offset for partition, offset in positions.items()}

    def close(self) -> None:
        self.closed = True


def raw(record: SinkRecord) -> RawRecord:
    """A record as a broker would give it."""
    return RawRecord(
        partition=partition_for(record),
        offset=record.position.offset,
        timestamp=record.timestamp,
        key=record.key.encode(),
        value=None if record.value is None else CODEC.encode(record.value),
        headers=() if record.value else tombstones.headers(_taken_back(record)),
    )


def _taken_back(record: SinkRecord) -> TakenBack:
    return TakenBack(recorded_at=record.timestamp, words=record.words)
