"""Records as the broker gave them, to what they say, and to what is landed of them.

A sink reads our own topics: what cannot be read is our own fault, and nothing to pass over unless an operator says so.
Of topics that it only counts, no value is looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.codec import Codec, Undecodable
from schemas.limits import tenant_of_key
from schemas.records import Position, Record
from sinks.log import RawRecord
from sinks.ports import NO_SKIPS, Batch, Partition, PoisonRecord, Received, SinkRecord, Skips
from topology import tombstones
from topology.topics import TOPIC_BY_NAME, TopicName


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What was made of a fetch: a batch up to the first record that cannot be read, and the reason why it ends there.

    `skipped` are records within it that cannot be read and that an operator has given up.
    """

    batch: Batch
    skipped: list[Position] = field(default_factory=list)
    poison: PoisonRecord | None = None


class Reader:
    """Makes stretches of fetches. `counted` topics are counted, all others decoded."""

    def __init__(
        self,
        decode: Callable[[RawRecord], SinkRecord],
        *,
        skips: Skips = NO_SKIPS,
        counted: Collection[TopicName] = (),
    ) -> None:
        self._decode = decode
        self._counted = tuple(counted)
        self.skips = skips

    def read(self, raw: Sequence[RawRecord], progress: Mapping[Partition, int]) -> Stretch:
        """Raises Retryable where a schema, or what operators have decided, must be asked for and cannot be."""
        records: list[SinkRecord] = []
        skipped: list[Position] = []
        for at, one in enumerate(raw):
            if one.partition.topic in self._counted:
                continue
            try:
                records.append(self._decode(one))
            except PoisonRecord as poison:
                if self.skips.reason_for(poison.position) is None:
                    batch = self._batch(records, raw[:at], cut(progress, raw[at:]))
                    return Stretch(batch=batch, skipped=skipped, poison=poison)
                skipped.append(poison.position)
        return Stretch(batch=self._batch(records, raw, progress), skipped=skipped)

    def _batch(
        self, records: Iterable[SinkRecord], raw: Iterable[RawRecord], progress: Mapping[Partition, int]
    ) -> Batch:
        counted = (one for one in raw if one.partition.topic in self._counted) if self._counted else ()
        return Batch(records=tuple(records), progress=progress, received=received(counted))


def cut(progress: Mapping[Partition, int], left: Iterable[RawRecord]) -> Mapping[Partition, int]:
    """The progress that leaves the records of `left` to be read."""
    first: dict[Partition, int] = {}
    for one in left:
        first.setdefault(one.partition, one.offset)
    return {**progress, **first}


def received(raw: Iterable[RawRecord]) -> Mapping[Received, int]:
    """Input records by the tenant that their key names, partition and hour."""
    counts = Counter((one.key, one.partition.number, _hour(one.timestamp)) for one in raw)
    found: Counter[Received] = Counter()
    for (key, number, hour), count in counts.items():
        found[Received(tenant_id=tenant_of_key(key), partition=number, hour=hour)] += count
    return found


def decode(codec: Codec, raw: RawRecord) -> SinkRecord:
    """The record, its key as text. Raises PoisonRecord; Retryable where a schema must be fetched and cannot be."""
    try:
        key = (raw.key or b"").decode()
        value = _value(codec, raw)
    except (Undecodable, UnicodeDecodeError) as error:
        raise PoisonRecord(raw.partition.at(raw.offset), f"cannot be read: {error}", key=_shown(raw.key)) from error
    if not key:
        raise PoisonRecord(raw.partition.at(raw.offset), "has no key")
    if value is None:
        return _tombstone(raw, key)
    return SinkRecord(partition=raw.partition, offset=raw.offset, timestamp=raw.timestamp, key=key, value=value)


def _tombstone(raw: RawRecord, key: str) -> SinkRecord:
    try:
        gone = tombstones.read(raw.headers, raw.timestamp)
    except ValueError as error:
        raise PoisonRecord(raw.partition.at(raw.offset), f"cannot be read: {error}", key=key) from error
    at, words = gone.recorded_at, gone.words
    return SinkRecord(partition=raw.partition, offset=raw.offset, timestamp=at, key=key, value=None, words=words)


def _value(codec: Codec, raw: RawRecord) -> Record | None:
    record = TOPIC_BY_NAME[raw.partition.topic].record
    assert record is not None, "no sink reads a topic of bytes"
    return None if raw.value is None else codec.decoder(record)(raw.value)


def _shown(key: bytes | None) -> str:
    return (key or b"").decode(errors="backslashreplace")


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
