"""The application: routes, errors, middleware, put together by `create_app`.

Connects nothing until it is started, and nothing at all where it is given its dependencies.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import TypeAlias

from fastapi import FastAPI
from starlette.routing import BaseRoute

from api import openapi, problems
from api.edge import documents, stack
from api.ports import Dependencies
from api.routes import about, context, conversations, events, items, me, recall, users
from api.service import assemble
from api.wiring import connect
from streams.extraction.slots import ALL_BUILT_IN, Catalogues
from topology import tracing
from topology.metrics import Meters, build
from topology.retention import KEPT_BY_DEFAULT, RetentionPolicies
from topology.settings import Settings
from topology.tracing import Tracing

Lifespan: TypeAlias = Callable[[FastAPI], AbstractAsyncContextManager[None]]

ABOUT = """A conversational memory laid down by the event stream.

Events go in, are remembered, and come out as evidence. Every call carries `Authorization: Bearer KEY`; the key decides
the tenant and what may be done. Errors are problem details (RFC 9457). Times are ISO 8601, UTC."""


def create_app(
    settings: Settings,
    deps: Dependencies | None = None,
    catalogues: Catalogues = ALL_BUILT_IN,
    retention: RetentionPolicies = KEPT_BY_DEFAULT,
) -> FastAPI:
    """The application. `catalogues`: the slots of each tenant; `retention`: how long what it remembers is shown.

    Without `deps` it connects to what the settings name when it starts, and lets go when it stops.
    Raises Misconfigured without a SECRET_KEY worth the name: here where `deps` are given, else when it starts.
    """
    meters = build("api")
    spans = tracing.of(settings, "api", meters)
    app = FastAPI(
        title="Alluvium",
        version=version(about.NAME),
        description=ABOUT,
        lifespan=_connected(settings, meters, spans, catalogues, retention) if deps is None else None,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    app.state.spans = spans
    endpoints: list[BaseRoute] = []
    app.state.endpoints = endpoints
    app.state.draining = False
    if deps is not None:
        app.state.service = assemble(settings, deps, meters, catalogues)
    for router in (module.router for module in (events, recall, context, users, items, conversations, me, about)):
        app.include_router(router)
        endpoints.extend(router.routes)
    problems.install(app)
    openapi.install(app)
    documents.install(app)
    stack.install(app, settings, meters, spans)
    return app


def _connected(
    settings: Settings, meters: Meters, spans: Tracing, catalogues: Catalogues, retention: RetentionPolicies
) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        spans.start()  # in the worker's own process, whose thread sends them
        try:
            async with connect(settings, meters, catalogues, retention) as deps:
                app.state.service = assemble(settings, deps, meters, catalogues)
                yield
        finally:
            await asyncio.to_thread(spans.stop)

    return lifespan
