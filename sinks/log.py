"""The log as the consumer loop sees it, and Kafka as that log.

Knows offsets and assignments; what records mean and where they land is not its business.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from threading import Thread
from typing import Any, Final, Protocol, TypeVar, cast

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.construction import quickly_made
from sinks.ports import Partition
from topology.errors import Retryable
from topology.generations import FIRST, name_of, topic_of
from topology.kafka import ClientConfig
from topology.tombstones import Headers
from topology.topics import TopicName

logger = logging.getLogger(__name__)

T = TypeVar("T")

ANSWER_SECONDS: Final = 5.0
RETRY_AFTER_SECONDS: Final = 0.5
COMMIT_SECONDS: Final = 0.1
"""Between two words to the group. Each is a record a partition for the broker to keep, and to load when it starts."""
COMMIT_AGAIN_SECONDS: Final = 1.0
ADRIFT_AFTER_SECONDS: Final = 35.0
"""Beyond the session, for which a join waits for members that are gone: as long as one may be busy with a batch, which
PostgreSQL cuts off after 30 s. Who has no place by then may have lost its way for good: librdkafka 2.x has been seen,
after a broker was frozen, to queue what it has to say to a coordinator that it never connects to again. A new process
joins at once."""
CLOSE_SECONDS: Final = 10.0
"""A client that has lost its coordinator never comes back from leaving its group; the session ends it all the same."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


_PASSING: Final = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.NOT_COORDINATOR,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.REQUEST_TIMED_OUT,
    }
)
"""What librdkafka tells of and gets over by itself; anything else would leave a partition unread in silence."""


