"""The dead-letter topic as it is on the broker, read to its end.

Blocking. Belongs to no consumer group and commits no offset. Raises Retryable where the broker is away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import TopicMetadata

from schemas.errors import Misconfigured, Retryable
from schemas.records import Position
from streams.dead_letters.letters import Action, Entry, Letter, gather, read
from streams.engine.broker import Broker, is_passing, patiently
from streams.ports import Headers, RawRecord
from topology.topics import TopicName

T = TypeVar("T")

ANSWER_SECONDS: Final = 10.0
"""An operator is waiting: a broker that does not answer in this time is away."""

HIDDEN_SECONDS: Final = 75.0
"""How long an open transaction may hide the end: just above the timeout at which the broker aborts one of extract's."""

_TOPIC: Final = str(TopicName.EVENTS_DEAD_LETTERS)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_POLL_SECONDS: Final = 0.5
_BATCH: Final = 500
RETRY_SECONDS: Final = 5.0


class DeadLetterLog:
    """Reads entries, letters and the cluster's shape. Close it in the end."""

    def __init__(self, client_config: Mapping[str, Any]) -> None:
        self._broker = Broker(client_config, "dead-letters")
        self._reader = self._broker.reader()

    def close(self) -> None:
        """Let go of the broker."""
        self._reader.close()

    def partitions(self, topic: TopicName = TopicName.EVENTS_DEAD_LETTERS) -> int:
        """How many partitions a topic has. Raises Misconfigured where it does not exist."""
        found = _ask(lambda: _described(self._reader, str(topic)))
        if not found.partitions:
            raise Misconfigured(f"{topic} is not there: run `python -m topology apply`")
        return len(found.partitions)

    def entries(self, since: datetime | None = None) -> tuple[Entry, ...]:
        """Every letter that was written since then, with its actions, oldest first; without the letters' values."""
        found: list[Letter | Action] = []
        for partition in range(self.partitions()):
            start = self._first_offset(partition, since)
            found += (read(replace(raw, value=None)) for raw in self._records(partition, start))
        entries = [each for each in gather(found) if since is None or each.letter.raw.timestamp >= since]
        return tuple(sorted(entries, key=lambda each: (each.letter.raw.timestamp, each.letter.position.partition)))

    def entry(self, partition: int, offset: int) -> Entry | None:
        """The letter at a position, with its value and its actions; None where there is none."""
        if not 0 <= partition < self.partitions():
            return None
        start, end = self._limits(partition)
        if not start <= offset < end:
            return None
        at = Position(topic=_TOPIC, partition=partition, offset=offset)
        return next((each for each in gather(self._about(at)) if each.letter.position == at), None)

    def letters(self, positions: Iterable[Position]) -> Iterator[Letter]:
        """The letters at these positions, values and all, partition by partition."""
        wanted: dict[int, set[int]] = {}
        for position in positions:
            wanted.setdefault(position.partition, set()).add(position.offset)
        for partition, offsets in sorted(wanted.items()):
            for raw in self._records(partition, min(offsets), max(offsets) + 1):
                if raw.position.offset in offsets and isinstance(letter := read(raw), Letter):
                    yield letter

    def _about(self, at: Position) -> Iterator[Letter | Action]:
        for raw in self._records(at.partition, at.offset):
            each = read(raw)
            if each.letter == at if isinstance(each, Action) else each.position == at:
                yield each

    def _first_offset(self, partition: int, since: datetime | None) -> int:
        if since is not None:
            milliseconds = int(since.timestamp() * 1_000)
            asked = [TopicPartition(_TOPIC, partition, milliseconds)]
            offset = _ask(lambda: self._reader.offsets_for_times(asked, timeout=ANSWER_SECONDS))[0].offset
            if offset >= 0:
                return offset
        start, end = self._limits(partition)
        return start if since is None else end

    def _limits(self, partition: int) -> tuple[int, int]:
        """The first offset and the end of all that is written, committed or not."""
        reader = self._broker.reader({"isolation.level": "read_uncommitted"})
        try:
            where = TopicPartition(_TOPIC, partition)
            return _ask(lambda: reader.get_watermark_offsets(where, timeout=ANSWER_SECONDS))
        finally:
            reader.close()

    def _records(self, partition: int, start: int, end: int | None = None) -> Iterator[RawRecord]:
        """Committed records from `start` to `end`, or to where the partition ended when this was called.

        Waits for transactions that are open on the way: an action behind one must be seen before another is taken.
        """
        limit = self._limits(partition)[1] if end is None else end
        if start >= limit:
            return
        self._reader.assign([TopicPartition(_TOPIC, partition, start)])
        position, deadline = start, time.monotonic() + HIDDEN_SECONDS
        while position < limit:
            for message in _consume(self._reader):
                position = _position_after(message, position)
                deadline = time.monotonic() + HIDDEN_SECONDS
                if message.error() is None and (message.offset() or 0) < limit:
                    yield _raw(message)
            if time.monotonic() > deadline:
                raise Retryable(
                    f"{_TOPIC}-{partition} is written up to {limit} and can be read up to {position}: "
                    "a transaction is open, or the broker is away",
                    retry_after_seconds=RETRY_SECONDS,
                )


@contextmanager
def retryable() -> Iterator[None]:
    """A fault of the broker that may pass is Retryable; what it refuses for good is not ours to repeat."""
    try:
        yield
    except KafkaException as error:
        cause: KafkaError = error.args[0]
        if is_passing(error):
            raise Retryable(f"the broker is away: {cause.str()}", retry_after_seconds=RETRY_SECONDS) from error
        raise Misconfigured(f"the broker refuses: {cause.name()}: {cause.str()}") from error


def _ask(call: Callable[[], T]) -> T:
    """The broker's answer; a fault that passes, as while a leader is elected, is waited out for as long as one call."""
    with retryable():
        return patiently(call, ANSWER_SECONDS)


def _described(reader: Consumer, topic: str) -> TopicMetadata:
    found: TopicMetadata = reader.list_topics(topic, timeout=ANSWER_SECONDS).topics[topic]
    if found.error is not None and found.error.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise KafkaException(found.error)
    return found


def _consume(reader: Consumer) -> list[Message]:
    with retryable():
        return list(reader.consume(_BATCH, timeout=_POLL_SECONDS))


def _position_after(message: Message, position: int) -> int:
    """Where reading stands after `message`; the broker's passing faults leave it where it was."""
    error = message.error()
    if error is None:
        return (message.offset() or 0) + 1
    if error.code() == KafkaError._PARTITION_EOF:
        return max(position, message.offset() or 0)
    if is_passing(KafkaException(error)):
        return position
    with retryable():
        raise KafkaException(error)


def _raw(message: Message) -> RawRecord:
    _, milliseconds = message.timestamp()
    return RawRecord(
        position=Position(topic=_TOPIC, partition=message.partition() or 0, offset=message.offset() or 0),
        timestamp=_EPOCH + timedelta(milliseconds=max(0, milliseconds)),
        key=message.key(),
        value=message.value(),
        headers=cast("Headers", message.headers() or ()),
    )
