"""Every sink keeps the promise of `sinks.ports.Sink`, in memory and on the real databases."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from schemas.enums import ItemStatus
from sinks.ports import Batch, Fenced, Partition, Received, Sink, SinkRecord
from sinks.postgres.migrate import migrate
from support.derived import (
    NOON,
    TENANT,
    Tombstone,
    Topics,
    a_life,
    batch_of,
    evidence,
    item,
    message,
    partition_for,
    profile,
)
from support.infrastructure import Infrastructure
from support.sink_sites import MemorySite, PostgresSite, RedisSite, Site, VectorSite
from topology.tombstones import Words
from topology.topics import TopicName

HOUR = NOON.replace(minute=0, second=0, microsecond=0)
_generations = count(random.randrange(1_000, 1_000_000))


@pytest.fixture(scope="module")
def postgres_site(infrastructure: Infrastructure) -> Iterator[PostgresSite]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        yield PostgresSite(url)


@pytest.fixture(scope="module")
def vector_site(postgres_site: PostgresSite) -> VectorSite:
    return VectorSite(postgres_site.url)


@pytest.fixture(
    params=[
        "memory",
        pytest.param("postgres", marks=pytest.mark.integration),
        pytest.param("vectors", marks=pytest.mark.integration),
        pytest.param("redis", marks=pytest.mark.integration),
    ]
)
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """An empty database of each kind."""
    match request.param:
        case "memory":
            yield MemorySite()
        case "postgres":
            postgres: PostgresSite = request.getfixturevalue("postgres_site")
            postgres.wipe()
            yield postgres
        case "vectors":
            vectors: VectorSite = request.getfixturevalue("vector_site")
            vectors.wipe()
            yield vectors
        case "redis":
            infrastructure: Infrastructure = request.getfixturevalue("infrastructure")
            valkey = RedisSite(infrastructure.redis_url, next(_generations))
            yield valkey
            valkey.wipe()
            valkey.client.close()


@pytest.fixture
def opened(site: Site) -> Iterator[Callable[[], Sink]]:
    """Opens sinks that stay open until the test ends, as those of processes do that did not end well."""
    with ExitStack() as stack:

        def open_sink() -> Sink:
            sink = site.sink()
            stack.callback(sink.stop)
            return sink

        yield open_sink


def land(site: Site, *batches: Batch, restarting: bool = False) -> None:
    """Write the batches; with a process of its own for each, where `restarting`."""
    partitions = {partition for batch in batches for partition in batch.progress}
    sink = site.sink()
    sink.start(partitions)
    for batch in batches:
        if restarting:
            sink.stop()
            sink = site.sink()
            sink.start(partitions)
        sink.write(batch)
    sink.stop()


def contents_after(site: Site, batches: list[Batch]) -> dict[str, object]:
    """What the batches leave when nothing happens in between; what was there before is wiped."""
    site.wipe()
    land(site, *batches)
    return site.contents()


def test_everything_lands(site: Site) -> None:
    land(site, *a_life().batches())
    told = repr(site.contents())
    assert [sign for sign in site.signs if sign not in told] == []


@pytest.mark.parametrize("seed", range(4))
def test_where_batches_are_cut_changes_nothing(site: Site, seed: int) -> None:
    topics = a_life()
    chance = random.Random(seed)
    land(site, *topics.batches(*chance.sample(range(1, len(topics.records)), 5)), restarting=seed % 2 == 0)
    assert site.contents() == contents_after(site, a_life().batches())


def test_a_batch_lands_alike_whether_it_was_prepared_or_not(site: Site, opened: Callable[[], Sink]) -> None:
    sink = opened()
    first, second = a_life().batches(9)
    sink.start(a_life().ends)
    ready = sink.prepare(second)
    assert (ready.records, ready.progress, ready.received) == (second.records, second.progress, second.received)
    sent = [sink.write(sink.prepare(first)), sink.write(ready)]
    prepared = site.contents()
    site.wipe()
    plain = opened()
    plain.start(a_life().ends)
    assert sent == [plain.write(first), plain.write(second)]
    assert prepared == site.contents()


def test_one_record_a_batch_changes_nothing(site: Site) -> None:
    topics = a_life()
    land(site, *topics.batches(*range(1, len(topics.records))))
    assert site.contents() == contents_after(site, a_life().batches())


def test_a_new_process_goes_on_where_the_last_one_ended(site: Site, opened: Callable[[], Sink]) -> None:
    first, second = a_life().batches(9)
    sink = opened()
    assert set(sink.start(first.progress).values()) <= {0}
    sink.write(first)
    found = opened().start(first.progress)
    assert found == (first.progress if site.keeps_positions else {})
    land(site, second)
    assert site.contents() == contents_after(site, a_life().batches())


def test_what_is_written_again_after_a_lost_acknowledgement_changes_nothing(
    site: Site, opened: Callable[[], Sink]
) -> None:
    """A sink without positions gets the same records again, cut differently; one with positions refuses to repeat."""
    land(site, *a_life().batches())
    once = site.contents()
    if site.keeps_positions:
        stale = opened()
        found = stale.start(a_life().ends)
        assert found == a_life().ends
    else:
        land(site, *a_life().batches(4, 8, 15))
    assert site.contents() == once


def test_a_former_owner_writes_nothing_once_its_partitions_are_taken_over(
    site: Site, opened: Callable[[], Sink]
) -> None:
    first, second = a_life().batches(9)
    zombie, owner = opened(), opened()
    zombie.start(a_life().ends)
    zombie.write(first)
    owner.start(a_life().ends)
    if site.keeps_positions:
        with pytest.raises(Fenced):
            zombie.write(second)
        owner.write(second)
    else:
        owner.write(second)
        zombie.write(first)
    assert site.contents() == contents_after(site, a_life().batches())


def test_a_former_owner_is_refused_even_before_the_new_one_has_written(site: Site, opened: Callable[[], Sink]) -> None:
    """Else its write would move the position under the new owner, who would be the one that is refused."""
    if not site.keeps_positions:
        pytest.skip("keeps no positions")
    (batch,) = a_life().batches()
    zombie, owner = opened(), opened()
    zombie.start(batch.progress)
    owner.start(batch.progress)
    with pytest.raises(Fenced):
        zombie.write(batch)
    owner.write(batch)
    assert site.contents() == contents_after(site, [batch])


def test_losing_one_partition_refuses_the_whole_batch(site: Site, opened: Callable[[], Sink]) -> None:
    if not site.keeps_positions:
        pytest.skip("keeps no positions")
    (batch,) = a_life().batches()
    zombie, owner = opened(), opened()
    zombie.start(batch.progress)
    owner.start([next(iter(batch.progress))])
    with pytest.raises(Fenced):
        zombie.write(batch)
    assert site.contents() == contents_after(site, [])


def test_a_partition_that_is_taken_over_takes_no_other_with_it(site: Site, opened: Callable[[], Sink]) -> None:
    topics = a_life()
    messages = [record for record in topics.records if record.position.topic == TopicName.MESSAGES]
    others = [record for record in topics.records if record.position.topic != TopicName.MESSAGES]
    first, second = opened(), opened()
    first.start(topics.ends)
    second.start({partition_for(record) for record in messages})
    first.write(batch_of(others))
    second.write(batch_of(messages))
    assert site.contents() == contents_after(site, topics.batches())


def test_progress_over_nothing_but_markers_is_progress(site: Site, opened: Callable[[], Sink]) -> None:
    partition = Partition(topic=TopicName.MESSAGES, number=0)
    sink = opened()
    sink.start([partition])
    sink.write(Batch(records=(), progress={partition: 3}))
    sink.write(Batch(records=(), progress={partition: 5}))
    assert opened().start([partition]) == ({partition: 5} if site.keeps_positions else {})


@pytest.mark.parametrize("seen_before", [True, False])
def test_an_older_version_cannot_come_back_after_a_tombstone(site: Site, seen_before: bool) -> None:
    """Records are landed against their order here, as a zombie without a fence would."""
    topics = Topics()
    topics.append(message("m1", "a secret"), Tombstone(of=message("m1", "")))
    topics.append(profile("a secret"), Tombstone(of=profile()))
    topics.append(item("a secret"), Tombstone(of=item("a secret")))
    topics.append(evidence("a secret"), Tombstone(of=evidence("a secret")))
    if seen_before:
        land(site, *topics.batches())
    gone = [record for record in topics.records if record.value is None]
    late = [record for record in topics.records if record.value is not None]
    without_fence(site, gone)
    without_fence(site, late)
    told = repr(current(site))
    assert "a secret" not in told


def test_a_key_may_live_again_after_its_tombstone(site: Site) -> None:
    topics = Topics()
    topics.append(profile("Lisbon"), Tombstone(of=profile()), profile("Porto"))
    topics.append(message("m1", "Lisbon"), Tombstone(of=message("m1", "")), message("m1", "Porto"))
    land(site, *topics.batches(1, 2))
    assert site.signs[0] in repr(site.contents())


def test_an_older_version_is_refused_by_itself(site: Site) -> None:
    topics = Topics()
    topics.append(message("m1", "first words"), message("m1", "second words"))
    topics.append(item("Lisbon"), item("Lisbon", status=ItemStatus.ENDED), profile("first words"), profile("Porto"))
    older, newer = topics.records[::2], topics.records[1::2]
    without_fence(site, newer)
    once = current(site)
    without_fence(site, older)
    assert current(site) == once


def test_a_deleted_message_leaves_no_words(site: Site) -> None:
    topics = Topics()
    topics.append(message("m1", "my secret"), message("m1", None), evidence("my secret"))
    topics.append(Tombstone(of=evidence("my secret"), words=Words.DELETED))
    land(site, *topics.batches(1, 3))
    assert "my secret" not in repr(site.contents())


def test_an_item_that_is_gone_leaves_no_words_in_its_history(site: Site) -> None:
    topics = Topics()
    topics.append(item("my secret"), item("my secret", status=ItemStatus.ENDED), Tombstone(of=item("my secret")))
    land(site, *topics.batches(1))
    assert "my secret" not in repr(site.contents())


def test_what_was_received_is_counted_once_with_its_position(site: Site, opened: Callable[[], Sink]) -> None:
    if not site.keeps_positions:
        pytest.skip("keeps no positions")
    here = Partition(topic=TopicName.EVENTS, number=1)
    ours, nobodys = (Received(tenant_id=tenant, partition=1, hour=HOUR) for tenant in (TENANT, None))
    zombie, owner = opened(), opened()
    zombie.start([here])
    zombie.write(Batch(records=(), progress={here: 3}, received={ours: 2, nobodys: 1}))
    owner.start([here])
    lost = Batch(records=(), progress={here: 5}, received={ours: 1, nobodys: 1})
    with pytest.raises(Fenced):
        zombie.write(lost)
    owner.write(lost)
    assert site.received() == {ours: 3, nobodys: 2}


def test_stopping_twice_is_stopping(site: Site) -> None:
    sink = site.sink()
    sink.start([])
    sink.stop()
    sink.stop()


def without_fence(site: Site, records: list[SinkRecord]) -> None:
    """Land records whatever their order: each batch pretends to progress somewhere else."""
    elsewhere = Partition(topic=TopicName.OUTCOMES, number=99)
    sink = site.sink()
    at = sink.start([elsewhere]).get(elsewhere, 0)
    sink.write(Batch(records=tuple(records), progress={elsewhere: at + 1}))
    sink.stop()


HISTORIES = {"memory_item_versions", "evidence_versions", "message_texts"}


def current(site: Site) -> dict[str, object]:
    """What a reader is shown as current: history aside, which keeps every version."""
    return {name: rows for name, rows in site.contents().items() if name not in HISTORIES}
