"""POST /v1/events and GET /v1/events/{id}, through the application."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.readers.outcomes import RecordOutcome
from schemas.enums import EventType, OutcomeStatus
from schemas.records import Position
from support.api_fakes import TENANT, away, world

pytestmark = pytest.mark.asyncio


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": f"evt-{number}",
        "type": "message.recorded",
        "conversation_id": "family",
        "message_id": f"m-{number}",
        "user_id": "ana",
        "text": "We moved to Porto.",
        "occurred_at": "2024-05-17T09:30:00Z",
    } | changes


async def test_events_are_accepted_with_their_positions_in_order() -> None:
    w = world()
    async with w.client() as client:
        answer = await client.post("/v1/events", json=[event(1), event(2), event(3, conversation_id="work")])
    assert answer.status_code == 202
    body = answer.json()
    assert body["accepted"] == 3
    assert [p["event_id"] for p in body["positions"]] == ["evt-1", "evt-2", "evt-3"]
    assert [p["offset"] for p in body["positions"][:2]] == [0, 1]
    assert {p["topic"] for p in body["positions"]} == {"conversation.events.v1"}
    assert [e.type for e in w.log.events] == [EventType.MESSAGE_RECORDED] * 3
    assert {e.tenant_id for e in w.log.events} == {TENANT}


async def test_every_bad_event_and_field_is_named_and_nothing_is_sent() -> None:
    w = world()
    future = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    batch = [event(1), event(2, user_id=None, text="a\x00b"), event(3, occurred_at=future), 7]
    async with w.client() as client:
        answer = await client.post("/v1/events", json=batch)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    errors = answer.json()["errors"]
    assert {(e["index"], e.get("event_id"), e.get("field"), e["reason"]) for e in errors} == {
        (1, "evt-2", "user_id", "missing_field"),
        (1, "evt-2", "text", "nul_in_text"),
        (2, "evt-3", "occurred_at", "time_in_future"),
        (3, None, None, "wrong_type"),
    }
    assert w.log.events == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b"{}", 422),
        (b"[]", 422),
        (json.dumps([event(n) for n in range(1_001)]).encode(), 422),
        (b'[{"event_id": "\\ud800"}]', 422),
        (b"[" + b" " * (5 * 1024 * 1024) + b"]", 413),
    ],
    ids=["cut", "not utf-8", "deep", "object", "empty", "too many", "half a surrogate", "too large"],
)
async def test_what_is_no_batch_is_refused(body: bytes, status: int) -> None:
    w = world()
    async with w.client() as client:
        answer = await client.post("/v1/events", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert w.log.events == []


async def test_a_body_that_grows_beyond_the_limit_is_refused_though_it_announced_nothing() -> None:
    async def chunks() -> Any:
        for _ in range(6):
            yield b" " * 1024 * 1024

    w = world()
    async with w.client() as client:
        answer = await client.post("/v1/events", content=chunks())
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:alluvium:problem:request-entity-too-large"


async def test_a_broker_that_is_away_promises_nothing_and_says_when_to_come_back() -> None:
    w = world()
    w.log.error = away()
    async with w.client() as client:
        answer = await client.post("/v1/events", json=[event()])
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["type"] == "urn:alluvium:problem:unavailable"


def outcome(status: OutcomeStatus, offset: int, *items: str) -> RecordOutcome:
    at = Position(topic="conversation.events.v1", partition=1, offset=offset)
    return RecordOutcome(position=at, status=status, reasons=("redacted",), item_ids=items)


async def test_the_best_outcome_of_an_event_is_told() -> None:
    w = world()
    w.outcomes.known[TENANT, "evt-1"] = [
        outcome(OutcomeStatus.DUPLICATE, 9),
        outcome(OutcomeStatus.DEAD_LETTERED, 8),
        outcome(OutcomeStatus.STORED, 4, "item-1"),
        outcome(OutcomeStatus.REROUTED, 3),
    ]
    async with w.client() as client:
        answer = await client.get("/v1/events/evt-1")
    assert answer.status_code == 200
    assert answer.json() == {
        "event_id": "evt-1",
        "status": "stored",
        "reasons": ["redacted"],
        "position": {"topic": "conversation.events.v1", "partition": 1, "offset": 4},
        "item_ids": ["item-1"],
        "queryable": True,
    }


async def test_an_event_id_may_hold_slashes() -> None:
    w = world()
    w.outcomes.known[TENANT, "a/b c"] = [outcome(OutcomeStatus.STORED, 4)]
    async with w.client() as client:
        assert (await client.get("/v1/events/a%2Fb%20c")).json()["event_id"] == "a/b c"


async def test_waiting_is_passed_on_to_where_the_event_stands() -> None:
    w = world()
    w.freshness.queryable = False
    w.outcomes.known[TENANT, "evt-1"] = [outcome(OutcomeStatus.STORED, 4)]
    async with w.client() as client:
        answer = await client.get("/v1/events/evt-1", params={"wait_seconds": 5})
    assert answer.json()["queryable"] is False
    ((position, seconds),) = w.freshness.waited
    assert position.offset == 4
    assert 4.5 < seconds <= 5


async def test_an_event_nobody_knows_is_not_found() -> None:
    async with world().client() as client:
        answer = await client.get("/v1/events/evt-1")
    assert answer.status_code == 404
    assert answer.json()["title"] == "There is no such event"


async def test_another_tenant_s_event_is_not_found() -> None:
    w = world()
    w.outcomes.known["other", "evt-1"] = [outcome(OutcomeStatus.STORED, 4)]
    async with w.client() as client:
        assert (await client.get("/v1/events/evt-1")).status_code == 404


async def test_lag_tells_stages() -> None:
    async with world().client() as client:
        assert (await client.get("/v1/lag")).json() == {
            "pending": 0,
            "seconds": 0.0,
            "stages": {"extract": 0},
            "semantic_pending": None,
        }
