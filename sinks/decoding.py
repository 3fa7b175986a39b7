"""Records as the broker gave them, to what they say.

A sink reads our own topics only: what cannot be read is our own fault, and nothing to skip.
"""

from __future__ import annotations

from schemas.codec import Codec, Undecodable
from schemas.records import Position, Record
from sinks.log import RawRecord
from sinks.ports import PoisonRecord, SinkRecord
from topology.topics import TOPIC_BY_NAME


def decode(codec: Codec, raw: RawRecord) -> SinkRecord:
    """The record, its key as text. Raises PoisonRecord; Retryable where a schema must be fetched and cannot be."""
    position = Position(topic=raw.partition.topic, partition=raw.partition.number, offset=raw.offset)
    try:
        key = (raw.key or b"").decode()
        value = _value(codec, raw)
    except (Undecodable, UnicodeDecodeError) as error:
        raise PoisonRecord(position, f"cannot be read: {error}") from error
    if not key:
        raise PoisonRecord(position, "has no key")
    return SinkRecord(position=position, timestamp=raw.timestamp, key=key, value=value)


def _value(codec: Codec, raw: RawRecord) -> Record | None:
    record = TOPIC_BY_NAME[raw.partition.topic].record
    assert record is not None, "no sink reads a topic of bytes"
    return None if raw.value is None else codec.decode(raw.value, record)
