"""What is kept up record by record is what one would compute anew from all rows."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import ItemId, TenantId, UserId
from schemas.keys import split_key
from schemas.records import ConversationEvent, Evidence, MemoryItem, Profile, Record
from streams.extraction.slots import BUILT_IN
from streams.processors.assertions import Owner
from streams.processors.items import Cause, shows_the_same, version
from streams.processors.profiles import anew
from streams.processors.timeline import standings
from streams.stores import RunStores
from support.conversations import arrivals, histories, repetitions
from support.folding import Stage, command_records, consolidate, event_records, extract, extraction_records
from support.memory import CODEC, Memory
from support.orders import orders
from topology.retention import RetentionPolicy
from topology.stages import EVIDENCE_ROWS, ITEM_SUMMARIES, PROFILE_ROWS
from topology.topics import TopicName


@given(repetitions() | histories().flatmap(arrivals))
def test_items_and_profiles_are_at_any_time_those_of_a_full_rebuild(arrived: list[ConversationEvent]) -> None:
    memory = Memory()
    for event in arrived:
        memory.hear(event)
        for table in memory.replay.stages[1].tables:
            check(RunStores(table, CODEC))


@given(st.data())
def test_a_profile_can_be_rebuilt_from_the_topic_of_items_alone(data: st.DataObject) -> None:
    found = extract().run(event_records(data.draw(histories().flatmap(arrivals)))).extractions
    ordered = data.draw(orders(found))
    stage = consolidate().run(extraction_records(found), command_records(ordered))
    topics = latest(stage)

    for key, profile in topics[TopicName.PROFILES].items():
        assert isinstance(profile, Profile)
        items = {each.item_id: each for each in topics[TopicName.ITEMS].values() if isinstance(each, MemoryItem)}
        assert profile == profile_anew(key, profile, items)


def latest(stage: Stage) -> dict[TopicName, dict[str, Record]]:
    """What compaction would leave of each topic, by key."""
    kept: dict[TopicName, dict[str, Record]] = defaultdict(dict)
    for output in stage.outputs:
        if isinstance(output.value, Record):
            kept[output.topic][str(output.key)] = output.value
        else:
            kept[output.topic].pop(str(output.key), None)
    return kept


def check(stores: RunStores) -> None:
    items = {item.item_id: item for _, item in stores.scan(ITEM_SUMMARIES, "")}
    for expected in rebuilt(stores, items):
        assert shows_the_same(items[expected.item_id], expected)
    for key, profile in stores.scan(PROFILE_ROWS, ""):
        assert profile == profile_anew(key, profile, items)


def rebuilt(stores: RunStores, items: dict[ItemId, MemoryItem]) -> list[MemoryItem]:
    tracks: dict[tuple[str, ...], list[Evidence]] = defaultdict(list)
    for key, row in stores.scan(EVIDENCE_ROWS, ""):
        tracks[split_key(key)[:3]].append(row)
    return [
        version(standing, items[item], cause_of(items[item]), RetentionPolicy())
        for rows in tracks.values()
        for item, standing in standings(rows).items()
    ]


def cause_of(item: MemoryItem) -> Cause:
    return Cause(position=item.cause, recorded_at=item.recorded_at, lane=0)


def profile_anew(key: str, profile: Profile, items: dict[ItemId, MemoryItem]) -> Profile:
    tenant_id, user_id = split_key(key)
    owner = Owner(
        tenant_id=TenantId(tenant_id), user_id=UserId(user_id), catalogue=BUILT_IN, retention=RetentionPolicy()
    )
    mine = [item for item in items.values() if item.user_id == user_id]
    return anew(owner, mine, profile.recorded_at)
