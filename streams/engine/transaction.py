"""A checkpoint's Kafka half: one transaction for outputs, changelog and position, fenced against a former owner.

Blocking; one object a partition number, used by one thread at a time (KIP-98).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.engine.broker import CALL_TIMEOUT_SECONDS, patiently
from streams.ports import Headers
from topology.kafka import RECORD_BYTES

TRANSACTION_TIMEOUT_MS: Final = 60_000
"""After this the broker aborts what a dead owner left open; far above MESSAGE_TIMEOUT_MS, so it never aborts ours."""

MESSAGE_TIMEOUT_MS: Final = 15_000
"""A record that cannot be delivered in this time aborts its transaction, which is then read and folded again."""

COMMIT_PATIENCE_SECONDS: Final = 30.0
"""With the last try (CALL_TIMEOUT_SECONDS) below the transaction's timeout, past which the broker decides alone."""

QUEUE_MAX_MESSAGES: Final = 500_000
"""A checkpoint is held in librdkafka's queue whole: the largest run times its outputs, with room."""

QUEUE_MAX_KILOBYTES: Final = 262_144
"""A lane's memory while the broker is slow or away: whatever a checkpoint holds beyond it waits its turn to be queued.
librdkafka's default is 1 GiB, of each lane."""


class Sendable(NamedTuple):
    """A record as it goes to the broker; a tuple, since thousands are made a second."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


OnDelivery: TypeAlias = Callable[[KafkaError | None, Message], Any]


class Aborted(Exception):
    """The transaction was rolled back: nothing of it will be seen, and the same run may be tried again."""


class Fenced(Exception):
    """Another process owns the partition number now, or the producer is beyond repair; its work must not go on."""


def transactional_config(client_config: Mapping[str, Any], transactional_id: str) -> dict[str, Any]:
    """The producer's configuration; a transactional one is idempotent and waits for all replicas."""
    return {
        **client_config,
        "transactional.id": transactional_id,
        "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
        "message.timeout.ms": MESSAGE_TIMEOUT_MS,
        "message.max.bytes": RECORD_BYTES,
        "queue.buffering.max.messages": QUEUE_MAX_MESSAGES,
        "queue.buffering.max.kbytes": QUEUE_MAX_KILOBYTES,
        "linger.ms": 1,
        "compression.type": "lz4",
    }


class TransactionalWriter:
    """The producer of one partition number. `take_over` first; then one `commit` a checkpoint."""

    def __init__(self, client_config: Mapping[str, Any], transactional_id: str) -> None:
        self._producer = Producer(transactional_config(client_config, transactional_id))
        self._delivered: dict[KafkaError | None, Message] = {}
        """The first message that ended so, by error: None is success."""
        self._last_offset = -1

    def take_over(self, is_wanted: Callable[[], bool]) -> None:
        """Fence the former owner and settle its open transaction. Returns once both are done."""
        patiently(lambda: self._producer.init_transactions(CALL_TIMEOUT_SECONDS), is_wanted=is_wanted)

    def commit(self, records: Iterable[Sendable], changelog: str) -> int:
        """Send `records` in one transaction and commit it.

        Returns the offset of the last record of `changelog`. Raises Aborted or Fenced; after any other error it is
        unknown what became of the transaction, and the process must end.
        """
        self._delivered, self._last_offset = {}, -1
        self._send(list(records), changelog)
        try:
            patiently(lambda: self._producer.commit_transaction(CALL_TIMEOUT_SECONDS), COMMIT_PATIENCE_SECONDS)
        except KafkaException as error:
            if error.args[0].txn_requires_abort():
                raise self._roll_back(error) from error
            raise Fenced(_told(error)) from error
        return self._last_offset

    def _send(self, records: Sequence[Sendable], changelog: str) -> None:
        """Nothing is decided yet: whatever is refused here may be rolled back, unless the producer itself is done."""
        last = max((at for at, record in enumerate(records) if record.topic == changelog), default=-1)
        note = self._delivered.setdefault
        try:
            self._producer.begin_transaction()
            for at, record in enumerate(records):
                self._produce(record, self._on_last_delivered if at == last else note)
        except KafkaException as error:
            raise self._roll_back(error) from error

    def _roll_back(self, error: KafkaException) -> Aborted | Fenced:
        try:
            patiently(lambda: self._producer.abort_transaction(CALL_TIMEOUT_SECONDS), COMMIT_PATIENCE_SECONDS)
        except KafkaException as abort_error:
            return Fenced(f"{_told(error)}; then {_told(abort_error)}")
        failures = [failure for failure in self._delivered if failure is not None]
        cause = f"; first undelivered: {failures[0].str()}" if failures else ""
        return Aborted(_told(error) + cause)

    def close(self) -> None:
        """Let go of the client: what is in flight is the next owner's to settle."""
        self._producer.purge()
        del self._producer

    def _produce(self, record: Sendable, on_delivery: OnDelivery) -> None:
        topic, partition, key, value, headers = record
        while True:
            try:
                if headers:
                    self._producer.produce(topic, value, key, partition, on_delivery=on_delivery, headers=list(headers))
                else:
                    self._producer.produce(topic, value, key, partition, on_delivery=on_delivery)
            except BufferError:
                self._producer.poll(0.05)
            else:
                return

    def _on_last_delivered(self, error: KafkaError | None, message: Message) -> None:
        self._delivered.setdefault(error, message)
        if error is None:
            self._last_offset = message.offset() or 0


def _told(error: KafkaException) -> str:
    cause: KafkaError = error.args[0]
    return f"{cause.name()}: {cause.str()}"
