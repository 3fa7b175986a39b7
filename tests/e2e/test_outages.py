"""What callers see while Kafka or Redis is away, on the whole stack: a plain refusal, or the same answer, slower."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

STORED = "SELECT count(*) FROM outcomes WHERE conversation_id = %s AND status = 'stored'"
MESSAGES = "SELECT count(*) FROM messages WHERE conversation_id = %s"


def events(conversation: str, count: int) -> list[dict[str, Any]]:
    return [
        {
            "event_id": f"{conversation}.{number}",
            "type": "message.recorded",
            "conversation_id": conversation,
            "message_id": f"m{number}",
            "user_id": f"{conversation}.ines",
            "role": "user",
            "text": "I live in Lisbon.",
            "occurred_at": f"2026-03-01T10:{number:02}:00Z",
        }
        for number in range(count)
    ]


def post(stack: Stack, sent: list[dict[str, Any]]) -> httpx.Response:
    """One attempt."""
    environment = stack.environment
    headers = {"Authorization": f"Bearer {environment['API_KEY']}"}
    return httpx.post(environment["API_URL"] + "/v1/events", json=sent, headers=headers, timeout=60)


def test_without_kafka_nothing_is_promised_and_the_same_events_sent_again_count_once(stack: Stack) -> None:
    name = f"no-kafka-{uuid4().hex[:8]}"
    sent = events(name, 20)
    with stack.without("kafka"):
        refused = post(stack, sent)
        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert int(refused.headers["Retry-After"]) >= 1
    for _ in range(2):
        assert stack.call("POST", "/v1/events", sent).status_code == httpx.codes.ACCEPTED
    stack.drain()
    assert stack.count(STORED, name) == 20
    assert stack.count(MESSAGES, name) == 20


def values(profile: httpx.Response) -> list[str]:
    return [line["value"] for line in profile.json()["slots"]]


def test_without_redis_reads_fall_through_to_postgresql(stack: Stack) -> None:
    name = f"no-redis-{uuid4().hex[:8]}"
    paths = (f"/v1/users/{name}.ines/profile", f"/v1/conversations/{name}/messages")
    assert stack.call("POST", "/v1/events", events(name, 5)).status_code == httpx.codes.ACCEPTED
    stack.drain()
    before = [stack.call("GET", path) for path in paths]
    assert all(answer.is_success for answer in before)
    assert "Lisbon" in before[0].text
    with stack.without("valkey"):
        during = [stack.call("GET", path) for path in paths]
    assert [answer.status_code for answer in during] == [200, 200]
    assert values(during[0]) == values(before[0]) == ["Lisbon"]
    assert during[1].json() == before[1].json()
