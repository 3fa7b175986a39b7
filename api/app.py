"""The application: routes, errors, middleware, put together by `create_app`.

Connects nothing until it is started, and nothing at all where it is given its dependencies.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from types import MappingProxyType
from typing import TypeAlias

from fastapi import FastAPI
from starlette.routing import BaseRoute

from api import openapi, problems
from api.edge import documents, stack
from api.ports import Dependencies
from api.routes import about, admin, context, conversations, events, items, me, recall, users
from api.service import assemble
from api.wiring import connect
from schemas.enums import Role
from schemas.ids import TenantId
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
    roles: Mapping[TenantId, frozenset[Role]] = MappingProxyType({}),
) -> FastAPI:
    """The application. `catalogues`: the slots of each tenant; `retention`: how long what it remembers is shown.

    `roles`: whose words are remembered, by tenant; where a tenant is not named, those of users.

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
    app.state.retention, app.state.roles = retention, roles
    if deps is not None:
        app.state.service = assemble(settings, deps, meters, catalogues)
    modules = (events, recall, context, users, items, conversations, me, admin, about)
    for router in (module.router for module in modules):
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
