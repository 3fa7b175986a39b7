"""Before a partition number is worked on: is its changelog whole, does the local table agree with it, then catch up.

Blocking; runs after the former owner was fenced, so nobody else writes the changelog meanwhile. Faust's own recovery
then finds nothing left to do: it cannot tell commit markers and aborted records from work, and waits for them for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from streams.engine.broker import Broker, Watermarks, is_passing
from streams.engine.table import PartitionTable
from topology.errors import Misconfigured

SETTLE_SECONDS: Final = 30.0
"""How long the marker of a settled transaction may take to be written before it is called missing."""

STALL_SECONDS: Final = 60.0
"""How long the changelog may give nothing before the restore gives up: the restart of a broker, with room."""

_BATCH_RECORDS: Final = 2_000


class HangingTransaction(Exception):
    """A transaction of the changelog has neither ended nor been aborted although its producer was fenced."""


class Superseded(Exception):
    """A newer assignment came while this one was being restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What a restore did: records read from the changelog, and why the table was rebuilt (None: it was kept)."""

    records: int
    rebuilt: str | None


class Restorer:
    """Brings the table of one partition number up to the end of its changelog."""

    def __init__(self, broker: Broker, changelog: str, partition: int, is_current: Callable[[], bool]) -> None:
        self._broker = broker
        self._changelog = changelog
        self._partition = partition
        self._is_current = is_current

    def restore(self, table: PartitionTable) -> RestoreReport:
        """Catch `table` up. Raises HangingTransaction, Superseded, or KafkaException where the broker stays away."""
        marks = self._settled_watermarks()
        rebuilt = self._rebuild_reason(table, marks)
        if rebuilt is not None:
            self._check_current()
            table.wipe()
        return RestoreReport(records=self._catch_up(table, marks), rebuilt=rebuilt)

    def last_checkpoint_is_visible(self, table: PartitionTable) -> bool:
        """Whether the last checkpoint this table took part in is committed: a failing broker can lose its markers."""
        return self._rebuild_reason(table, self._settled_watermarks()) is None

    def _settled_watermarks(self) -> Watermarks:
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            self._check_current()
            marks = self._broker.watermarks(self._changelog, self._partition)
            if marks.settled:
                return marks
            if time.monotonic() > deadline:
                raise HangingTransaction(self._explained(marks))
            time.sleep(0.2)

    def _explained(self, marks: Watermarks) -> str:
        """The last stable offset is where the hanging transaction begins: the name by which Kafka's tool knows it."""
        which = f"--topic {self._changelog} --partition {self._partition} --start-offset {marks.stable}"
        tool = f"kafka-transactions.sh --bootstrap-server {self._broker.servers} abort {which}"
        return (
            f"{self._changelog}-{self._partition}: committed up to {marks.stable}, written up to {marks.end}. "
            f"Somebody's transaction never ended; end it with `{tool}` and start again"
        )

    def _rebuild_reason(self, table: PartitionTable, marks: Watermarks) -> str | None:
        """Why the table cannot be trusted, or None.

        A checkpoint's last record that is no longer at its offset was lost, or compacted after a later owner's
        checkpoint. The two look alike, and a rebuild is right in both.
        """
        applied = table.applied_offset
        if applied is None:
            return None
        if applied >= marks.stable:
            return f"the table holds offset {applied}, the changelog ends at {marks.stable}"
        if applied < marks.start:
            return f"the table holds offset {applied}, the changelog begins at {marks.start}"
        found = next(self._read(applied, marks, 1), None)
        if found is None or found.offset() != applied or table.get(found.key() or b"") != found.value():
            return f"the checkpoint at offset {applied} is not in the changelog"
        return None

    def _check_current(self) -> None:
        if not self._is_current():
            raise Superseded

    def _catch_up(self, table: PartitionTable, marks: Watermarks) -> int:
        applied = table.applied_offset
        position = marks.start if applied is None else applied + 1
        count = 0
        changes: dict[bytes, bytes | None] = {}
        last = -1
        for message in self._read(position, marks, _BATCH_RECORDS):
            key = message.key()
            if key is None:
                raise Misconfigured(f"{self._changelog}-{self._partition}@{message.offset()}: a record without a key")
            changes[bytes(key)] = message.value()
            last = message.offset() or 0
            count += 1
            if len(changes) >= _BATCH_RECORDS:
                table.apply(changes, last)
                changes = {}
        if changes:
            table.apply(changes, last)
        return count

    def _read(self, position: int, marks: Watermarks, batch: int) -> Iterator[Message]:
        """Committed records from `position` to the end that `marks` names, in order."""
        if position >= marks.stable:
            return
        reader = self._broker.reader({"fetch.wait.max.ms": 20})
        try:
            reader.assign([TopicPartition(self._changelog, self._partition, position)])
            deadline = time.monotonic() + STALL_SECONDS
            while position < marks.stable:
                self._check_current()
                for message in reader.consume(batch, timeout=0.2):
                    position = _position_after(message, position)
                    deadline = time.monotonic() + STALL_SECONDS
                    if message.error() is None:
                        yield message
                if time.monotonic() > deadline:
                    raise KafkaException(
                        KafkaError(KafkaError._TIMED_OUT, f"{self._changelog} gave nothing at {position}")
                    )
        finally:
            reader.close()


def _position_after(message: Message, position: int) -> int:
    """Where reading stands after `message`: past a record, at the end of the partition, or where it was."""
    error = message.error()
    if error is None:
        return (message.offset() or 0) + 1
    if error.code() == KafkaError._PARTITION_EOF:
        return max(position, message.offset() or 0)
    if is_passing(KafkaException(error)):
        return position
    raise KafkaException(error)
