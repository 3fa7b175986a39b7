"""Appends to Kafka and tells where: an idempotent producer, every replica's word, no waiting on the event loop.

Chooses partitions itself (murmur2 of the routing key), so that producers of all kinds agree.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from typing import TypeAlias

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.codec import Codec
from schemas.keys import conversation_routing, join_key, partition_of, user_routing
from schemas.records import ConversationEvent, MemoryCommand, Position, Record
from topology import tracing
from topology.errors import Retryable
from topology.kafka import ClientConfig
from topology.topics import TopicName
from topology.tracing import Kind

RETRY_AFTER_SECONDS = 2.0
KafkaHeaders: TypeAlias = list[tuple[str, str | bytes | None]]

POLL_SECONDS = 0.1
FLUSH_SECONDS = 10.0
DELIVERY_TIMEOUT_MS = 10_000
"""How long a broker may be away before the caller is told to come again."""
LINGER_MS = 2
MOST_TRACED = 32
"""Records of a request that carry its trace on: nobody looks at a thousand of them."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A record ready to be produced."""

    topic: TopicName
    partition: int
    key: bytes
    value: bytes


class KafkaLog:
    """`EventLog` on a cluster whose topics all have `partitions` partitions. Use between `start` and `stop`."""

    def __init__(
        self, config: ClientConfig, codec: Codec, partitions: int, delivery_timeout_ms: int = DELIVERY_TIMEOUT_MS
    ) -> None:
        self._config = {**config, "linger.ms": LINGER_MS, "message.timeout.ms": delivery_timeout_ms}
        self._codec, self._partitions = codec, partitions
        self._producer = Producer(self._config)
        self._stopping = Event()
        self._poller = Thread(target=self._poll, name="producer", daemon=True)

    def start(self) -> None:
        self._poller.start()

    def stop(self) -> None:
        """Send what is under way, then stop; blocks for a while at the most."""
        self._producer.flush(FLUSH_SECONDS)
        self._stopping.set()
        self._poller.join()

    async def append(self, events: Sequence[ConversationEvent]) -> list[Position]:
        return await self._send(await asyncio.to_thread(lambda: [self._event(event) for event in events]))

    async def command(self, command: MemoryCommand) -> Position:
        (position,) = await self._send([await asyncio.to_thread(self._command, command)])
        return position

    def _event(self, event: ConversationEvent) -> Outgoing:
        routing = conversation_routing(event.tenant_id, event.conversation_id)
        return self._outgoing(TopicName.EVENTS, routing, routing, event)

    def _command(self, command: MemoryCommand) -> Outgoing:
        routing = user_routing(command.tenant_id, command.user_id)
        key = join_key(command.tenant_id, command.user_id, command.command_id)
        return self._outgoing(TopicName.COMMANDS, routing, key, command)

    def _outgoing(self, topic: TopicName, routing: str, key: str, record: Record) -> Outgoing:
        partition = partition_of(routing, self._partitions)
        return Outgoing(topic=topic, partition=partition, key=key.encode(), value=self._codec.encode(record))

    async def _send(self, records: Sequence[Outgoing]) -> list[Position]:
        span = tracing.current.get()
        if span is None:
            return await self._produce(records)
        topic = records[0].topic.value
        told = {"messaging.system": "kafka", "messaging.destination.name": topic}
        sending = span.child(f"send {topic}", Kind.PRODUCER, told | {"messaging.batch.message_count": len(records)})
        try:
            positions = await self._produce(records, sending.traceparent)
        except BaseException as error:
            sending.end(error=type(error).__name__)
            raise
        sending.end()
        return positions

    async def _produce(self, records: Sequence[Outgoing], traceparent: bytes | None = None) -> list[Position]:
        producer, delivery = self._producer, _Delivery(asyncio.get_running_loop(), len(records))
        headers: KafkaHeaders = [] if traceparent is None else [(tracing.TRACEPARENT, traceparent)]
        try:
            for index, record in enumerate(records):
                producer.produce(
                    record.topic,
                    record.value,
                    record.key,
                    partition=record.partition,
                    on_delivery=partial(delivery.told, index),
                    headers=headers if index < MOST_TRACED else [],
                )
        except (BufferError, KafkaException) as error:
            raise Retryable(f"Kafka takes no more: {error}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
        try:
            return await delivery.positions
        except Undelivered as error:
            if error.fatal:
                self._replace(producer)
            raise Retryable(f"Kafka has not taken it: {error}", retry_after_seconds=RETRY_AFTER_SECONDS) from error

    def _replace(self, broken: Producer) -> None:
        """A producer that met a fatal error takes nothing any more: the next request gets a fresh one."""
        if self._producer is broken:
            _log.error("the producer is replaced after a fatal error")
            self._producer = Producer(self._config)
            broken.purge()
            broken.poll(0)

    def _poll(self) -> None:
        while not self._stopping.is_set():
            self._producer.poll(POLL_SECONDS)


class Undelivered(Exception):
    """At least one record of a request may be missing."""

    def __init__(self, error: KafkaError) -> None:
        super().__init__(str(error))
        self.fatal = bool(error.fatal())


class _Delivery:
    """The delivery reports of one request: they come on the producer's thread, and wake the event loop once."""

    def __init__(self, loop: asyncio.AbstractEventLoop, count: int) -> None:
        self._loop = loop
        self._found: list[Position | None] = [None] * count
        self._left = count
        self._error: KafkaError | None = None
        self.positions: asyncio.Future[list[Position]] = loop.create_future()

    def told(self, index: int, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._error = self._error or error
        else:
            self._found[index] = _position(message)
        self._left -= 1
        if self._left == 0:
            self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        if self.positions.done():
            return
        if self._error is not None:
            self.positions.set_exception(Undelivered(self._error))
        else:
            self.positions.set_result([position for position in self._found if position is not None])


def _position(message: Message) -> Position:
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    return Position(topic=topic, partition=partition, offset=offset)
