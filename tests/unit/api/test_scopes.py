"""Every endpoint of the application has a case in `support.leaks`, and refuses whoever lacks a scope it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from api import identity
from api.app import create_app
from api.auth import Principal, Scope
from api.routes import recall
from support.api_fakes import World, world
from support.api_story import ACME
from support.leaks import CASES, Case, endpoints, words

SCOPED = [case for case in CASES if case.needs]
ANY_SCOPE = frozenset(Scope)


def application(known: World) -> FastAPI:
    return create_app(known.settings(), known.dependencies(), known.catalogues)


async def status(app: FastAPI, case: Case, key: str | None) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", headers=headers) as client:
        return int((await words(client, case, ACME)).partition(" ")[0])


async def admitted(app: FastAPI, known: World, cases: Iterable[Case]) -> list[str]:
    """Who is let in without a key, or without one of the scopes that the case needs."""
    found = []
    for case in cases:
        if await status(app, case, None) != 401:
            found.append(f"{case.endpoint} without a key")
        for scope in sorted(case.needs):
            key = f"alv_{scope.value:k<43}"
            known.keys.add(key, scopes=ANY_SCOPE - {scope})
            if await status(app, case, key) != 403:
                found.append(f"{case.endpoint} without {scope}")
    return found


def test_every_endpoint_has_a_case() -> None:
    assert endpoints(application(world())) == {case.endpoint for case in CASES}


def test_every_documented_endpoint_has_a_case() -> None:
    documented = application(world()).openapi()["paths"]
    assert {f"{m.upper()} {path}" for path, on in documented.items() for m in on} <= {case.endpoint for case in CASES}


async def test_nobody_is_let_in_without_a_scope_that_is_needed() -> None:
    known = world()
    assert await admitted(application(known), known, SCOPED) == []


async def test_the_scopes_that_are_needed_are_enough() -> None:
    known = world()
    app = application(known)
    for case in SCOPED:
        known.keys.add(key := f"alv_{len(known.keys.known):k>43}", scopes=case.needs)
        assert await status(app, case, key) not in {401, 403}, str(case)


async def test_a_check_that_is_removed_from_any_route_is_noticed() -> None:
    known = world()
    app = application(known)
    for endpoint in sorted({case.endpoint for case in SCOPED}):
        cases = [case for case in SCOPED if case.endpoint == endpoint]
        holds = frozenset.intersection(*(case.needs for case in cases))
        with ExitStack() as mended:
            holders = [mended.enter_context(_unchecked(holder, known)) for holder in _holders(app, endpoint)]
            assert holders, f"{endpoint} checks nothing"
            assert {f"{endpoint} without {scope}" for case in cases for scope in case.needs & holds} <= {
                *await admitted(app, known, cases)
            }
        assert await admitted(app, known, cases) == []


async def test_that_nobody_asks_who_calls_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = world()

    async def anyone(_: object) -> Principal:
        return next(iter(known.keys.known.values()))

    monkeypatch.setattr(identity, "_principal", anyone)
    found = await admitted(application(known), known, SCOPED)
    assert {f"{case.endpoint} without a key" for case in SCOPED} <= {*found}


async def test_a_check_that_is_removed_from_within_a_route_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = world()
    monkeypatch.setattr(recall, "need", lambda *_: None)
    assert set(await admitted(application(known), known, SCOPED)) == {"POST /v1/recall without read_tenant"}


def _holders(app: FastAPI, endpoint: str) -> Iterator[Dependant]:
    """The dependencies of one route that look whether the asker may (`holder_of`)."""
    for route in iter_route_contexts(app.routes):
        if any(f"{method} {route.path_format}" == endpoint for method in route.methods or ()) and route.dependant:
            yield from (one for one in route.dependant.dependencies if _is_holder(one.call))


def _is_holder(call: Callable[..., object] | None) -> bool:
    return getattr(call, "__qualname__", "").startswith("holder_of.")


@contextmanager
def _unchecked(holder: Dependant, known: World) -> Iterator[Dependant]:
    """The route as it were, had somebody forgotten to ask who calls."""
    kept = {one: getattr(holder, one) for one in ("call", "dependencies", "request_param_name")}

    async def anyone() -> Principal:
        return next(iter(known.keys.known.values()))

    holder.call, holder.dependencies, holder.request_param_name = anyone, [], None
    yield holder
    for name, value in kept.items():
        setattr(holder, name, value)
