"""One trace from a request to the rows, over Kafka, through every process on the way."""

from __future__ import annotations

import os
import time
from uuid import uuid4

import httpx
import pytest

from support.collector import Collector, Told
from support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SERVICES = {f"alluvium-{name}" for name in ("api", "extract", "consolidate", "sink-postgres", "sink-redis")}
ARRIVE_SECONDS = 30.0
SECRET = "Coimbra"


def spoken(name: str) -> dict[str, str]:
    return {
        "event_id": f"{name}.1",
        "type": "message.recorded",
        "conversation_id": name,
        "message_id": "m1",
        "user_id": f"{name}.ines",
        "role": "user",
        "text": f"I live in {SECRET}.",
        "occurred_at": "2026-03-01T10:00:00Z",
    }


def told(collector: Collector, trace_id: str, caller: str) -> list[Told]:
    """The spans of a trace, once its last ones have come, and all that they hang below: each process sends its own."""
    deadline = time.monotonic() + ARRIVE_SECONDS
    last = {("alluvium-sink-postgres", "land memory.items.v1"), ("alluvium-sink-redis", "land memory.profiles.v1")}
    while True:
        spans = collector.of(trace_id)
        known = {caller, *(span.span_id for span in spans)}
        if last <= {(span.service, span.name) for span in spans} and {span.parent_id for span in spans} <= known:
            return spans
        assert time.monotonic() < deadline, spans
        time.sleep(0.1)


@pytest.mark.skipif("ALLUVIUM_TEST_STACK" in os.environ, reason="a stack that is there sends its spans elsewhere")
def test_one_request_is_one_trace_through_every_process(stack: Stack, collector: Collector) -> None:
    name, trace_id, caller = f"traced-{uuid4().hex[:8]}", uuid4().hex, uuid4().hex[:16]
    headers = {"Authorization": f"Bearer {stack.environment['API_KEY']}", "traceparent": f"00-{trace_id}-{caller}-01"}
    url = stack.environment["API_URL"] + "/v1/events"
    assert httpx.post(url, json=[spoken(name)], headers=headers).status_code == httpx.codes.ACCEPTED
    spans = told(collector, trace_id, caller)
    assert {span.service for span in spans} == SERVICES
    assert not any(word in str(span) for span in spans for word in (SECRET, name))
    untraced = {**spoken(name), "event_id": f"{name}.2", "message_id": "m2"}
    assert stack.call("POST", "/v1/events", [untraced]).is_success
    stack.drain()
    assert {span.trace_id for span in collector.spans} == {trace_id}
