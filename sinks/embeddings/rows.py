"""Messages to rows of vectors: a row a part, part 0 always, and a row without a vector where there is no text.

Asks nothing but the embedder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from struct import pack
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.keys import split_key
from schemas.records import Message
from sinks.embeddings.parts import parts_of
from sinks.embeddings.ports import Embedder, Vectors
from sinks.ports import PoisonRecord, SinkRecord
from sinks.postgres.rows import Row
from sinks.postgres.tables import Column, Table
from sinks.projections import newest
from topology.generations import FIRST
from topology.topics import TopicName


def _column(name: str, type_name: str) -> Column[Message]:
    """One whose value is not of the record alone: `vector_rows` fills it."""
    return Column(name=name, type=type_name, of=attrgetter(name))


MESSAGE_VECTORS: Final = Table(
    name="message_vectors",
    topic=TopicName.MESSAGES,
    record=Message,
    key=("model", "tenant_id", "conversation_id", "message_id", "part"),
    gone="removed",
    columns=(
        *(_column(name, "text") for name in ("model", "tenant_id", "conversation_id", "message_id")),
        _column("part", "int2"),
        _column("vector", "halfvec"),
    ),
    upsert=("upsert_heads", "clear_parts", "insert_parts"),
)


def vector_rows(records: Iterable[SinkRecord], embedder: Embedder) -> list[Row]:
    """The rows of the newest record of each message. Raises PoisonRecord for a key that names none."""
    messages = (record for record in records if record.partition.topic == MESSAGE_VECTORS.topic)
    latest = list(newest(messages, lambda record: record.key).values())
    parts = [_parts(record) for record in latest]
    vectors = embedder.embed([part for each in parts for part in each])
    return list(_rows(latest, parts, vectors, embedder.name))


def as_halfvec(vector: NDArray[np.float32]) -> bytes:
    """As pgvector's binary form has it: how many numbers, two bytes of nothing, the numbers in 16 bits each."""
    return pack(">HH", len(vector), 0) + vector.astype(">f2").tobytes()


def _parts(record: SinkRecord) -> list[str]:
    text = record.value.text if isinstance(record.value, Message) else None
    return parts_of(text) if text and not text.isspace() else []


def _rows(records: Sequence[SinkRecord], parts: Sequence[list[str]], vectors: Vectors, model: str) -> Iterator[Row]:
    at = 0
    for record, each in zip(records, parts, strict=True):
        named, version = (model, *_named(record)), (FIRST, record.offset)
        if not each:
            yield (*named, 0, None, True, *version)
        for part in range(len(each)):
            yield (*named, part, as_halfvec(vectors[at + part]), False, *version)
        at += len(each)


def _named(record: SinkRecord) -> tuple[str, ...]:
    try:
        tenant_id, conversation_id, message_id = split_key(record.key)
    except ValueError as error:
        raise PoisonRecord(record.position, f"names no message: {error}", key=record.key) from error
    return tenant_id, conversation_id, message_id
