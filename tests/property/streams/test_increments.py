"""What is kept up record by record is what one would compute anew from all rows."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given

from schemas.ids import ItemId, TenantId, UserId
from schemas.keys import split_key
from schemas.records import ConversationEvent, Evidence, MemoryItem, Profile
from streams.extraction.slots import BUILT_IN
from streams.processors.assertions import Owner
from streams.processors.items import Cause, shows_the_same, version
from streams.processors.profiles import anew
from streams.processors.timeline import standings
from streams.stores import RunStores
from support.conversations import arrivals, histories, repetitions
from support.memory import CODEC, Memory
from topology.stages import EVIDENCE_ROWS, ITEM_SUMMARIES, PROFILE_ROWS


@given(repetitions() | histories().flatmap(arrivals))
def test_items_and_profiles_are_at_any_time_those_of_a_full_rebuild(arrived: list[ConversationEvent]) -> None:
    memory = Memory()
    for event in arrived:
        memory.hear(event)
        for table in memory.replay.stages[1].tables:
            check(RunStores(table, CODEC))


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
        version(standing, items[item], Cause(position=items[item].cause, recorded_at=items[item].recorded_at, lane=0))
        for rows in tracks.values()
        for item, standing in standings(rows).items()
    ]


def profile_anew(key: str, profile: Profile, items: dict[ItemId, MemoryItem]) -> Profile:
    tenant_id, user_id = split_key(key)
    owner = Owner(tenant_id=TenantId(tenant_id), user_id=UserId(user_id), catalogue=BUILT_IN)
    mine = [item for item in items.values() if item.user_id == user_id]
    return anew(owner, mine, profile.recorded_at)
