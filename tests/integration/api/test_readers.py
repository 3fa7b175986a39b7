"""The statements on a real PostgreSQL, over rows that the real sink landed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from api.models.items import ItemFilter
from api.readers.database import Database
from api.readers.items import ItemReader
from api.readers.outcomes import OutcomeReader
from api.readers.people import PeopleReader
from schemas.enums import OutcomeStatus
from support.api_story import ACME, ANA, FAMILY, LATER, LISBON, OTHER, PORTO, RECORDED, START
from topology.retention import RetentionPolicies

pytestmark = pytest.mark.integration

ANY = ItemFilter()


async def test_items_of_a_user_with_the_words_they_rest_on(database: Database) -> None:
    page = await ItemReader(database, RetentionPolicies()).of_user(ACME, ANA, ANY, 100, None, LATER)
    found = {item.value: item for item in page.items}
    assert set(found) == {"Lisbon", "Porto"}
    assert page.next_cursor is None
    lisbon = found["Lisbon"]
    assert (lisbon.status, lisbon.superseded_by, lisbon.valid_to) == ("superseded", PORTO, START)
    assert lisbon.validity == [(START - timedelta(days=700), START)]
    (source,) = found["Porto"].evidence
    assert (source.message_id, source.conversation_id, source.quote) == ("m-1", "family", "Porto")
    assert (source.topic, source.partition, source.offset) == ("conversation.events.v1", 0, 0)
    assert source.end - source.start == len("Porto")


async def test_pages_of_one_hold_everything_once(database: Database) -> None:
    reader = ItemReader(database, RetentionPolicies())
    first = await reader.of_user(ACME, ANA, ANY, 1, None, LATER)
    second = await reader.of_user(ACME, ANA, ANY, 1, first.next_cursor, LATER)
    assert {i.item_id for page in (first, second) for i in page.items} == {LISBON, PORTO}
    assert second.next_cursor is None


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        (ItemFilter(status="active"), {"Porto"}),
        (ItemFilter(kind="fact", slot="home_city"), {"Lisbon", "Porto"}),
        (ItemFilter(kind="event"), set()),
        (ItemFilter(slot="hometown"), set()),
        (ItemFilter(valid_at=START - timedelta(days=1)), {"Lisbon"}),
        (ItemFilter(valid_at=START + timedelta(days=1)), {"Porto"}),
        (ItemFilter(known_at=RECORDED, status="active"), {"Lisbon"}),
        (ItemFilter(known_at=RECORDED, valid_at=START + timedelta(days=1)), {"Lisbon"}),
        (ItemFilter(known_at=LATER, status="active"), {"Porto"}),
        (ItemFilter(known_at=RECORDED - timedelta(seconds=1)), set()),
    ],
)
async def test_filters(database: Database, wanted: ItemFilter, values: set[str]) -> None:
    page = await ItemReader(database, RetentionPolicies()).of_user(ACME, ANA, wanted, 100, None, LATER)
    assert {item.value for item in page.items} == values


async def test_one_item_and_its_history(database: Database) -> None:
    reader = ItemReader(database, RetentionPolicies())
    item = await reader.one(ACME, UUID(LISBON), LATER)
    history = await reader.history(ACME, UUID(LISBON), 1_000, None)
    assert item is not None
    assert item.value == "Lisbon"
    assert history is not None
    assert history.user_id == ANA
    assert [(v.status, v.recorded_at) for v in history.versions] == [("active", RECORDED), ("superseded", LATER)]
    first = await reader.history(ACME, UUID(LISBON), 1, None)
    assert first is not None
    second = await reader.history(ACME, UUID(LISBON), 1, first.next_cursor)
    assert second is not None
    assert [v.status for v in second.versions] == ["superseded"]


async def test_what_is_not_there_is_not_found(database: Database) -> None:
    reader = ItemReader(database, RetentionPolicies())
    assert await reader.one(ACME, UUID(int=0), LATER) is None
    assert await reader.history(ACME, UUID(int=0), 10, None) is None
    assert (await reader.of_user(ACME, "nobody", ANY, 10, None, LATER)).items == []


async def test_ids_of_another_tenant_are_not_found(database: Database) -> None:
    reader = ItemReader(database, RetentionPolicies())
    assert await reader.one(OTHER, UUID(PORTO), LATER) is None
    assert await reader.history(OTHER, UUID(PORTO), 10, None) is None
    page = await reader.of_user(OTHER, ANA, ANY, 10, None, LATER)
    assert {item.value for item in page.items} == {"Lisbon elsewhere", "Porto elsewhere"}


async def test_outcomes_of_an_event(database: Database) -> None:
    (outcome,) = await OutcomeReader(database).of_event(ACME, "evt-m-1")
    assert (outcome.status, outcome.position.offset, outcome.item_ids) == (OutcomeStatus.STORED, 0, (PORTO,))
    assert await OutcomeReader(database).of_event(ACME, "evt-none") == []


async def test_turns_come_by_event_time_a_page_at_a_time(database: Database) -> None:
    reader = PeopleReader(database)
    first = await reader.messages(ACME, FAMILY, 4, None)
    second = await reader.messages(ACME, FAMILY, 4, first.next_cursor)
    assert [m.message_id for m in (*first.messages, *second.messages)] == [f"m-{n}" for n in range(1, 7)]
    assert second.next_cursor is None
    turn = first.messages[0]
    assert (turn.role, turn.speaker_name, turn.attributes) == ("user", "Ana", {"app": "test"})
    assert turn.position.offset == 0


async def test_users_and_conversations(database: Database) -> None:
    reader = PeopleReader(database)
    first = await reader.users(ACME, 1, None)
    second = await reader.users(ACME, 1, first.next_cursor)
    assert [(u.user_id, u.speaker_name, u.messages) for u in (*first.users, *second.users)] == [
        ("ana", "Ana", 3),
        ("rui", "Rui", 3),
    ]
    (conversation,) = (await reader.conversations(ACME, 10, None)).conversations
    assert (conversation.conversation_id, conversation.messages, conversation.users) == ("family", 6, 2)
