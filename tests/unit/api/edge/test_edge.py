"""What stands between the network and the routes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from api.app import create_app
from api.edge.addresses import address_of
from api.edge.bounds import QUESTION_BYTES
from api.edge.demands import require
from api.models.people import UserProfile
from schemas.ids import TenantId
from support.api_fakes import FakeProfiles, World, world
from topology.errors import Misconfigured
from topology.settings import Settings

HARMLESS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
ORIGIN = "https://app.example.org"


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/v1/lag", "/nowhere", "/health/live", "/metrics"])
async def test_every_answer_is_hardened(path: str) -> None:
    async with world().client() as client:
        answer = await client.get(path)
    assert HARMLESS.items() <= dict(answer.headers).items()
    assert "strict-transport-security" not in answer.headers


@pytest.mark.asyncio
async def test_production_insists_on_tls() -> None:
    async with world(changed={"app_env": "production"}).client() as client:
        answer = await client.get("/health/live")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.asyncio
async def test_an_error_that_nobody_foresaw_is_hardened_too() -> None:
    w = world()
    w.profiles.error = RuntimeError()
    async with w.client() as client:
        answer = await client.get("/v1/users/u/profile")
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.asyncio
async def test_the_page_of_documents_runs_its_own_script_and_no_other() -> None:
    async with world().client() as client:
        page = await client.get("/docs")
    policy = page.headers["content-security-policy"]
    inline = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert len(inline) == 1
    assert f"'sha256-{base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()}'" in policy
    scripts = next(part for part in policy.split(";") if "script-src" in part)
    assert "unsafe-inline" not in scripts
    assert "frame-ancestors 'none'" in policy
    for source in re.findall(r'(?:src|href)="(https?://[^/"]+)', page.text):
        assert source in policy


@pytest.mark.asyncio
async def test_listed_origins_may_ask_and_others_may_not() -> None:
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with world(changed={"cors_origins": f"{ORIGIN}, https://b.org"}).client(key=None) as client:
        allowed = await client.options("/v1/recall", headers={"Origin": ORIGIN, **asking})
        other = await client.options("/v1/recall", headers={"Origin": "https://evil.org", **asking})
        plain = await client.get("/health/live", headers={"Origin": ORIGIN})
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in other.headers
    assert "RateLimit" in plain.headers["access-control-expose-headers"]


@pytest.mark.asyncio
async def test_without_a_list_no_origin_may_ask() -> None:
    async with world().client() as client:
        answer = await client.get("/v1/lag", headers={"Origin": ORIGIN})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("api.example.org", "/v1/lag", 200),
        ("API.example.org:8000", "/v1/lag", 200),
        ("a.b.example.net", "/v1/lag", 200),
        ("evil.org", "/v1/lag", 400),
        ("example.net.evil.org", "/v1/lag", 400),
        ("10.0.0.7:8000", "/health/live", 200),
    ],
)
async def test_only_listed_hosts_are_served(host: str, path: str, status: int) -> None:
    async with world(changed={"allowed_hosts": "api.example.org,*.example.net"}).client() as client:
        answer = await client.get(path, headers={"Host": host})
    assert answer.status_code == status


@pytest.mark.asyncio
@pytest.mark.parametrize(("trusted", "address"), [("", "127.0.0.1"), ("127.0.0.0/8", "203.0.113.9")])
async def test_only_trusted_proxies_name_the_client(trusted: str, address: str) -> None:
    w = world(changed={"trusted_proxies": trusted})
    async with w.client(key="alv_" + "x" * 43) as client:
        await client.get("/v1/lag", headers={"X-Forwarded-For": "203.0.113.9"})
    assert list(w.strangers.failures) == [address]


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("203.0.113.9", 1), "203.0.113.9"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("::ffff:203.0.113.9", 1), "203.0.113.9"),
        (("unix", 0), "unknown"),
        (None, "unknown"),
    ],
)
def test_a_stranger_is_an_address_or_a_network_of_ipv6(client: object, address: str) -> None:
    assert address_of({"type": "http", "client": client}) == address


@pytest.mark.parametrize(
    "wrong",
    [
        {"debug": True},
        {"trusted_proxies": "10.0.0.1, *"},
        {"trusted_proxies": "0.0.0.0/0"},
        {"trusted_proxies": "::/0"},
        {"cors_origins": "*"},
    ],
)
def test_production_refuses(wrong: dict[str, Any]) -> None:
    require(Settings(**wrong))
    with pytest.raises(Misconfigured, match=next(iter(wrong)).upper()):
        require(Settings(app_env="production", **wrong))


def test_a_request_may_take_longer_than_it_may_wait() -> None:
    with pytest.raises(ValidationError, match="request_timeout_seconds"):
        Settings(request_timeout_seconds=30)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/v1/recall", QUESTION_BYTES, 422),
        ("/v1/recall", QUESTION_BYTES + 1, 413),
        ("/v1/events", QUESTION_BYTES + 1, 422),
        ("/v1/events", 5 * 1024 * 1024 + 1, 413),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
async def test_how_large_a_body_may_be_depends_on_the_route(path: str, size: int, status: int, announced: bool) -> None:
    body = b'"' + b"x" * (size - 2) + b'"'

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, size, 65_536):
            yield body[at : at + 65_536]

    async with world().client() as client:
        answer = await client.post(
            path, content=body if announced else pieces(), headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ratelimit" in answer.headers


class SlowProfiles(FakeProfiles):
    async def of_user(self, tenant_id: TenantId, user_id: str, now: datetime) -> UserProfile:
        await asyncio.sleep(30)
        raise AssertionError


@pytest.mark.asyncio
async def test_a_request_that_takes_too_long_is_given_up() -> None:
    w: World = world(profiles=SlowProfiles())
    settings = w.settings().model_copy(update={"request_timeout_seconds": 0.05})
    app = create_app(settings, w.dependencies())
    headers = {"Authorization": "Bearer alv_" + "k" * 43}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", headers=headers) as client:
        answer = await client.get("/v1/users/u/profile")
    assert answer.status_code == 504
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(entry.action, entry.status, entry.user_ids) for entry in w.audit.entries] == [("profile", 504, ("u",))]


@pytest.mark.asyncio
async def test_a_caller_who_goes_away_while_sending_is_no_failure_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    w, sent = world(), list[Any]()
    app = create_app(w.settings(), w.dependencies())
    headers = [(b"authorization", b"Bearer alv_" + b"k" * 43), (b"content-type", b"application/json")]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/events", "raw_path": b"/v1/events", "query_string": b"",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("api", 80), "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    pieces = iter([{"type": "http.request", "body": b"[", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(pieces)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent == []
    assert [(entry.action, entry.status) for entry in w.audit.entries] == [("ingest", 499)]
    assert "a request failed" not in caplog.text


@pytest.mark.asyncio
async def test_a_process_that_was_told_to_stop_is_not_ready() -> None:
    w = world()
    app = create_app(w.settings(), w.dependencies())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        assert (await client.get("/health/ready")).status_code == 200
        app.state.draining = True
        answer = await client.get("/health/ready")
        assert (await client.get("/health/live")).status_code == 200
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")


@pytest.mark.asyncio
async def test_a_hundred_errors_are_listed_and_the_others_counted() -> None:
    body = {"query": "q", **{f"unknown_{number}": 1 for number in range(150)}}
    async with world().client() as client:
        problem = (await client.post("/v1/recall", json=body)).json()
    assert len(problem["errors"]) == 100
    assert problem["detail"] == "50 more errors are not listed."


@pytest.mark.asyncio
async def test_every_bad_event_is_named_however_many_faults_they_have() -> None:
    async with world().client() as client:
        problem = (await client.post("/v1/events", json=[{"type": "nonsense"}] * 1_000)).json()
    assert {error["index"] for error in problem["errors"]} == set(range(1_000))
    assert len(problem["errors"]) == 1_000
    assert re.fullmatch(r"\d+ more errors are not listed\.", problem["detail"])


@pytest.mark.asyncio
async def test_every_guarded_operation_tells_what_it_may_answer() -> None:
    async with world().client() as client:
        document = (await client.get("/openapi.json")).json()
    guarded = {path: item for path, item in document["paths"].items() if path.startswith("/v1/")}
    assert len(guarded) >= 13
    for path, operations in guarded.items():
        for method, operation in operations.items():
            told = set(operation["responses"])
            missing = {"400", "401", "403", "413", "422", "429", "500", "503", "504"} - told
            assert not missing, f"{method} {path} does not tell of {missing}"
            assert "RateLimit" in operation["responses"]["429"]["headers"]
            for status in filter(lambda each: int(each) >= 400, told):
                assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
