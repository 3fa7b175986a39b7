"""Generations of memory in PostgreSQL: tables of their own, one pointer, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.util import CommandError

from schemas.enums import ItemStatus
from sinks.generations.differences import COMPARED, Difference, differences
from sinks.generations.tables import Generations
from sinks.ports import Batch, Fenced
from sinks.postgres.migrate import history, migrate
from sinks.postgres.writer import PostgresSink
from support.derived import Tombstone, Topics, evidence, item, message, named, profile
from support.infrastructure import Infrastructure
from support.sink_sites import SINK, PostgresSite
from topology.errors import Misconfigured
from topology.generations import Serving

pytestmark = pytest.mark.integration

LIVE, SHADOW = 1, 2
ABOUT = "Generations of memory, each in a schema of its own, and views of the one that answers come from."
BEFORE = history()[[one.about for one in history()].index(ABOUT) - 1].number
"""The revision that knew no generations."""
ITEMS = "SELECT value FROM memory_items ORDER BY value"


@pytest.fixture
def site(infrastructure: Infrastructure) -> Iterator[PostgresSite]:
    with infrastructure.fresh_database() as url:
        migrate(url)
        yield PostgresSite(url)


@pytest.fixture
def generations(site: PostgresSite) -> Generations:
    found = Generations(url=site.url)
    assert found.create(SHADOW)
    return found


def batch(*said: object) -> Batch:
    topics = Topics()
    topics.append(*said)  # type: ignore[arg-type]
    (whole,) = topics.batches()
    return whole


def land(site: PostgresSite, generation: int, *said: object) -> None:
    """As a sink that has just started and ends at once."""
    sink, whole = PostgresSink(site.url, sink=SINK, generation=generation), batch(*said)
    sink.start(whole.progress)
    sink.write(whole)
    sink.stop()


def test_a_shadow_lands_beside_what_answers_and_what_is_shared_is_shared(
    site: PostgresSite, generations: Generations
) -> None:
    land(site, LIVE, item("Lisbon"), profile("Lisbon"), message("m1", "hello"))
    land(site, SHADOW, item("Porto"), evidence("Porto"), profile("Porto"), message("m2", "hello again"))

    assert site.ask(ITEMS) == [("Lisbon",)]
    assert site.ask("SELECT message_id, generation FROM messages ORDER BY 1") == [("m1", 1), ("m2", 1)]
    generations.serve(Serving(number=SHADOW, direct=False), "rules@2")
    assert site.ask(ITEMS) == [("Porto",)]
    assert site.ask("SELECT quote, generation FROM evidence") == [("Porto", 2)]
    assert site.ask("SELECT slots -> 0 ->> 'value' FROM profiles") == [("Porto",)]
    assert site.ask("SELECT value FROM memory_item_versions") == [("Porto",)]
    assert generations.serving() == Serving(number=SHADOW, direct=False)


def test_tables_are_made_once_and_like_those_that_serve(site: PostgresSite, generations: Generations) -> None:
    assert not generations.create(SHADOW)
    described = """
        SELECT relname, relkind, reloptions, array_agg((attname, atttypid, attnotnull, attgenerated) ORDER BY attname)
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
        GROUP BY 1, 2, 3 ORDER BY 1
    """
    assert site.ask(described, "generation_2") == site.ask(described, "generation_1") != []
    indexes = "SELECT tablename, regexp_replace(indexdef, '.* USING ', '') FROM pg_indexes WHERE schemaname = %s"
    assert sorted(site.ask(indexes, "generation_2")) == sorted(site.ask(indexes, "generation_1")) != []


def test_two_sinks_of_one_generation_fence_each_other_and_those_of_two_do_not(
    site: PostgresSite, generations: Generations
) -> None:
    assert generations.serving().number == LIVE
    whole = batch(item("Lisbon"))
    live, shadow, successor = (PostgresSink(site.url, sink=SINK, generation=n) for n in (LIVE, SHADOW, SHADOW))
    for sink in (live, shadow, successor):
        sink.start(whole.progress)
    live.write(whole)
    with pytest.raises(Fenced):
        shadow.write(whole)
    successor.write(whole)
    for sink in (live, shadow, successor):
        sink.stop()


def test_a_sink_without_tables_does_not_write_into_those_of_another(site: PostgresSite) -> None:
    sink = PostgresSink(site.url, sink=SINK, generation=3)
    with pytest.raises(Misconfigured, match=r"no tables for generation 3: .*generations create 3"):
        sink.start([])


def test_a_reader_is_never_the_one_that_gives_way(site: PostgresSite, generations: Generations) -> None:
    """It holds one view and asks for another while the pointer is moved: the mover waits, and neither fails."""
    land(site, LIVE, item("Lisbon"))
    with psycopg.connect(site.url) as reader, ThreadPoolExecutor(1) as pool:
        reader.execute("SELECT count(*) FROM memory_items")
        moving = pool.submit(generations.serve, Serving(number=SHADOW, direct=False), None)
        with pytest.raises(TimeoutError):
            moving.result(timeout=1.5)
        reader.execute("SELECT count(*) FROM evidence")
        reader.execute("SELECT count(*) FROM profiles")
        reader.commit()
        moving.result(timeout=30)
    assert generations.serving().number == SHADOW


def test_dropping_leaves_nothing_and_spares_what_serves(site: PostgresSite, generations: Generations) -> None:
    land(site, LIVE, item("Lisbon"))
    land(site, SHADOW, item("Porto"))
    with pytest.raises(Misconfigured, match="generation 1 serves"):
        generations.drop(LIVE)

    generations.drop(SHADOW)
    generations.drop(SHADOW)

    assert site.ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'generation_%%'") == [("generation_1",)]
    assert {topic for topic, _ in site.positions()} == {"memory.items.v1"}
    assert site.ask(ITEMS) == [("Lisbon",)]


def test_a_generation_that_was_never_made_cannot_serve(generations: Generations) -> None:
    with pytest.raises(Misconfigured, match="no tables of that generation"):
        generations.serve(Serving(number=7, direct=False), None)
    assert generations.serving().number == LIVE


def test_the_schema_does_not_come_down_below_what_it_holds(site: PostgresSite, generations: Generations) -> None:
    with pytest.raises((CommandError, psycopg.Error), match="other generations"):
        migrate(site.url, BEFORE)
    generations.drop(SHADOW)
    migrate(site.url, BEFORE)
    assert site.ask("SELECT count(*) FROM memory_items") == [(0,)]


def counts(found: list[Difference]) -> dict[tuple[str, str], int]:
    return {(each.slot, each.change): each.items for each in found}


def test_the_same_memory_differs_in_nothing(site: PostgresSite, generations: Generations) -> None:
    for generation in (LIVE, SHADOW):
        land(site, generation, item("Lisbon"), item("tea", slot="likes"))
    assert generations.serving().number == LIVE
    assert differences(site.url, LIVE, SHADOW, 3) == []


def test_what_differs_is_counted_by_slot_and_shown_with_its_words(site: PostgresSite, generations: Generations) -> None:
    assert generations.serving().number == LIVE
    chess = [item(f"chess {n}", slot="hobby") for n in range(5)]
    land(site, LIVE, item("Lisbon"), evidence("Lisbon"), item("tea", slot="likes"), item("gone", slot="owns"))
    land(site, SHADOW, item("Lisbon", status=ItemStatus.SUPERSEDED), evidence("Lisbon"), *chess)
    land(site, LIVE, item("kite", slot="owns"), Tombstone(of=item("kite", slot="owns")))
    retracted = item("never", slot="owns", status=ItemStatus.RETRACTED)
    land(site, SHADOW, *[retracted] * 9)

    found = differences(site.url, LIVE, SHADOW, 2)

    assert counts(found) == {
        ("home_city", "changed"): 1,
        ("hobby", "added"): 5,
        ("likes", "removed"): 1,
        ("owns", "removed"): 1,
    }
    told = {each.slot: [(example.told, example.quote) for example in each.examples] for each in found}
    assert told["home_city"] == [("Lisbon; status: active -> superseded", "Lisbon")]
    assert told["likes"] == [("tea (active)", None)]
    shown = sorted((named(one.value, "hobby"), one.value) for one in chess)[:2]
    assert told["hobby"] == [(f"{value} (active)", None) for _, value in shown]


def test_every_column_that_shows_is_compared(site: PostgresSite) -> None:
    columns = site.ask(
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_schema = 'generation_1' AND table_name = 'memory_items'"
    )
    names = {"tenant_id", "user_id", "item_id", "kind", "slot", "qualifier", "canonical"}
    derived = {"valid_from", "valid_to", "first_occurred_at", "last_occurred_at", "search", "deleted"}
    learned = {"extractor", "recorded_at", "cause_topic", "cause_partition", "cause_offset"}
    version = {"generation", "version_offset"}
    assert {name for (name,) in columns} - names - derived - learned - version == set(COMPARED)
