"""The records of `make bench-peers`: the same messages as our sink reads them, and as flat JSON for sinks of others.

Free of I/O. Others read one JSON object a row, its fields named like the columns of `messages`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from schemas.codec import Codec
from schemas.records import Message
from sinks.postgres.rows import said
from sinks.postgres.tables import MESSAGES
from sinks.projections import moment
from support.derived import key_of, message, number_of
from topology.generations import FIRST

TOPIC: Final = "bench.messages.json"
TYPES: Final = {
    "timestamptz": {"type": "string", "name": "io.debezium.time.ZonedTimestamp"},
    "jsonb": {"type": "string", "name": "io.debezium.data.Json"},
    "bool": {"type": "boolean"},
    "int4": {"type": "int32"},
    "int8": {"type": "int64"},
}
"""Of Kafka Connect, by type of a column; every other is a string."""

Sent = tuple[int, bytes, bytes]
"""Partition, key, value."""

_WORDS: Final = ("lake", "Saturday", "weather", "bread", "children", "bring", "meet", "garden", "kitchen", "river")


def messages(count: int) -> Iterator[Message]:
    """So many, each key once, of 500 conversations."""
    for n in range(count):
        words = " ".join(_WORDS[(n + at * 7) % len(_WORDS)] for at in range(8 + n % 12))
        yield message(f"m{n}", f"{words} {n}", minute=n % 50_000, conversation=f"c{n % 500}")


def as_we_read_them(count: int, codec: Codec, partitions: int) -> Iterator[Sent]:
    for one in messages(count):
        yield number_of(one, partitions), key_of(one).encode(), codec.encode(one)


def as_others_read_them(count: int, partitions: int) -> Iterator[Sent]:
    """In the same partitions and order, so that the version, which is the offset, is the same."""
    offsets: Counter[int] = Counter()
    for one in messages(count):
        number = number_of(one, partitions)
        yield number, key_of(one).encode(), json.dumps(flat(one, offsets[number])).encode()
        offsets[number] += 1


def flat(one: Message, offset: int) -> dict[str, Any]:
    """The row of our sink, each value as JSON has it or as PostgreSQL reads it from a text."""
    row = said(MESSAGES, one, FIRST, offset)
    return {name: _plain(kind, value) for (name, kind), value in zip(MESSAGES.types.items(), row, strict=True)}


def _plain(kind: str, value: Any) -> Any:
    match kind:
        case "timestamptz":
            return moment(value)
        case "jsonb":
            return json.dumps(value)
        case "text[]":
            return "{" + ",".join(value) + "}"
    return value


def connect_schema() -> str:
    """The schema for Kafka Connect's JSON converter, which then needs none in the records."""
    fields = [
        {"field": name, "optional": True, **TYPES.get(kind, {"type": "string"})}
        for name, kind in MESSAGES.types.items()
    ]
    return json.dumps({"type": "struct", "name": "alluvium.Message", "fields": fields})
