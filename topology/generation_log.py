"""The topic of generations: read to its end, and written by one operator at a time.

Blocking. Opening it fences whoever had it open before, so that two commands cannot make the same generation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from schemas.codec import Codec
from schemas.keys import partition_of
from schemas.records import Generation
from topology.errors import Misconfigured, Retryable
from topology.kafka import consumer_config, producer_config
from topology.lineage import Lineage
from topology.settings import Settings
from topology.topics import TopicName

T = TypeVar("T")

Write: TypeAlias = Callable[..., None]
"""Takes generations, and returns once all of them are durable together."""

TRANSACTIONAL_ID: Final = "generations"
ANSWER_SECONDS: Final = 10.0
PATIENCE_SECONDS: Final = 60.0
_TOPIC: Final = str(TopicName.GENERATIONS)


class GenerationLog:
    """What is written down of generations."""

    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._settings = settings
        self._codec = codec

    def read(self) -> Lineage:
        """All that is committed. Raises Retryable where the broker is away, Misconfigured where the topic is not."""
        with self._reader() as reader:
            return Lineage(written=dict(self._records(reader)))

    @contextmanager
    def opened(self) -> Iterator[Write]:
        """A way to write, for as long as the context lasts; read after it is open."""
        config: dict[str, Any] = {**producer_config(self._settings), "transactional.id": TRANSACTIONAL_ID}
        producer = Producer(config)
        _asked(lambda: producer.init_transactions(ANSWER_SECONDS))
        yield lambda *generations: self._write(producer, generations)

    def _write(self, producer: Producer, generations: Sequence[Generation]) -> None:
        """Returns once the records are durable, in one transaction. Raises Retryable."""
        producer.begin_transaction()
        for generation in generations:
            key = str(generation.number)
            partition = partition_of(key, self._settings.partitions)
            producer.produce(_TOPIC, key=key, value=self._codec.encode(generation), partition=partition)
        _asked(lambda: producer.commit_transaction(ANSWER_SECONDS))

    @contextmanager
    def _reader(self) -> Iterator[Consumer]:
        config: dict[str, Any] = {**consumer_config(self._settings, group="generations"), "enable.partition.eof": True}
        reader = Consumer(config)
        try:
            yield reader
        finally:
            reader.close()

    def _records(self, reader: Consumer) -> Iterator[tuple[int, Generation]]:
        """In order within a partition, where a generation has its own."""
        found = _asked(lambda: reader.list_topics(_TOPIC, timeout=ANSWER_SECONDS)).topics[_TOPIC]
        if not found.partitions:
            raise Misconfigured(f"{_TOPIC} is not there: run `python -m topology apply`")
        left = set(found.partitions)
        reader.assign([TopicPartition(_TOPIC, number, 0) for number in left])
        decode = self._codec.decoder(Generation)
        while left:
            message = reader.poll(ANSWER_SECONDS)
            if message is None:
                raise Retryable(f"{_TOPIC} does not answer", retry_after_seconds=5)
            error, value = message.error(), message.value()
            if error is None and value is not None:
                record = decode(value)
                yield record.number, record
            elif error is not None and error.code() == KafkaError._PARTITION_EOF:
                left.discard(message.partition() or 0)


def _asked(ask: Callable[[], T]) -> T:
    retrying = Retrying(
        retry=retry_if_exception(_is_passing),
        wait=wait_random_exponential(multiplier=0.2, max=2.0),
        stop=stop_after_delay(PATIENCE_SECONDS),
        reraise=True,
    )
    try:
        return retrying(ask)
    except KafkaException as error:
        raise Retryable(f"Kafka: {error.args[0].str()}", retry_after_seconds=5) from error


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, KafkaException) and bool(error.args[0].retriable())
