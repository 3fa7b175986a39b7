"""confluent-kafka's clients over a MemoryLog, and the process they live in, which can be hurt at any step.

Every call that reads or writes is a step before and a step after its effect. A dead process changes nothing any more,
whatever its handlers and finalisers try.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from rocksdict import Rdict, WriteBatch

from support.memory_log import MemoryLog, Where

PROCESS = "process"
"""Where a client's configuration names its process."""


class Crash(BaseException):
    """kill -9: no `except Exception` sees it."""


class Hurt(Protocol):
    """Called at a step of a process, by number and name; may kill it, or do anything else."""

    def __call__(self, process: Process, number: int, step: str, /) -> None: ...


class Process:
    """A worker's process: it counts its steps, and is hurt at those that `hurt` chooses."""

    def __init__(self, log: MemoryLog, hurt: Hurt) -> None:
        self.log = log
        self.steps: list[str] = []
        self.dead = False
        self.loses_markers = False
        """Whether the next commit is acknowledged and its markers are lost."""
        self._hurt = hurt

    def step(self, name: str) -> None:
        """Raises Crash where the process is dead, or dies here; whatever else `hurt` raises."""
        if not self.dead:
            self.steps.append(name)
            self._hurt(self, len(self.steps) - 1, name)
        if self.dead:
            raise Crash

    def around(self, name: str, effect: Callable[[], Any]) -> Any:
        self.step(f"before {name}")
        result = effect()
        self.step(f"after {name}")
        return result

    def kill(self) -> None:
        self.dead = True


class MemoryConsumer:
    """A consumer for `assign`."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._process: Process = config[PROCESS]
        self._is_committed_only = config["isolation.level"] == "read_committed"
        self._offsets: dict[Where, int] = {}
        self._told_end: dict[Where, int] = {}

    def get_watermark_offsets(self, where: TopicPartition, timeout: float = 0, cached: bool = False) -> tuple[int, int]:
        del timeout, cached
        partition = self._process.log.partitions[where.topic, where.partition]
        self._process.step(f"look at {where.topic}")
        return 0, partition.stable if self._is_committed_only else partition.end

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        self._offsets = {(where.topic, where.partition): where.offset for where in partitions}
        self._told_end.clear()

    def consume(self, count: int, timeout: float) -> list[Message]:
        del timeout
        self._process.step("before consume")
        messages: list[Message] = []
        for where in self._offsets:
            self._read(where, count, messages)
        self._process.step("after consume")
        return messages

    def _read(self, where: Where, count: int, messages: list[Message]) -> None:
        partition = self._process.log.partitions[where]
        while self._offsets[where] < partition.stable and len(messages) < count:
            offset = self._offsets[where]
            self._offsets[where] += 1
            entry = partition.entries[offset]
            if entry.status == "committed":
                messages.append(
                    Message(
                        topic=where[0],
                        partition=where[1],
                        offset=offset,
                        key=entry.key,
                        value=entry.value,
                        timestamp=(2, 0),
                    )
                )
        if self._offsets[where] == partition.stable != self._told_end.get(where) and len(messages) < count:
            self._told_end[where] = partition.stable
            end = KafkaError(KafkaError._PARTITION_EOF)
            messages.append(Message(topic=where[0], partition=where[1], offset=partition.stable, error=end))

    def close(self) -> None:
        """Nothing to let go of."""


class MemoryProducer:
    """A transactional producer; what it sends is in the log at once, as with a broker that is near."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._process: Process = config[PROCESS]
        self._id = str(config["transactional.id"])
        self._epoch = -1

    def init_transactions(self, timeout: float) -> None:
        del timeout
        self._process.step("before fence")
        self._epoch = self._process.log.initialise(self._id)
        self._process.step("after fence")

    def begin_transaction(self) -> None:
        self._process.step("begin")

    def produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int,
        *,
        on_delivery: Callable[[KafkaError | None, Message], object],
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> None:
        del headers
        self._process.step(f"before produce {topic}")
        if self._is_current():
            offset = self._process.log.append(self._id, (topic, partition), key, value)
            on_delivery(None, Message(topic=topic, partition=partition, offset=offset))
        self._process.step(f"after produce {topic}")

    def commit_transaction(self, timeout: float) -> None:
        del timeout
        self._process.step("before commit")
        if not self._is_current():
            raise KafkaException(KafkaError(KafkaError._FENCED, "a newer producer has this id", fatal=True))
        if self._process.loses_markers:
            self._process.loses_markers = False
            self._process.log.forget(self._id)
            return
        self._process.log.decide(self._id, "committed")
        self._process.step("decided commit")
        while self._process.log.write_marker(self._id):
            self._process.step("after marker")

    def abort_transaction(self, timeout: float) -> None:
        del timeout
        self._process.step("before abort")
        if not self._is_current():
            raise KafkaException(KafkaError(KafkaError._FENCED, "a newer producer has this id", fatal=True))
        self._process.log.decide(self._id, "aborted")
        self._process.log.write_markers(self._id)
        self._process.step("after abort")

    def poll(self, timeout: float) -> int:
        del timeout
        return 0

    def purge(self) -> None:
        """Nothing is queued."""

    def _is_current(self) -> bool:
        return self._process.log.is_current(self._id, self._epoch)


class StepDatabase:
    """The RocksDB that a process has open: a write is a step before and after, and a dead process writes nothing."""

    def __init__(self, database: Rdict, process: Process) -> None:
        self._database = database
        self._process = process

    def get(self, key: bytes) -> Any:
        self._process.step("get row")
        return self._database.get(key)

    def items(self, from_key: bytes) -> Any:
        return self._database.items(from_key=from_key)

    def write(self, batch: WriteBatch) -> None:
        self._process.around("table write", lambda: self._database.write(batch))

    def delete_range(self, begin: bytes, end: bytes) -> None:
        self._process.around("table wipe", lambda: self._database.delete_range(begin, end))
