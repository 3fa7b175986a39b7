"""Near duplicates in answers: one item, the ids it stands for, and the words of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from api.models.items import ItemFilter
from api.models.recall import RecallRequest
from api.readers.database import Database
from api.readers.items import ItemReader
from api.readers.recall import RecallReader
from schemas.enums import Kind
from schemas.ids import ItemId, MessageId, item_id
from schemas.keys import join_key
from schemas.records import MemoryItem
from sinks.postgres.migrate import migrate
from support.api_story import ACME, ANA, FAMILY, LATER, START, Landed, evidence, land, memory_item, message
from support.infrastructure import Infrastructure
from topology.retention import RetentionPolicies
from topology.topics import TopicName

pytestmark = pytest.mark.integration


def liked(value: str, count: int) -> MemoryItem:
    item = memory_item(ACME, value, value, START)
    name = item_id(ACME, ANA, "preference", "likes", value)
    return replace(item, item_id=name, kind=Kind.PREFERENCE, slot="likes", evidence_count=count)


PLAYING, PLAY, CHESS = liked("playing guitar", 2), liked("play guitar", 1), liked("chess", 1)


@pytest.fixture(scope="module")
def database_url(infrastructure: Infrastructure) -> Iterator[str]:
    """Anna likes playing guitar, said in two ways, and chess."""
    with infrastructure.fresh_database() as url:
        migrate(url)
        for number, item in enumerate((PLAYING, PLAY, CHESS), start=1):
            land(url, told(number, item), first_offset=100 * number)
        yield url


def told(number: int, item: MemoryItem) -> list[Landed]:
    """The message that says so, the item and its evidence."""
    said = message(ACME, number, f"m-{number}", ANA, f"I like {item.value}.")
    proof = evidence(ACME, item, said, item.value)
    keys = join_key(ACME, FAMILY, said.message_id), join_key(ACME, ANA, item.item_id)
    return [
        Landed(topic=TopicName.MESSAGES, key=keys[0], value=said),
        Landed(topic=TopicName.ITEMS, key=keys[1], value=item),
        Landed(topic=TopicName.EVIDENCE, key=join_key(ACME, ANA, item.item_id, FAMILY, said.message_id), value=proof),
    ]


async def test_a_list_shows_it_once_with_the_words_of_both(database: Database) -> None:
    page = await ItemReader(database, RetentionPolicies()).of_user(ACME, ANA, ItemFilter(), 100, None, LATER)

    found = {item.value: item for item in page.items}
    assert set(found) == {"playing guitar", "chess"}
    assert [ItemId(other) for other in found["playing guitar"].stands_for] == [PLAY.item_id]
    assert [source.message_id for source in found["playing guitar"].evidence] == ["m-1", "m-2"]
    assert found["chess"].stands_for == []


async def test_a_list_shows_each_where_that_is_asked_for(database: Database) -> None:
    wanted = ItemFilter(fold=False)
    page = await ItemReader(database, RetentionPolicies()).of_user(ACME, ANA, wanted, 100, None, LATER)

    assert {item.value for item in page.items} == {"playing guitar", "play guitar", "chess"}


async def test_recall_gives_it_one_place_and_the_messages_of_both(database: Database) -> None:
    request = RecallRequest(query="Who plays guitar?", user_id=ANA, kinds=["item"])
    (found,) = await RecallReader(database, RetentionPolicies()).recall(ACME, request, LATER)

    assert (found.value, found.stands_for) == ("playing guitar", [PLAY.item_id])
    assert {MessageId(name) for name in found.message_ids} == {"m-1", "m-2"}
    assert found.salience is not None
