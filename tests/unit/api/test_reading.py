"""What is read over HTTP, and the commands: requests become questions to the ports, and their answers JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from api.models.people import MessagePage, StoredMessage
from api.models.recall import RecallResult
from api.models.values import PositionShape
from schemas.enums import CommandType, Kind
from schemas.ids import ItemId, TenantId, UserId, item_id
from schemas.records import Position
from streams.extraction.slots import SLOTS, Catalogue, Catalogues, Slot
from support.api_fakes import TENANT, World, an_item, world

pytestmark = pytest.mark.asyncio

JSON = {"Content-Type": "application/json"}
ITEM_ID = UUID("0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10")


def with_item(**changes: Any) -> World:
    w = world()
    w.items.known[TENANT, ITEM_ID] = an_item(**changes)
    return w


async def test_an_item_shows_what_the_contract_names() -> None:
    async with with_item().client() as client:
        (item,) = (await client.get("/v1/users/ana/items")).json()["items"]
    assert item["item_id"] == str(ITEM_ID)
    assert item["validity"] == [["2024-05-17T00:00:00Z", None]]
    assert item["recorded_at"] == "2024-05-17T00:00:00Z"
    assert item["evidence"] == [
        {
            "message_id": "m-1",
            "conversation_id": "family",
            "topic": "conversation.events.v1",
            "partition": 1,
            "offset": 7,
            "start": 12,
            "end": 17,
            "quote": "Porto",
            "tense": "present",
            "rule": "home@1",
            "occurred_at": "2024-05-17T00:00:00Z",
        }
    ]
    expected = {"kind", "slot", "value", "status", "confidence", "valid_from", "valid_to", "granularity", "due_from"}
    assert expected | {"due_to", "superseded_by", "retention_level", "extractor", "evidence_count"} <= item.keys()


async def test_filters_reach_the_question() -> None:
    w = world()
    async with w.client() as client:
        await client.get(
            "/v1/users/a%2Fb/items",
            params={
                "kind": "fact",
                "slot": "home_city",
                "status": "active",
                "valid_at": "2024-01-01T00:00:00Z",
                "known_at": "2024-02-01T00:00:00+02:00",
                "limit": 7,
                "cursor": "c",
                "fold": "false",
            },
        )
    ((tenant, user, wanted, limit, cursor),) = w.items.asked
    assert (tenant, user, limit, cursor, wanted.fold) == (TENANT, "a/b", 7, "c", False)
    assert (wanted.kind, wanted.slot, wanted.status) == ("fact", "home_city", "active")
    assert wanted.valid_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert wanted.known_at == datetime(2024, 1, 31, 22, tzinfo=UTC)


async def test_one_item_is_found_by_its_id_in_its_own_tenant_only() -> None:
    w = with_item()
    w.keys.add("alv_" + "o" * 43, tenant="other")
    async with w.client() as client:
        assert (await client.get(f"/v1/items/{ITEM_ID}")).json()["value"] == "Porto"
    async with w.client("alv_" + "o" * 43) as client:
        assert (await client.get(f"/v1/items/{ITEM_ID}")).status_code == 404


async def test_an_item_as_it_was_known() -> None:
    w = with_item()
    async with w.client() as client:
        await client.get(f"/v1/items/{ITEM_ID}?known_at=2024-02-01T00:00:00%2B02:00")
        assert w.items.asked_at == datetime(2024, 1, 31, 22, tzinfo=UTC)
        assert (await client.get(f"/v1/items/{ITEM_ID}?known_at=yesterday")).status_code == 422


async def test_a_profile_tells_where_it_comes_from() -> None:
    async with world().client() as client:
        assert (await client.get("/v1/users/ana/profile")).json() == {
            "user_id": "ana",
            "slots": [],
            "top": [],
            "preferences": [],
            "tasks": [],
            "events": [],
            "active_items": 0,
            "recorded_at": None,
            "read_from": "redis",
        }


async def test_messages_of_a_conversation() -> None:
    w = world()
    at = datetime(2024, 5, 17, tzinfo=UTC)
    turn = StoredMessage(
        message_id="m-1",
        user_id="ana",
        speaker_name=None,
        role="user",
        text="Hi",
        occurred_at=at,
        timezone=None,
        reply_to=None,
        language=None,
        remember=True,
        recalled=False,
        attributes={},
        redactions=[],
        edited_at=None,
        deleted_at=None,
        recorded_at=at,
        position=PositionShape(topic="t", partition=0, offset=1),
    )
    w.people.turns[TENANT, "a/b"] = MessagePage(conversation_id="a/b", messages=[turn], next_cursor="n")
    async with w.client() as client:
        answer = (await client.get("/v1/conversations/a%2Fb/messages")).json()
    assert answer["next_cursor"] == "n"
    assert answer["messages"][0]["occurred_at"] == "2024-05-17T00:00:00Z"


async def test_recall_passes_the_question_and_shows_its_evidence() -> None:
    w = world()
    w.recall.results = [
        RecallResult(
            kind="message",
            id="m-1",
            score=2.5,
            text="We moved.",
            message_ids=["m-1"],
            user_id="ana",
            occurred_at=datetime(2024, 5, 17, tzinfo=UTC),
        )
    ]
    question = {"query": "Where?", "conversation_id": "c", "limit": 100, "asked_at": "2024-06-01T00:00:00Z"}
    async with w.client() as client:
        body = (await client.post("/v1/recall", json=question)).json()
    assert body["after_reached"] is None
    assert body["results"][0]["message_ids"] == ["m-1"]
    ((tenant, asked),) = w.recall.asked
    assert (tenant, asked.query, asked.limit, asked.conversation_id) == (TENANT, "Where?", 100, "c")


@pytest.mark.parametrize("reached", [True, False])
async def test_recall_waits_for_what_was_just_said(reached: bool) -> None:
    w = world()
    w.freshness.queryable = reached
    after = {"topic": "conversation.events.v1", "partition": 2, "offset": 9}
    async with w.client() as client:
        body = (await client.post("/v1/recall", json={"query": "q", "user_id": "ana", "after": after})).json()
    assert body["after_reached"] is reached
    assert w.freshness.waited == [(Position(topic="conversation.events.v1", partition=2, offset=9), 10.0)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"query": ""},
        {"query": "a\x00b"},
        {"query": "a\ud800b"},
        {"conversation_id": "\ud800", "query": "q"},
        {"query": "q", "limit": 0},
        {"query": "q", "limit": 101},
        {"query": "q", "conversation": "misspelt"},
        {"query": "q", "kinds": ["rumour"]},
        {"query": "q", "kinds": []},
        {"query": "q", "known_at": "1066-10-14T00:00:00Z"},
        {"query": "q", "after": {"topic": "t", "partition": 0, "offset": -1}},
        {"query": "q" * 8_193},
    ],
)
async def test_a_question_that_cannot_be_understood_names_its_field(wrong: dict[str, Any]) -> None:
    async with world().client() as client:
        answer = await client.post("/v1/recall", content=json.dumps(wrong), headers=JSON)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"].split(".")[0] in wrong


async def test_remembering_sends_a_command_and_names_the_item() -> None:
    w = world()
    async with w.client() as client:
        answer = await client.post(
            "/v1/users/ana/items", json={"kind": "fact", "slot": "home_city", "value": "The Porto"}
        )
    assert answer.status_code == 202
    (command,) = w.log.commands
    assert command.type is CommandType.REMEMBER
    assert (command.kind, command.slot, command.value) == (Kind.FACT, "home_city", "The Porto")
    body = answer.json()
    assert body["command_id"] == command.command_id
    assert body["position"]["topic"] == "memory.commands.v1"
    assert body["item_id"] == command.item_id == item_id(TENANT, UserId("ana"), "fact", "home_city", "porto")


@pytest.mark.parametrize(
    ("wrong", "field", "reason"),
    [
        ({"kind": "fact", "slot": "shoe_size", "value": "39"}, "slot", "unknown_slot"),
        ({"kind": "fact", "slot": "age", "value": "old"}, "value", "invalid_value"),
        (
            {
                "kind": "fact",
                "slot": "home_city",
                "value": "Porto",
                "valid_from": "2024-01-02T00:00:00Z",
                "valid_to": "2024-01-01T00:00:00Z",
            },
            "body",
            "value_error",
        ),
        ({"kind": "fact", "slot": "home_city", "value": "  "}, "value", "invalid_value"),
    ],
)
async def test_what_no_slot_can_hold_is_refused(wrong: dict[str, Any], field: str, reason: str) -> None:
    w = world()
    async with w.client() as client:
        answer = await client.post("/v1/users/ana/items", json=wrong)
    assert answer.status_code == 422
    assert [(e["field"], e["reason"]) for e in answer.json()["errors"]] == [(field, reason)]
    assert w.log.commands == []


async def test_a_slot_of_the_tenant_is_remembered_and_corrected_like_any_other() -> None:
    shoes = Slot(kind=Kind.FACT, name="shoe_size", single_valued=True)
    w = world(catalogues=Catalogues({TENANT: Catalogue((*SLOTS, shoes))}))
    w.items.known[TENANT, ITEM_ID] = an_item(slot="shoe_size", value="42")
    async with w.client() as client:
        remembered = await client.post("/v1/users/ana/items", json={"kind": "fact", "slot": "shoe_size", "value": "43"})
        corrected = await client.patch(f"/v1/items/{ITEM_ID}", json={"value": "44"})
    assert [answer.status_code for answer in (remembered, corrected)] == [202, 202]
    assert [(each.slot, each.value) for each in w.log.commands] == [("shoe_size", "43"), ("shoe_size", "44")]
    assert remembered.json()["item_id"] == item_id(TENANT, UserId("ana"), "fact", "shoe_size", "43")


async def test_a_slot_of_one_tenant_is_unknown_to_another() -> None:
    shoes = Slot(kind=Kind.FACT, name="shoe_size", single_valued=True)
    w = world(catalogues=Catalogues({TenantId("other"): Catalogue((*SLOTS, shoes))}))
    async with w.client() as client:
        answer = await client.post("/v1/users/ana/items", json={"kind": "fact", "slot": "shoe_size", "value": "43"})
    assert (answer.status_code, answer.json()["errors"][0]["reason"]) == (422, "unknown_slot")


async def test_correcting_names_both_items() -> None:
    w = with_item()
    async with w.client() as client:
        answer = await client.patch(f"/v1/items/{ITEM_ID}", json={"value": "Braga"})
    assert answer.status_code == 202
    (command,) = w.log.commands
    assert (command.type, command.item_id, command.value) == (CommandType.CORRECT, ItemId(str(ITEM_ID)), "Braga")
    assert answer.json()["superseded_item_id"] == str(ITEM_ID)
    assert answer.json()["item_id"] == item_id(TENANT, UserId("ana"), "fact", "home_city", "braga")


async def test_forgetting_sends_a_command_about_the_item() -> None:
    w = with_item()
    async with w.client() as client:
        answer = await client.delete(f"/v1/items/{ITEM_ID}")
    assert answer.status_code == 202
    (command,) = w.log.commands
    assert (command.type, command.item_id, command.value) == (CommandType.FORGET, ItemId(str(ITEM_ID)), None)
    assert command.user_id == "ana"


async def test_lists_of_users_and_conversations_take_a_limit_and_a_cursor() -> None:
    w = world()
    async with w.client() as client:
        assert (await client.get("/v1/users?limit=5&cursor=x")).json() == {"users": [], "next_cursor": None}
        assert (await client.get("/v1/conversations")).json() == {"conversations": [], "next_cursor": None}
    assert w.people.asked == [(TENANT, 5, "x"), (TENANT, 100, None)]
