"""Messages to rows of vectors: a row a message, without a vector where it says nothing.

Asks nothing but the embedder.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from struct import pack
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.keys import split_key
from schemas.records import Message
from sinks.embeddings.ports import Embedder
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
    key=("model", "tenant_id", "conversation_id", "message_id"),
    gone="removed",
    columns=(
        *(_column(name, "text") for name in ("model", "tenant_id", "conversation_id", "message_id")),
        _column("vector", "halfvec"),
    ),
)


def vector_rows(records: Iterable[SinkRecord], embedder: Embedder) -> list[Row]:
    """The rows of the newest record of each message. Raises PoisonRecord for a key that names none."""
    messages = (record for record in records if record.partition.topic == MESSAGE_VECTORS.topic)
    latest = list(newest(messages, lambda record: record.key).values())
    vectors = iter(embedder.embed([text for text in map(_text, latest) if text]))
    return [_row(record, next(vectors) if _text(record) else None, embedder.name) for record in latest]


def as_halfvec(vector: NDArray[np.float32]) -> bytes:
    """As pgvector's binary form has it: how many numbers, two bytes of nothing, the numbers in 16 bits each."""
    return pack(">HH", len(vector), 0) + vector.astype(">f2").tobytes()


def _text(record: SinkRecord) -> str:
    text = record.value.text if isinstance(record.value, Message) else None
    return (text or "").strip()


def _row(record: SinkRecord, vector: NDArray[np.float32] | None, model: str) -> Row:
    """A vector of zeros says nothing: it is as far from everything as from nothing."""
    held = as_halfvec(vector) if vector is not None and vector.any() else None
    return (model, *_named(record), held, held is None, FIRST, record.offset)


def _named(record: SinkRecord) -> tuple[str, ...]:
    try:
        tenant_id, conversation_id, message_id = split_key(record.key)
    except ValueError as error:
        raise PoisonRecord(record.position, f"names no message: {error}", key=record.key) from error
    return tenant_id, conversation_id, message_id
