"""Vectors in PostgreSQL: of the text that counts and of no other, one model beside another, found by the index."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from schemas.records import Message
from sinks.embeddings.hashing import Hashing
from sinks.embeddings.models import Models
from sinks.embeddings.rows import as_halfvec
from sinks.embeddings.writer import VectorSink
from sinks.ports import Batch, Fenced, Partition
from sinks.postgres.migrate import migrate
from support.derived import Tombstone, Topics, message
from support.infrastructure import Infrastructure
from topology.errors import Misconfigured
from topology.stages import EMBEDDINGS_SINK, of_model
from topology.topics import TopicName

pytestmark = pytest.mark.integration

ELSEWHERE = Partition(topic=TopicName.OUTCOMES, number=99)


class Renamed(Hashing):
    """Another model, of which all else is known."""

    name = "renamed@2"


@pytest.fixture(scope="module")
def database(infrastructure: Infrastructure) -> Iterator[str]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        yield url


@pytest.fixture
def models(database: str) -> Iterator[Models]:
    """With `hashing@1` alone, which serves."""
    models = Models(url=database)
    models.create(Hashing.name)
    yield models
    for one in sorted(models.every(), key=lambda one: one.state == "serving"):
        models.drop(one.name)


def ask(url: str, query: str, *parameters: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def rows(url: str) -> list[tuple[object, ...]]:
    return ask(url, "SELECT message_id, version_offset, removed FROM message_vectors ORDER BY 1")


def sink_of(url: str, embedder: Hashing) -> VectorSink:
    return VectorSink(url, sink=of_model(EMBEDDINGS_SINK, embedder.name).group, embedder=embedder)


def land(url: str, batch: Batch, embedder: Hashing) -> None:
    sink = sink_of(url, embedder)
    sink.start(batch.progress)
    sink.write(sink.prepare(batch))
    sink.stop()


def land_anyhow(url: str, topics: Topics, *numbers: int) -> None:
    """Records by number, against their order, as a zombie without a fence would."""
    for number in numbers:
        sink = sink_of(url, Hashing())
        at = sink.start([ELSEWHERE])[ELSEWHERE]
        sink.write(Batch(records=(topics.records[number],), progress={ELSEWHERE: at + 1}))
        sink.stop()


@pytest.mark.parametrize("last", [message("m1", None), Tombstone(of=message("m1", ""))])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_deletion_takes_the_vector_out_whatever_comes_first(
    database: str, models: Models, order: tuple[int, ...], last: Message | Tombstone
) -> None:
    topics = Topics()
    topics.append(message("m1", "a secret"), last)
    land_anyhow(database, topics, *order)
    assert rows(database) == [("m1", 1, True)]
    assert ask(database, "SELECT count(*) FROM message_vectors WHERE vector IS NOT NULL") == [(0,)]


def test_a_second_model_reads_from_the_beginning_and_the_first_answers_until_it_is_switched(
    database: str, models: Models
) -> None:
    topics = Topics()
    topics.append(message("m1", "I live in Porto"), message("m2", "and I like tea"))
    first, second = topics.batches(1)
    land(database, first, Hashing())
    models.create(Renamed.name)
    assert [(one.name, one.state) for one in models.every()] == [("hashing@1", "serving"), ("renamed@2", "building")]
    land(database, first, Renamed())
    land(database, second, Renamed())
    land(database, second, Hashing())
    counts = "SELECT model, count(*) FROM message_vectors GROUP BY model ORDER BY model"
    assert ask(database, counts) == [("hashing@1", 2), ("renamed@2", 2)]
    models.serve(Renamed.name)
    assert [one.state for one in models.every()] == ["building", "serving"]
    models.drop(Hashing.name)
    assert ask(database, counts) == [("renamed@2", 2)]
    assert ask(database, "SELECT DISTINCT sink FROM sink_offsets") == [(of_model(EMBEDDINGS_SINK, "renamed@2").group,)]


def test_a_model_tells_how_far_it_is_behind_the_rows(database: str, models: Models) -> None:
    topics = Topics()
    topics.append(message("m1", "I live in Porto"), message("m2", "and I like tea"))
    ask(
        database,
        "INSERT INTO sink_offsets (sink, topic, partition, next_offset, generation, epoch) "
        "VALUES ('sink-postgres-v1', %s, %s, 5, 1, 1) RETURNING 1",
        TopicName.MESSAGES,
        topics.records[0].partition.number,
    )
    assert [(one.started, one.behind) for one in models.every()] == [(False, 5)]
    land(database, topics.batches()[0], Hashing())
    assert [(one.started, one.behind) for one in models.every()] == [(True, 3)]
    ask(database, "DELETE FROM sink_offsets RETURNING 1")


def test_a_sink_whose_model_is_dropped_writes_nothing_and_is_not_started_again(database: str, models: Models) -> None:
    models.create(Renamed.name)
    topics = Topics()
    topics.append(message("m1", "I live in Porto"))
    (batch,) = topics.batches()
    sink = sink_of(database, Renamed())
    sink.start(batch.progress)
    models.drop(Renamed.name)
    with pytest.raises(Fenced):
        sink.write(batch)
    sink.stop()
    with pytest.raises(Misconfigured, match="dropped"):
        sink.start(batch.progress)


def test_an_unknown_model_neither_serves_nor_goes(database: str, models: Models) -> None:
    with pytest.raises(Misconfigured, match="no model"):
        models.serve("renamed@2")
    with pytest.raises(Misconfigured, match="no model"):
        models.drop("renamed@2")


def test_a_halfvec_of_ours_is_what_pgvector_reads(database: str, models: Models) -> None:
    sent = as_halfvec(Hashing().embed(["I live in Porto"])[0])
    assert len(sent) == 4 + 2 * 384
    topics = Topics()
    topics.append(message("m1", "I live in Porto"))
    land(database, topics.batches()[0], Hashing())
    assert ask(database, "SELECT vector_norm(vector::vector)::float4, vector_dims(vector) FROM message_vectors") == [
        (pytest.approx(1, abs=1e-3), 384)
    ]
    assert ask(database, "SELECT halfvec_send(vector) FROM message_vectors") == [(sent,)]
