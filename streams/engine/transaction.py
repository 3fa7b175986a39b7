"""A checkpoint's Kafka half: one transaction for outputs, changelog and position, fenced against a former owner.

Blocking; one object a partition number, used by one thread at a time (KIP-98, KIP-447).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.engine.broker import CALL_TIMEOUT_SECONDS, patiently
from streams.ports import Headers
from topology.kafka import RECORD_BYTES

TRANSACTION_TIMEOUT_MS: Final = 60_000
"""After this the broker aborts what a dead owner left open; far above MESSAGE_TIMEOUT_MS, so it never aborts ours."""

MESSAGE_TIMEOUT_MS: Final = 15_000
"""A record that cannot be delivered in this time aborts its transaction, which is then read and folded again."""

COMMIT_PATIENCE_SECONDS: Final = 45.0
"""Below the transaction's timeout: past it the broker has decided, and only a fresh start can learn how."""

QUEUE_MAX_MESSAGES: Final = 500_000
"""A checkpoint is held in librdkafka's queue whole: the largest run times its outputs, with room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sendable:
    """A record as it goes to the broker."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Aborted(Exception):
    """The transaction was rolled back: nothing of it will be seen, and the same run may be tried again."""


class Fenced(Exception):
    """Another process owns the partition number now, or the producer is beyond repair; its work must not go on."""


class TransactionalWriter:
    """The producer of one partition number. `take_over` first; then one `commit` a checkpoint."""

    def __init__(self, client_config: Mapping[str, Any], transactional_id: str) -> None:
        self._producer = Producer(
            {
                **client_config,
                "transactional.id": transactional_id,
                "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
                "message.timeout.ms": MESSAGE_TIMEOUT_MS,
                "message.max.bytes": RECORD_BYTES,
                "queue.buffering.max.messages": QUEUE_MAX_MESSAGES,
                "linger.ms": 1,
                "compression.type": "lz4",
            }
        )
        self._changelog = ""
        self._last_offset = -1

    def take_over(self) -> None:
        """Fence the former owner and settle its open transaction. Returns once both are done."""
        patiently(lambda: self._producer.init_transactions(CALL_TIMEOUT_SECONDS))

    def commit(self, records: Iterable[Sendable], changelog: str) -> int:
        """Send `records` in one transaction and commit it.

        Returns the offset of the last record of `changelog`. Raises Aborted or Fenced; after any other error it is
        unknown what became of the transaction, and the process must end.
        """
        self._changelog, self._last_offset = changelog, -1
        try:
            self._producer.begin_transaction()
            for record in records:
                self._produce(record)
            patiently(lambda: self._producer.commit_transaction(CALL_TIMEOUT_SECONDS), COMMIT_PATIENCE_SECONDS)
        except KafkaException as error:
            raise self._settle(error) from error
        return self._last_offset

    def _produce(self, record: Sendable) -> None:
        while True:
            try:
                self._producer.produce(
                    record.topic,
                    value=record.value,
                    key=record.key,
                    partition=record.partition,
                    headers=list(record.headers),
                    on_delivery=self._on_delivery,
                )
            except BufferError:
                self._producer.poll(0.05)
            else:
                return

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is None and message.topic() == self._changelog:
            self._last_offset = max(self._last_offset, message.offset() or 0)

    def _settle(self, error: KafkaException) -> Exception:
        """Roll back where the client says that one may; anything else is final."""
        cause: KafkaError = error.args[0]
        if cause.fatal() or not cause.txn_requires_abort():
            return Fenced(f"{cause.name()}: {cause.str()}")
        try:
            patiently(lambda: self._producer.abort_transaction(CALL_TIMEOUT_SECONDS), COMMIT_PATIENCE_SECONDS)
        except KafkaException as abort_error:
            return Fenced(f"abort after {cause.name()}: {abort_error.args[0].str()}")
        return Aborted(f"{cause.name()}: {cause.str()}")
