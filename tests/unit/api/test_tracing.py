"""The service continues a trace into Kafka, names requests by their route, and tells nobody's name."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from confluent_kafka import Message
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.app import create_app
from api.ingest import kafka
from api.ingest.kafka import MOST_TRACED, KafkaLog
from schemas.codec import Codec, ShippedSchemaIds
from support.api_fakes import KEY, PARTITIONS, SECRET, world
from support.spans import TRACE, header
from topology.settings import Settings
from topology.tracing import sampled_in

pytestmark = pytest.mark.asyncio


def event(number: int) -> dict[str, Any]:
    return {
        "event_id": f"evt-{number}",
        "type": "message.recorded",
        "conversation_id": "family",
        "message_id": f"m-{number}",
        "user_id": "ana",
        "text": "We moved to Porto.",
        "occurred_at": "2024-05-17T09:30:00Z",
    }


class Producer:
    """Acknowledges at once, and keeps the headers of each record."""

    sent: list[list[tuple[str, bytes]]]

    def __init__(self, _config: object) -> None:
        Producer.sent = []

    def produce(
        self, topic: str, value: bytes, key: bytes, *, partition: int, on_delivery: Callable[..., None], headers: Any
    ) -> None:
        Producer.sent.append(headers)
        on_delivery(None, Message(topic=topic, partition=partition, offset=len(Producer.sent)))


async def asked(method: str, path: str, body: object = None, **headers: str) -> list[ReadableSpan]:
    """The spans of one request to a service that follows what is sampled, and begins no trace."""
    log = KafkaLog({}, Codec(ShippedSchemaIds()), PARTITIONS)
    app = create_app(Settings(secret_key=SECRET, tracing_sample_ratio=0.0), replace(world().dependencies(), log=log))
    found = InMemorySpanExporter()
    app.state.spans.start(found)
    given = {"Authorization": f"Bearer {KEY}"} | headers
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", headers=given) as client:
        await client.request(method, path, json=body)
    await asyncio.to_thread(app.state.spans.stop)
    return list(found.get_finished_spans())


@pytest.fixture(autouse=True)
def _producer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "Producer", Producer)


async def test_events_carry_the_trace_of_their_request() -> None:
    sending, request = await asked("POST", "/v1/events", [event(1), event(2)], traceparent=header())
    assert (sending.name, request.name) == ("send conversation.events.v1", "POST /v1/events")
    assert request.parent is not None
    assert sending.parent is not None
    assert (format(request.context.trace_id, "032x"), request.parent.span_id) == (TRACE, 0xB)
    assert sending.parent.span_id == request.context.span_id
    carried = [sampled_in(headers) for headers in Producer.sent]
    assert [parent and parent.span_id for parent in carried] == [format(sending.context.span_id, "016x")] * 2
    assert (request.attributes or {})["http.response.status_code"] == 202


async def test_a_large_batch_carries_it_on_a_few() -> None:
    await asked("POST", "/v1/events", [event(number) for number in range(100)], traceparent=header())
    assert sum(bool(headers) for headers in Producer.sent) == MOST_TRACED


@pytest.mark.parametrize("traceparent", [header("00"), "", "nonsense"])
async def test_a_request_that_is_not_sampled_leaves_no_trace(traceparent: str) -> None:
    assert await asked("POST", "/v1/events", [event(1)], traceparent=traceparent) == []
    assert Producer.sent == [[]]


async def test_a_span_has_the_template_of_the_path_and_nothing_of_the_caller() -> None:
    (span,) = await asked("GET", "/v1/users/ana%20maria/profile?secret=word", traceparent=header())
    assert span.name == "GET /v1/users/{user_id}/profile"
    assert not any(word in span.to_json() for word in ("ana", "secret", KEY))


async def test_a_refused_request_is_told_by_its_status(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "api.middleware")
    (span,) = await asked("POST", "/v1/events", [], traceparent=header())
    assert (span.attributes or {})["http.response.status_code"] == 422
    assert [record.trace_id for record in caplog.records if record.message == "request"] == [TRACE]  # type: ignore[attr-defined]
