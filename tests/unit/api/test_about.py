"""Version, health, metrics and the OpenAPI document."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.app import create_app
from support.api_fakes import SECRET, world
from topology.settings import Settings

pytestmark = pytest.mark.asyncio


async def test_the_version_names_the_release() -> None:
    async with world().client() as client:
        assert (await client.get("/v1/version")).json()["name"] == "alluvium"


@pytest.mark.parametrize("path", ["/health", "/health/ready"])
async def test_ready_without_redis_and_not_without_postgresql(path: str) -> None:
    w = world()
    async with w.client(key=None) as client:
        assert (await client.get(path)).json() == {"status": "ok", "checks": {"postgresql": "ok", "redis": "ok"}}
        w.cache.error = ConnectionError("10.0.0.1")
        degraded = await client.get(path)
        w.database.error = ConnectionError("10.0.0.2")
        down = await client.get(path)
    assert (degraded.status_code, degraded.json()["checks"]["redis"]) == (200, "ConnectionError")
    assert (down.status_code, down.json()["status"]) == (503, "unavailable")
    assert "10.0.0" not in down.text


async def test_alive_whatever_is_away() -> None:
    w = world()
    w.database.error = ConnectionError()
    async with w.client(key=None) as client:
        assert (await client.get("/health/live")).status_code == 200


async def test_requests_are_counted_by_route_template() -> None:
    async with world().client() as client:
        await client.get("/v1/users/ana/profile")
        await client.get("/v1/users/eva/profile")
        await client.get("/nowhere/ana")
        text = (await client.get("/metrics")).text
    assert 'api_requests_total{endpoint="/v1/users/{user_id}/profile",method="GET",status="200"} 2.0' in text
    assert 'api_requests_total{endpoint="none",method="GET",status="404"} 1.0' in text
    assert "eva" not in text


async def test_metrics_can_be_switched_off() -> None:
    app = create_app(Settings(secret_key=SECRET, enable_metrics=False), world().dependencies())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        assert (await client.get("/metrics")).status_code == 404


async def document() -> dict[str, Any]:
    async with world().client(key=None) as client:
        found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


PUBLIC = {"/health", "/health/live", "/health/ready", "/metrics"}


async def test_every_guarded_operation_documents_its_errors_as_problems() -> None:
    for path, operations in (await document())["paths"].items():
        for method, operation in operations.items():
            if path in PUBLIC:
                continue
            assert operation["security"] == [{"key": []}], path
            for status in ("401", "403", "422", "500", "503"):
                content = operation["responses"][status]["content"]
                assert list(content) == ["application/problem+json"], (path, method, status)
                assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}


async def test_the_events_of_the_contract_are_described() -> None:
    found = await document()
    body = found["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["items"] == {"$ref": "#/components/schemas/EventIn"}
    assert body["example"][0]["event_id"] == "evt-17"
    assert set(found["components"]["schemas"]["EventIn"]["required"]) == {
        "event_id",
        "type",
        "conversation_id",
        "occurred_at",
    }


async def test_the_contract_s_calls_are_all_there() -> None:
    paths = (await document())["paths"]
    assert {
        "/v1/events",
        "/v1/events/{event_id}",
        "/v1/lag",
        "/v1/recall",
        "/v1/users",
        "/v1/conversations",
        "/v1/users/{user_id}/profile",
        "/v1/users/{user_id}/items",
        "/v1/items/{item_id}",
        "/v1/items/{item_id}/history",
        "/v1/conversations/{conversation_id}/messages",
        "/v1/version",
    } | PUBLIC <= set(paths)


async def test_the_documentation_page_is_served() -> None:
    async with world().client(key=None) as client:
        assert (await client.get("/docs")).status_code == 200
