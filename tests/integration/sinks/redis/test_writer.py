"""What the Redis sink keeps of a long conversation, for how long, and how a reader fills what was lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final, cast

import pytest
import redis

from schemas.records import Message
from sinks.ports import Batch
from sinks.redis.keys import COMPLETE, VALUE, VERSION, profile_key, recent_turns_key
from sinks.redis.scripts import SET_PROFILE, SET_TURNS, source
from sinks.redis.values import RECENT_TURNS, profile_value, read_turns, turn_arguments
from sinks.redis.writer import RedisSink
from support.derived import ANNA, CONVERSATION, TENANT, Tombstone, Topics, key_of, message, profile
from support.infrastructure import Infrastructure
from support.sink_sites import RedisSite
from topology.errors import Retryable

pytestmark = pytest.mark.integration

TTL_SECONDS: Final = 60  # as RedisSite makes its sinks
_generations = count(random.randrange(1_000_000, 2_000_000))

Fill = Callable[..., Any]


@pytest.fixture
def generation() -> int:
    return next(_generations)


@pytest.fixture
def site(infrastructure: Infrastructure, generation: int) -> Iterator[RedisSite]:
    found = RedisSite(infrastructure.redis_url, generation)
    yield found
    found.wipe()
    found.client.close()


@pytest.fixture
def turns_key(generation: int) -> str:
    return recent_turns_key(TENANT, CONVERSATION, generation)


@pytest.fixture
def fill(site: RedisSite, turns_key: str) -> Fill:
    """What a reader does after a miss: it sets what it found in PostgreSQL, with the rows' version_offset."""
    script = site.client.register_script(source(SET_TURNS))

    def set_turns(*rows: tuple[int, Message]) -> object:
        arguments = [one for version, row in rows for one in turn_arguments(key_of(row), version, row)]
        return script(keys=[turns_key], args=[TTL_SECONDS, RECENT_TURNS, "1", *arguments])

    return set_turns


def land(site: RedisSite, *batches: Batch) -> None:
    sink = site.sink()
    sink.start([])
    for batch in batches:
        sink.write(batch)
    sink.stop()


def said(topics: Topics, *records: Message | Tombstone) -> Batch:
    """What is appended, as a batch of its own."""
    before = len(topics.records)
    topics.append(*records)
    return topics.batches(before)[-1]


def texts(site: RedisSite, key: str) -> list[str]:
    fields = cast("dict[str, str]", site.client.hgetall(key))
    return [turn["text"] for turn in read_turns(fields)]


def test_of_a_long_conversation_the_latest_remain_whatever_their_order(site: RedisSite, turns_key: str) -> None:
    minutes = list(range(300))
    random.Random(3).shuffle(minutes)
    topics = Topics()
    topics.append(*(message(f"m{minute}", str(minute), minute=minute) for minute in minutes))
    land(site, *topics.batches(*range(7, 300, 7)))
    assert texts(site, turns_key) == [str(minute) for minute in range(250, 300)]
    assert site.client.hlen(turns_key) < RECENT_TURNS + 20


def test_turns_of_one_moment_are_kept_by_their_ids(site: RedisSite, turns_key: str) -> None:
    names = [f"{letter}{number:02d}" for letter in "Zaé" for number in range(40)]
    topics = Topics()
    topics.append(*(message(name, name) for name in reversed(names)))
    land(site, *topics.batches(*range(11, len(names), 11)))
    assert texts(site, turns_key) == sorted(names)[-RECENT_TURNS:]


def test_what_is_written_lives_for_a_while_from_its_last_change(
    site: RedisSite, turns_key: str, generation: int
) -> None:
    topics = Topics()
    topics.append(message("m1", "hello"), profile("Lisbon"))
    land(site, *topics.batches())
    for key in (turns_key, profile_key(TENANT, ANNA, generation)):
        assert 0 < site.client.ttl(key) <= TTL_SECONDS


def test_the_sink_alone_never_calls_a_conversation_complete(site: RedisSite, turns_key: str) -> None:
    land(site, said(Topics(), message("m1", "hello")))
    assert site.client.hget(turns_key, COMPLETE) is None


def test_a_reader_fills_what_was_lost_and_newer_turns_stay(site: RedisSite, turns_key: str, fill: Fill) -> None:
    topics = Topics()
    land(site, said(topics, message("m1", "first"), message("m2", "second", minute=1)))
    site.client.delete(turns_key)
    land(site, said(topics, message("m2", "second, edited", minute=1), message("m3", "third", minute=2)))
    fill((0, message("m1", "first")), (1, message("m2", "second", minute=1)))
    assert texts(site, turns_key) == ["first", "second, edited", "third"]
    assert site.client.hget(turns_key, COMPLETE) == "1"


def test_a_reader_with_an_old_picture_brings_no_deleted_turn_back(site: RedisSite, turns_key: str, fill: Fill) -> None:
    topics = Topics()
    land(site, said(topics, message("m1", "a secret")), said(topics, message("m1", None)))
    fill((0, message("m1", "a secret")))
    assert texts(site, turns_key) == []


def test_a_tombstone_takes_the_mark_of_completeness(site: RedisSite, turns_key: str, fill: Fill) -> None:
    fill((0, message("m1", "a secret")))
    topics = Topics()
    topics.append(message("m1", "a secret"))
    land(site, said(topics, Tombstone(of=message("m1", ""))))
    assert texts(site, turns_key) == []
    assert site.client.hget(turns_key, COMPLETE) is None


def test_a_reader_fills_a_profile_only_where_it_is_newer(site: RedisSite, generation: int) -> None:
    key = profile_key(TENANT, ANNA, generation)
    script = site.client.register_script(source(SET_PROFILE))
    assert script(keys=[key], args=[5, profile_value(profile("Porto")), TTL_SECONDS]) == 1
    assert script(keys=[key], args=[4, profile_value(profile("Lisbon")), TTL_SECONDS]) == 0
    assert script(keys=[key], args=[5, profile_value(profile("Lisbon")), TTL_SECONDS]) == 0
    kept = site.client.hgetall(key)
    assert kept[VERSION] == "5"
    assert "Porto" in kept[VALUE]


def test_scripts_that_the_server_forgot_are_brought_again(site: RedisSite, turns_key: str) -> None:
    topics = Topics()
    sink = site.sink()
    sink.start([])
    sink.write(said(topics, message("m1", "one")))
    site.client.script_flush()
    sink.write(said(topics, message("m2", "two", minute=1)))
    sink.stop()
    assert texts(site, turns_key) == ["one", "two"]


def test_a_server_that_is_away_is_waited_for() -> None:
    sink = RedisSink("redis://127.0.0.1:1/0", ttl_seconds=1)
    with pytest.raises(Retryable):
        sink.start([])
    with pytest.raises(Retryable):
        sink.write(said(Topics(), message("m1", "hello")))
    sink.stop()


def test_a_key_of_another_kind_is_no_matter_of_waiting(site: RedisSite, turns_key: str) -> None:
    site.client.set(turns_key, "not ours")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        land(site, said(Topics(), message("m1", "hello")))
