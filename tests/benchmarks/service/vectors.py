"""Synthetic vectors for every message of a database, and the index over them: meaning at size without hours of work.

`python -m benchmarks.service.vectors URL` with `PYTHONPATH=tests`. Clustered, as meanings are: unit vectors around
those that the model gives some thousand of the messages, so that the index has near and far to tell apart, and a
question lands among what is like it. Not for a database that anybody remembers in.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from struct import pack
from typing import Any, Final

import numpy as np
import psycopg
from psycopg import sql

from sinks.embeddings.catalogue import embedder
from sinks.embeddings.models import Models
from sinks.embeddings.ports import DIMENSIONS, Vectors

MODEL: Final = "minilm@1"
"""Which message has which of the vectors is chance; a question costs what it costs to embed."""
CENTRES: Final = 4_096
SPREAD: Final = 0.8
"""Of the noise beside a centre of length 1: neighbours of one centre have cosines of about .6."""
AT_ONCE: Final = 10_000
MEMORY: Final = "1536MB"
"""A million vectors of 384 halves with their edges; what does not fit is built many times more slowly."""

_HEAD: Final = pack(">HH", DIMENSIONS, 0)
"""Of a halfvec in pgvector's binary form."""


def fill(url: str, model: str = MODEL, *, seed: int = 7) -> int:
    """Give every message of `messages` one vector of `model`, then build its index. Returns how many.

    What the model had before is gone; it serves afterwards. About 40 s and, for the index, some minutes for a million.
    """
    models = Models(url=url)
    models.create(model)
    part = "message_vectors_" + model.translate(str.maketrans("-@", "__"))
    with psycopg.connect(url, autocommit=True) as connection:
        random = np.random.default_rng(seed)
        centres = _centres(connection, model)
        index = sql.Identifier(f"{part}_nearest")
        connection.execute(sql.SQL("DROP INDEX {}").format(index))
        connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(part)))
        filled = _copy(url, connection, part, model, random, centres)
        connection.execute("SELECT set_config('maintenance_work_mem', %s, false)", [MEMORY])
        connection.execute("SET max_parallel_maintenance_workers = 0")
        build = sql.SQL("CREATE INDEX {} ON {} USING hnsw (vector halfvec_cosine_ops)")
        connection.execute(build.format(index, sql.Identifier(part)))
        connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(part)))
    models.serve(model)
    return filled


def clustered(random: np.random.Generator, centres: Vectors, count: int) -> Vectors:
    """`count` unit vectors around centres that are drawn at random."""
    noise = random.standard_normal((count, DIMENSIONS)).astype(np.float32) * np.float32(SPREAD / DIMENSIONS**0.5)
    made = centres[random.integers(len(centres), size=count)] + noise
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def _centres(connection: psycopg.Connection[Any], model: str) -> Vectors:
    """The vectors of messages that stand at random places."""
    statement = "SELECT text FROM messages WHERE NOT removed AND text IS NOT NULL ORDER BY md5(message_id) LIMIT %s"
    return embedder(model).embed([text for (text,) in connection.execute(statement, (CENTRES,))])


def _copy(
    url: str,
    connection: psycopg.Connection[Any],
    part: str,
    model: str,
    random: np.random.Generator,
    centres: Vectors,
) -> int:
    filled = 0
    columns = "model, tenant_id, conversation_id, message_id, vector, removed, generation, version_offset"
    statement = sql.SQL("COPY {} (" + columns + ") FROM STDIN (FORMAT BINARY)").format(sql.Identifier(part))
    with psycopg.connect(url) as reading, connection.cursor() as cursor, cursor.copy(statement) as copying:
        copying.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for keys in _keys(reading):
            vectors = clustered(random, centres, len(keys)).astype(">f2")
            halves = (_HEAD + row.tobytes() for row in vectors)
            copying.write(b"".join(_row(model, key, half) for key, half in zip(keys, halves, strict=True)))
            filled += len(keys)
        copying.write(b"\xff\xff")
    return filled


def _keys(connection: psycopg.Connection[Any]) -> Iterator[list[tuple[Any, ...]]]:
    with connection.cursor("keys") as cursor:
        cursor.execute(
            "SELECT tenant_id, conversation_id, message_id, generation, version_offset FROM messages "
            "WHERE NOT removed AND text IS NOT NULL"
        )
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows


def _row(model: str, key: tuple[Any, ...], half: bytes) -> bytes:
    *names, generation, version = key
    values = (
        *(text.encode() for text in (model, *names)),
        half,
        b"\0",
        generation.to_bytes(4),
        version.to_bytes(8),
    )
    return (8).to_bytes(2) + b"".join(len(value).to_bytes(4) + value for value in values)


if __name__ == "__main__":
    began = time.monotonic()
    print(f"{fill(sys.argv[1])} vectors in {time.monotonic() - began:.0f} s")
