"""POST /v1/context: what is asked of whom, and that the answer is put together of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.auth import Scope
from api.context.material import Known, Said
from api.models.recall import RecallResult
from support.api_fakes import TENANT, World, away, world

START = datetime(2024, 5, 17, 9, tzinfo=UTC)


def result(message_id: str, text: str, **changes: Any) -> RecallResult:
    fields: dict[str, Any] = {
        "kind": "message",
        "id": message_id,
        "score": 1.0,
        "text": text,
        "message_ids": [message_id],
        "user_id": "ana",
        "speaker_name": "Ana",
        "role": "user",
        "conversation_id": "family",
        "occurred_at": START,
    }
    return RecallResult(**fields | changes)


def with_memory() -> World:
    w = world()
    w.surroundings.profile = [
        Known(item_id="i-1", kind="fact", slot="home_city", value="Porto", valid_from=None, valid_to=None)
    ]
    w.surroundings.recent = [
        Said(
            conversation_id="family",
            message_id="m-2",
            user_id="ana",
            speaker_name="Ana",
            role="user",
            text="See you.",
            occurred_at=START,
            rank=0,
        )
    ]
    w.recall.results = [
        result("m-1", "We moved."),
        result("m-2", "See you."),
        result("m-3", "You live in Porto.", role="assistant"),
        result("i-1", "home city: Porto", kind="item", conversation_id=None, item_kind="fact", slot="home_city"),
        result("i-2", "pet: cat", kind="item", conversation_id=None, item_kind="relation", slot="pet", value="cat"),
    ]
    w.surroundings.repeated = {("family", "m-3")}
    return w


async def test_each_thing_is_told_once_and_what_repeats_memory_not_at_all() -> None:
    w = with_memory()
    async with w.client() as client:
        answer = (await client.post("/v1/context", json={"user_id": "ana", "query": "Where?"})).json()
    assert answer["context"].splitlines() == [
        "<recalled-memory>",
        "## Profile",
        "- home city: Porto",
        "## Relevant",
        "- pet: cat",
        "- 2024-05-17 09:00 Ana: We moved.",
        "## Recent turns",
        "- 2024-05-17 09:00 Ana: See you.",
        "</recalled-memory>",
    ]
    assert (answer["tokenizer"], answer["recalled"], answer["after_reached"]) == ("o200k_base", True, None)
    ((tenant, question),) = w.recall.asked
    assert (tenant, question.user_id, question.conversation_id, question.query) == (TENANT, "ana", None, "Where?")


async def test_without_a_query_nothing_is_looked_up() -> None:
    w = with_memory()
    async with w.client() as client:
        answer = (await client.post("/v1/context", json={"user_id": "ana", "conversation_id": "family"})).json()
    assert w.recall.asked == []
    assert [line["section"] for line in answer["lines"]] == ["profile", "recent"]
    ((_, wanted),) = w.surroundings.asked
    assert (wanted.user_id, wanted.conversation_id, wanted.asked_at) == ("ana", "family", None)


async def test_what_was_said_after_the_question_is_not_told() -> None:
    w = with_memory()
    asked = {"user_id": "ana", "query": "Where?", "asked_at": "2024-05-17T08:59:00Z"}
    async with w.client() as client:
        answer = (await client.post("/v1/context", json=asked)).json()
    assert {name for line in answer["lines"] for name in line["message_ids"]} == {"m-2"}, (
        "what is recent the reader decides"
    )
    ((_, wanted),) = w.surroundings.asked
    assert wanted.asked_at == datetime(2024, 5, 17, 8, 59, tzinfo=UTC)


async def test_a_position_is_waited_for() -> None:
    w = with_memory()
    w.freshness.queryable = False
    after = {"topic": "conversation.events.v1", "partition": 1, "offset": 7}
    async with w.client() as client:
        asked = {"user_id": "ana", "after": after, "wait_seconds": 0.5}
        answer = (await client.post("/v1/context", json=asked)).json()
    assert answer["after_reached"] is False
    ((position, seconds),) = w.freshness.waited
    assert (position.offset, seconds) == (7, 0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"user_id": ""},
        {"user_id": "ana", "max_tokens": 15},
        {"user_id": "ana", "max_tokens": 32_001},
        {"user_id": "ana", "format": "xml"},
        {"user_id": "ana", "query": ""},
        {"user_id": "ana", "budget": 3},
    ],
)
async def test_what_cannot_be_understood_is_refused(wrong: dict[str, Any]) -> None:
    async with world().client() as client:
        answer = await client.post("/v1/context", json=wrong)
    assert answer.status_code == 422


async def test_a_key_must_be_able_to_read() -> None:
    w = world()
    w.keys.add(scopes=frozenset(Scope) - {Scope.READ})
    async with w.client() as client:
        assert (await client.post("/v1/context", json={"user_id": "ana"})).status_code == 403


async def test_while_the_database_is_away_nothing_is_made_up() -> None:
    w = with_memory()
    w.surroundings.error = away()
    async with w.client() as client:
        assert (await client.post("/v1/context", json={"user_id": "ana"})).status_code == 503
