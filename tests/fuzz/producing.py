"""Records sent to Kafka past the API, sound and broken ones, with the place of each.

A fault here is one of a producer's: wrong bytes, wrong key, no value.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from confluent_kafka import KafkaError, Message, Producer

from fuzz.asking import moment
from fuzz.inventing import BYTES, Inventor
from fuzz.judging import Place
from schemas.codec import Codec
from schemas.enums import EventType
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.keys import partition_of
from schemas.records import ConversationEvent
from topology.topics import TopicName

BROKEN = 0.3
"""Of the records; far from the share at which extract would stop."""
TEXTS = ("I live in Coimbra.", "I like jazz.", "a\x00b", "x" * 65_537, "", "🙂" * 100)


class Spoiler:
    """Produces records; `accepted` holds where the broker has them."""

    def __init__(self, bootstrap: str, codec: Codec, partitions: int, random: Random) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "enable.idempotence": True})
        self._codec, self._partitions, self._random = codec, partitions, random
        self._inventor, self._sent = Inventor({}, random), 0
        self._run = f"{random.getrandbits(32):08x}"
        self.accepted: set[Place] = set()
        self.refused = 0

    def send(self, count: int) -> None:
        for _ in range(count):
            key, value = self._record()
            partition = partition_of(key.decode("utf-8", "replace"), self._partitions) if key else 0
            self._producer.produce(TopicName.EVENTS, value, key, partition=partition, on_delivery=self._told)
        self._producer.poll(0)

    def finish(self) -> None:
        """Raises RuntimeError where the broker has not taken everything in time."""
        if self._producer.flush(60):
            raise RuntimeError("the broker does not take the records")

    def _record(self) -> tuple[bytes | None, bytes | None]:
        self._sent += 1
        event = self._event()
        key, value = f"{event.tenant_id}/{event.conversation_id}".encode(), self._codec.encode(event)
        if self._random.random() >= BROKEN:
            return key, value
        return self._random.choice(
            (
                (key, self._inventor.broken(value)),
                (key, self._random.choice(BYTES)),
                (key, None),
                (None, value),
                (b"another/conversation", value),
                (b"\xff\xfe", value),
                (b"x" * 2_000, self._random.randbytes(100)),
                (key, value[:1] + self._random.randbytes(4) + value[5:]),
            )
        )

    def _event(self) -> ConversationEvent:
        name = f"{self._run}-k{self._sent}"
        event = ConversationEvent(
            event_id=EventId(name),
            type=EventType.MESSAGE_RECORDED,
            tenant_id=TenantId("local"),
            conversation_id=ConversationId(f"fuzz-{self._random.randrange(50)}"),
            message_id=MessageId(name),
            user_id=UserId(f"kai-{self._random.randrange(100)}"),
            text=self._random.choice(TEXTS[:2]) if self._random.random() < 0.8 else self._random.choice(TEXTS),
            occurred_at=moment(self._sent, self._random),
        )
        kind = self._random.choice((EventType.MESSAGE_EDITED, EventType.MESSAGE_DELETED, EventType.CONVERSATION_ENDED))
        return replace(event, type=kind) if self._random.random() < 0.1 else event

    def _told(self, error: KafkaError | None, message: Message) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if error is not None or topic is None or partition is None or offset is None:
            self.refused += 1
        else:
            self.accepted.add((topic, partition, offset))
