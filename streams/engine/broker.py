"""What the engine asks of the broker: patient calls, watermarks, readers.

Blocking; called from worker threads. Knows librdkafka's errors and nothing of state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

T = TypeVar("T")

CALL_TIMEOUT_SECONDS: Final = 20.0
"""Of one call to the broker: librdkafka's own metadata timeout is 60 s, too long to notice a restart in between."""

PATIENCE_SECONDS: Final = 60.0
"""How long a passing fault of the broker is waited out: the restart of a broker takes 5 to 15 s on a busy machine."""

_PASSING: Final = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._WAIT_COORD,
        KafkaError._RESOLVE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OFFSET_NOT_AVAILABLE,  # after every election of a leader (KIP-207)
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
    }
)


def is_passing(error: BaseException) -> bool:
    """Whether the same call may succeed later: neither fatal, nor one that asks for an abort of the transaction."""
    if not isinstance(error, KafkaException):
        return False
    cause: KafkaError = error.args[0]
    if cause.fatal() or cause.txn_requires_abort():
        return False
    return bool(cause.retriable()) or cause.code() in _PASSING


def always() -> bool:
    return True


def patiently(call: Callable[[], T], seconds: float = PATIENCE_SECONDS, is_wanted: Callable[[], bool] = always) -> T:
    """The result of `call`, tried again while the broker is away and the result is still wanted.

    Its last error is raised once `seconds` are over; a try that has begun is not cut off.
    """
    retrying = Retrying(
        retry=retry_if_exception(lambda error: is_passing(error) and is_wanted()),
        wait=wait_random_exponential(multiplier=0.1, max=1.0),
        stop=stop_after_delay(seconds),
        reraise=True,
    )
    return retrying(call)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """Of one partition: `start` the oldest offset, `stable` the end of what is committed, `end` of what is written."""

    start: int
    stable: int
    end: int

    @property
    def settled(self) -> bool:
        """Whether no transaction is open, so that nothing is hidden from readers of committed records."""
        return self.stable == self.end


class Broker:
    """Readers and questions, with the client settings of one process."""

    def __init__(self, client_config: Mapping[str, Any], group: str) -> None:
        self._client_config = dict(client_config)
        self._group = group

    @property
    def servers(self) -> str:
        """Where the brokers are, as commands take it."""
        return str(self._client_config["bootstrap.servers"])

    def reader(self, overrides: Mapping[str, Any] | None = None) -> Consumer:
        """A consumer for `assign`; it belongs to no group and commits nothing. The caller closes it."""
        return Consumer({**self.reader_config, **(overrides or {})})

    @property
    def reader_config(self) -> dict[str, Any]:
        return {
            **self._client_config,
            "group.id": f"{self._group}-lane",  # librdkafka wants one; it is never joined
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
            "fetch.error.backoff.ms": 50,
            "fetch.queue.backoff.ms": 5,  # librdkafka's 1,000 leaves a lane without records for most of a second
        }

    def watermarks(self, topic: str, partition: int) -> Watermarks:
        """The partition's offsets, asked now. Raises KafkaException when the broker stays away."""
        start, stable = self._offsets(topic, partition, "read_committed")
        _, end = self._offsets(topic, partition, "read_uncommitted")
        return Watermarks(start=start, stable=stable, end=end)

    def _offsets(self, topic: str, partition: int, isolation: str) -> tuple[int, int]:
        reader = self.reader({"isolation.level": isolation})
        try:
            where = TopicPartition(topic, partition)
            return patiently(lambda: reader.get_watermark_offsets(where, timeout=CALL_TIMEOUT_SECONDS))
        finally:
            reader.close()