class Adrift(Exception):
    """This process cannot get back into its group: it should end, and be started again."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """A record as the broker gave it."""

    partition: Partition
    offset: int
    timestamp: datetime
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    """Of a tombstone, and of any record where the log keeps them: for traces, and nothing else that a sink looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a look at the log gave.

    `assigned` is None, or all partitions that the group has just given this process; then there is nothing else, and
    nothing comes before `resume`. `ends` says where the log of a partition ended: the offset that its next record
    will have, behind any markers of transactions.
    """

    records: Sequence[RawRecord] = ()
    ends: Mapping[Partition, int] = field(default_factory=dict)
    assigned: Collection[Partition] | None = None


class Log(Protocol):
    """Partitions that a group shares out among its members, read by one of them from where it says."""

    def fetch(self, records: int, seconds: float) -> Fetched:
        """At most `records`, in order of offset within a partition, waiting at most `seconds` to have so many."""
        ...

    def resume(self, positions: Mapping[Partition, int]) -> None:
        """Read on from these offsets, of all assigned partitions; whatever was fetched ahead is dropped."""
        ...

    def hold(self, seconds: float) -> Fetched:
        """Stay in the group for a while without reading: no records come, and none again before `resume`."""
        ...

    def bounds(self, partition: Partition) -> tuple[int, int]:
        """The first offset that is there, and the end. Raises Retryable."""
        ...

    def committed(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        """The group's offsets, of the partitions that have one. Raises Retryable."""
        ...

    def commit(self, progress: Mapping[Partition, int]) -> None:
        """Tell the group how far it is, for those who watch its lag; told again until the broker acknowledges.

        Call it also with nothing new, now and then: what is given in quick succession is told together.
        """
        ...

    def behind(self, positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
        """How many offsets each assigned partition holds from there to its end, as far as that is known."""
        ...

    def close(self) -> None:
        """Leave the group; what it has been told and not acknowledged is waited for, briefly. Never hangs."""
        ...


class KafkaLog:
    """A Log over one member of a consumer group.

    Records fetched in the call in which the group shares partitions out anew may be of before or after: all of them
    are dropped, and reading begins again where `resume` says. `fetch` and `hold` raise Adrift where the group has given
    this process no place for a long time, KafkaException where it never will: the member's name is another's by now.
    """

    def __init__(
        self,
        config: ClientConfig,
        topics: Iterable[TopicName],
        clock: Callable[[], float] = time.monotonic,
        *,
        generation: int = FIRST,
        keeps_headers: bool = False,
    ) -> None:
        own: dict[str, Any] = {
            "enable.partition.eof": True,
            "auto.offset.reset": "error",  # positions are given; one that is not there must not become another
            "on_commit": self._on_commit,
            "logger": logging.getLogger("librdkafka"),
        }
        self._clock = clock
        self._generation = generation
        self._keeps_headers = keeps_headers
        self._assigned: Collection[Partition] = ()
        self._changed = False
        self._adrift_since: float | None = clock()
        self._owed: dict[Partition, int] = {}
        self._untold = False
        self._told_at = 0.0
        self._adrift_limit = float(str(config["session.timeout.ms"])) / 1_000 + ADRIFT_AFTER_SECONDS
        self._consumer = Consumer({**config, **own})
        self._consumer.subscribe(
            [topic_of(topic, generation) for topic in topics],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )

    def fetch(self, records: int, seconds: float) -> Fetched:
        messages = self._consumer.consume(records, seconds)
        _refuse_the_end(messages)
        if (adrift := self.adrift_seconds()) > self._adrift_limit:
            raise Adrift(f"the group has given this process no place for {adrift:.0f} s")
        if self._changed:
            self._changed = False
            return Fetched(assigned=self._assigned)
        return _fetched(messages, keeps_headers=self._keeps_headers)

    def resume(self, positions: Mapping[Partition, int]) -> None:
        partitions = [self._at(partition, offset) for partition, offset in positions.items()]
        self._consumer.assign(partitions)
        self._consumer.resume(partitions)

    def hold(self, seconds: float) -> Fetched:
        self._consumer.pause(self._consumer.assignment())
        return Fetched(assigned=self.fetch(1, seconds).assigned)

    def bounds(self, partition: Partition) -> tuple[int, int]:
        return _asked(lambda: self._consumer.get_watermark_offsets(self._at(partition), ANSWER_SECONDS))

    def committed(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        if not partitions:
            return {}  # librdkafka would ask, and wait, all the same
        found = _asked(lambda: self._consumer.committed([self._at(p) for p in partitions], ANSWER_SECONDS))
        return {_partition(one): one.offset for one in found if one.offset >= 0}

    def commit(self, progress: Mapping[Partition, int]) -> None:
        self._owed.update(progress)
        self._untold = self._untold or bool(progress)
        pause = COMMIT_SECONDS if self._untold else COMMIT_AGAIN_SECONDS
        if self._owed and self._clock() - self._told_at > pause:
            self._tell()

    def _tell(self) -> None:
        self._told_at, self._untold = self._clock(), False
        self._consumer.commit(offsets=[self._at(p, offset) for p, offset in self._owed.items()], asynchronous=True)

    def behind(self, positions: Mapping[Partition, int]) -> Mapping[Partition, int]:
        return {partition: max(0, self._end(partition) - offset) for partition, offset in positions.items()}

    def adrift_seconds(self) -> float:
        """How long this process has been without a place in its group; 0 while it has one, be it without partitions."""
        return 0.0 if self._adrift_since is None else self._clock() - self._adrift_since

    def close(self) -> None:
        if self._untold and self._owed:
            self._tell()
        leaving = Thread(target=self._consumer.close, name="leaving", daemon=True)
        leaving.start()
        leaving.join(CLOSE_SECONDS)
        if leaving.is_alive():
            logger.warning("the group was not left in %.0f s; it will miss this member in time", CLOSE_SECONDS)

    def _at(self, partition: Partition, offset: int = OFFSET_INVALID) -> TopicPartition:
        return TopicPartition(topic_of(partition.topic, self._generation), partition.number, offset)

    def _end(self, partition: Partition) -> int:
        """As of the last answer to a fetch; no broker is asked."""
        return self._consumer.get_watermark_offsets(self._at(partition), cached=True)[1]

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign([])  # nothing is read before the sink has said from where
        self._assigned = tuple(_partition(one) for one in partitions)
        self._adrift_since = None
        self._changed = True

    def _on_revoke(self, consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        consumer.unassign()
        self._owed.clear()
        self._untold = False
        self._assigned = ()
        self._adrift_since = self._clock()
        self._changed = True

    def _on_commit(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        for one in partitions:
            if error is None and one.error is None and self._owed.get(_partition(one)) == one.offset:
                del self._owed[_partition(one)]


def _refuse_the_end(messages: Iterable[Message]) -> None:
    """A fatal error is told once, and often together with the loss of all partitions: nothing may drop it."""
    for message in messages:
        if (error := message.error()) is not None and (error.fatal() or error.code() == KafkaError._FATAL):
            raise KafkaException(error)


def _fetched(messages: Iterable[Message], *, keeps_headers: bool) -> Fetched:
    records, ends = [], {}
    for message in messages:
        error = message.error()
        if error is None:
            records.append(_record(message, keeps_headers=keeps_headers))
        elif error.code() == KafkaError._PARTITION_EOF:
            ends[_partition_of(message)] = _offset(message)
        elif error.code() not in _PASSING:
            raise KafkaException(error)
    return Fetched(records=records, ends=ends)


def _record(message: Message, *, keeps_headers: bool) -> RawRecord:
    value = message.value()
    return RawRecord(
        partition=_partition_of(message),
        offset=_offset(message),
        timestamp=_moment(message.timestamp()[1]),
        key=message.key(),
        value=value,
        headers=cast("Headers", message.headers() or ()) if value is None or keeps_headers else (),
    )


def _partition_of(message: Message) -> Partition:
    topic, number = message.topic(), message.partition()
    assert topic is not None, "every message that was consumed has a topic"
    assert number is not None, "every message that was consumed has a partition"
    return _named(topic, number)


@cache
def _named(topic: str, number: int) -> Partition:
    return Partition(topic=name_of(topic), number=number)


@lru_cache(maxsize=4_096)
def _moment(milliseconds: int) -> datetime:
    """Records of one transaction or one produce request share it."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _offset(message: Message) -> int:
    offset = message.offset()
    assert offset is not None, "every message that was consumed has an offset"
    return offset


def _partition(one: TopicPartition) -> Partition:
    return _named(one.topic, one.partition)


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except KafkaException as error:
        raise Retryable(f"Kafka: {error}", retry_after_seconds=RETRY_AFTER_SECONDS) from error
