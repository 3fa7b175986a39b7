"""For any T, answers with `known_at` are those of a memory that was fed only the records of before T: on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import pytest

from schemas.ids import TenantId
from schemas.keys import conversation_routing, join_key, partition_of, user_routing
from schemas.records import ConversationEvent, MemoryCommand, Position
from streams.ports import RawRecord
from streams.replay import Replay, both_stages
from support.as_of import Asked, Landing, answers_of, asked_at, deleted_in, differences, land_as_of, migrated, replayed
from support.infrastructure import Infrastructure
from support.lives import ARRIVED, EXTRACTOR, given, told
from support.memory import CODEC
from support.speech import START, TENANT
from topology.topics import TopicName

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PARTITIONS = 4
MOMENTS = int(os.environ.get("AS_OF") or 5)
"""How many T are tried."""
SEED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A life as the broker has it, landed in a database."""

    records: list[RawRecord]
    whole: Replay
    url: str


@pytest.fixture(scope="module")
def world(infrastructure: Infrastructure) -> Iterator[World]:
    records = inputs(SEED)
    with infrastructure.fresh_database() as url:
        whole = unevenly_read(records)
        Landing(migrated(url)).take(whole).land()
        yield World(records=records, whole=whole, url=url)


def inputs(seed: int) -> list[RawRecord]:
    """Events and commands as they come to the broker, each some milliseconds after the one before."""
    chance, events = Random(seed), told(seed)
    mixed: list[ConversationEvent | MemoryCommand] = list(events)
    for number, command in enumerate(given(seed, events)):
        mixed.insert(chance.randrange(len(mixed) // 3, len(mixed)), replace(command, command_id=command.command_id))
        assert number < len(mixed)
    ends: dict[tuple[str, int], int] = {}
    at, records = ARRIVED, []
    for each in mixed:
        at += timedelta(milliseconds=chance.choice((0, 1, 1, 5)))
        records.append(_raw(each, at, ends))
    return records


def _raw(each: ConversationEvent | MemoryCommand, at: object, ends: dict[tuple[str, int], int]) -> RawRecord:
    if isinstance(each, ConversationEvent):
        topic, routing = TopicName.EVENTS, conversation_routing(each.tenant_id, each.conversation_id)
        key = routing
    else:
        topic, routing = TopicName.COMMANDS, user_routing(each.tenant_id, each.user_id)
        key = join_key(each.tenant_id, each.user_id, each.command_id)
    partition = partition_of(routing, PARTITIONS)
    offset = ends[topic, partition] = ends.get((topic, partition), -1) + 1
    position = Position(topic=topic, partition=partition, offset=offset)
    return RawRecord(position=position, timestamp=at, key=key.encode(), value=CODEC.encode(each))  # type: ignore[arg-type]


def unevenly_read(records: list[RawRecord]) -> Replay:
    """Both stages, with lanes that are ahead of each other by dozens of records, and commands read late or early."""
    replay = Replay(both_stages(EXTRACTOR, partitions=PARTITIONS), codec=CODEC, partitions=PARTITIONS, run_records=7)
    lanes: dict[tuple[str, int], list[RawRecord]] = {}
    for raw in records:
        lanes.setdefault((raw.topic, raw.position.partition), []).append(raw)
    chance = Random(SEED)
    while lanes:
        lane = chance.choice(sorted(lanes))
        step = chance.randrange(5, 40)
        replay.take(lanes[lane][:step])
        lanes[lane] = lanes[lane][step:]
        if not lanes[lane]:
            del lanes[lane]
    return replay


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_pages_of_what_was_known_hold_everything_once(world: World, limit: int) -> None:
    known_at = world.records[-1].timestamp
    async with asked_at(world.url, TENANT, known_at) as memory:
        paged = await memory.items("anna", known_at, limit=limit)
        plain = await memory.items("anna", None)
    places = [(item["kind"], item["slot"], item["item_id"]) for item in paged]
    assert places == sorted(set(places))
    assert places == [(item["kind"], item["slot"], item["item_id"]) for item in plain]


def moments(records: list[RawRecord]) -> list[RawRecord]:
    chance = Random(SEED)
    return chance.sample(records, min(MOMENTS, len(records)))


async def test_answers_are_those_of_a_memory_that_was_fed_no_more(world: World, infrastructure: Infrastructure) -> None:
    asked = Asked(
        tenant_id=TenantId(TENANT),
        users=["anna", "ben", "nobody"],
        conversations=["kitchen", "work", "travels"],
        queries=["Where do I live? Lisbon Porto", "likes sister party task", "moved last week tomorrow"],
        valid_at=[START, START + timedelta(minutes=45), START + timedelta(days=3)],
    )
    found = []
    for last in moments(world.records):
        at = last.timestamp
        fed = replayed([raw for raw in world.records if raw.timestamp <= at], PARTITIONS)
        deleted_since = {key: one for key, one in deleted_in(world.whole).items() if key not in deleted_in(fed)}
        with infrastructure.fresh_database() as url:
            land_as_of(migrated(url), fed, deleted_since)
            async with asked_at(world.url, TENANT, at) as memory, asked_at(url, TENANT, at) as second:
                one, other = await answers_of(memory, asked, at), await answers_of(second, asked, None)
        found += [f"{at}: {told}" for told in differences(one, other)]
    assert asked.items > 10 * MOMENTS
    assert not found, "\n".join(found[:5])
