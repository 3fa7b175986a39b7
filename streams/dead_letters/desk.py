"""Where actions on dead letters become durable: an event and the record of its action in one Kafka transaction.

Blocking; one person at a time: whoever opens a desk fences the one before, whose open transaction is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.errors import Retryable
from schemas.keys import partition_of
from schemas.records import Record
from streams.dead_letters.log import ANSWER_SECONDS, RETRY_SECONDS, retryable
from streams.engine.broker import patiently
from streams.ports import Output
from topology.topics import TopicName

TRANSACTIONAL_ID: Final = "dead-letters"
"""One for all operators, so that nobody acts on what another has just done."""

TRANSACTION_TIMEOUT_MS: Final = 30_000
"""What a killed command leaves open holds up every reader of the topics for this long, or until the next command."""

PATIENCE_SECONDS: Final = 20.0
"""Of opening and of closing a transaction: a coordinator that moves takes some seconds."""


class DeadLetterDesk:
    """Open it before the log is read: what others did is then in the log, and what they have begun is undone."""

    def __init__(self, producer_config: Mapping[str, Any], partitions: int) -> None:
        self._partitions = partitions
        self._last_offset = -1
        self._producer = Producer(
            {
                **producer_config,
                "transactional.id": TRANSACTIONAL_ID,
                "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            }
        )
        with retryable():
            patiently(lambda: self._producer.init_transactions(ANSWER_SECONDS), PATIENCE_SECONDS)

    def send(self, outputs: Iterable[Output]) -> int:
        """Commit events and the records of their actions, all or none; the offset of the last event, -1 without one.

        Raises Retryable, which says whether nothing was sent or the log must be asked.
        """
        self._last_offset = -1
        try:
            self._producer.begin_transaction()
            for output in outputs:
                self._produce(output)
        except KafkaException as error:
            raise self._rolled_back(error) from error
        try:
            patiently(lambda: self._producer.commit_transaction(ANSWER_SECONDS), PATIENCE_SECONDS)
        except KafkaException as error:
            if error.args[0].txn_requires_abort():
                raise self._rolled_back(error) from error
            raise _unknown(error) from error
        return self._last_offset

    def _produce(self, output: Output) -> None:
        partition = output.partition
        if partition is None:
            assert output.routing is not None, "an output has a routing or a partition"
            partition = partition_of(output.routing, self._partitions)
        assert not isinstance(output.value, Record), "what is sent from here is bytes"
        self._producer.produce(
            str(output.topic),
            value=output.value,
            key=output.key,
            partition=partition,
            headers=list(output.headers),
            on_delivery=self._on_delivery,
        )

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is None and message.topic() == TopicName.EVENTS:
            self._last_offset = message.offset() or 0

    def _rolled_back(self, error: KafkaException) -> Retryable:
        if error.args[0].fatal():
            return _unknown(error)
        try:
            patiently(lambda: self._producer.abort_transaction(ANSWER_SECONDS), PATIENCE_SECONDS)
        except KafkaException as again:
            return _unknown(again)
        return Retryable(f"nothing was sent: {error.args[0].str()}", retry_after_seconds=RETRY_SECONDS)


def _unknown(error: KafkaException) -> Retryable:
    cause = error.args[0].str()
    told = f"somebody else acts on dead letters, or the broker is away ({cause}): `show` tells what was done"
    return Retryable(told, retry_after_seconds=RETRY_SECONDS)
