"""A process with much to do sends connections to another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.app import create_app
from api.edge.spreading import Spread
from support.api_fakes import world

Answer = Callable[[Request], Awaitable[Response]]


def application(answer: Answer) -> Spread:
    paths = ("/v1/recall", "/v1/context", "/v1/lag")
    return Spread(Starlette(routes=[Route(path, answer, methods=["POST"]) for path in paths]))


def client(app: Spread) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api")


@pytest.mark.asyncio
async def test_only_who_shares_the_process_is_sent_away() -> None:
    go_on, begun = asyncio.Event(), asyncio.Event()

    async def answer(request: Request) -> Response:
        if request.url.path == "/v1/recall" and not go_on.is_set():
            begun.set()
            await go_on.wait()
        return PlainTextResponse("")

    async with client(application(answer)) as http:
        first = asyncio.create_task(http.post("/v1/recall"))
        await begun.wait()
        beside, short = await http.post("/v1/context"), await http.post("/v1/lag")
        preflight = await http.options("/v1/context")
        go_on.set()
        shared = await first
        alone = await http.post("/v1/recall")
        connections = [found.headers.get("connection") for found in (shared, beside, short, preflight, alone)]
    assert connections == [None, "close", None, None, None]


@pytest.mark.asyncio
async def test_one_that_failed_is_over() -> None:
    async def answer(request: Request) -> Response:
        if await request.body():
            raise ValueError("faulty")
        return PlainTextResponse("")

    async with client(application(answer)) as http:
        with pytest.raises(ValueError, match="faulty"):
            await http.post("/v1/recall", content=b"faulty")
        assert "connection" not in (await http.post("/v1/recall")).headers


@pytest.mark.parametrize(("workers", "spreads"), [(1, False), (2, True)])
def test_there_must_be_another_process(workers: int, *, spreads: bool) -> None:
    w = world(changed={"api_workers": workers})
    app = create_app(w.settings(), w.dependencies())
    assert (str(Spread) in [str(layer.cls) for layer in app.user_middleware]) is spreads
