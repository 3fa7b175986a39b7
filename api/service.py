"""What every route stands on: the settings, the world, and who is asking.

Holds; the routes act. One `Service` an application, on `app.state.service`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeAlias, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.auth import KeyRing, Principal, Scope, secret_key_of
from api.callers import Callers
from api.limits.limiter import RateLimiter, quotas_of
from api.ports import Dependencies
from api.problems import Problem
from api.status import StatusDesk
from streams.extraction.slots import Catalogues
from topology.metrics import Meters
from topology.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One application's parts."""

    settings: Settings
    deps: Dependencies
    keys: KeyRing
    callers: Callers
    status: StatusDesk
    limiter: RateLimiter
    meters: Meters
    catalogues: Catalogues
    """The slots of each tenant."""


def assemble(settings: Settings, deps: Dependencies, meters: Meters, catalogues: Catalogues) -> Service:
    """The parts of an application. Raises Misconfigured without a SECRET_KEY worth the name."""
    keys = KeyRing(deps.keys, secret_key_of(settings))
    return Service(
        settings=settings,
        deps=deps,
        keys=keys,
        callers=Callers(keys, deps.tokens, deps.uses),
        status=StatusDesk(deps.outcomes, deps.freshness),
        limiter=RateLimiter(deps.counters, deps.strangers, quotas_of(settings), meters),
        meters=meters,
        catalogues=catalogues,
    )


async def _service(request: Request) -> Service:
    """A coroutine, since FastAPI calls what is none on another thread, which costs more than most answers."""
    return cast("Service", request.app.state.service)


_bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key (`alv_` and 43 characters), or a JSON Web Token."
)

ServiceParts: TypeAlias = Annotated[Service, Depends(_service)]
_Credentials: TypeAlias = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def holder_of(scope: Scope) -> Callable[..., Awaitable[Principal]]:
    """A FastAPI dependency: the principal of the request, who must have `scope`. Raises Problem (403).

    Who asks was found out before (api.identity); the credentials are named here for the OpenAPI document alone.
    """

    async def holder(request: Request, _: _Credentials) -> Principal:
        principal = cast("Principal", request.state.principal)
        need(principal, scope)
        return principal

    return holder


def need(principal: Principal, scope: Scope) -> None:
    """Raises Problem (403) where the principal lacks the scope."""
    if scope not in principal.scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            "The key may not do this",
            detail=f"It lacks the scope `{scope}`.",
            headers={"WWW-Authenticate": challenge},
        )


async def _anybody(request: Request, _: _Credentials) -> Principal:
    return cast("Principal", request.state.principal)


Caller: TypeAlias = Annotated[Principal, Depends(_anybody)]
"""Whoever asks, whatever the scopes."""
Reader: TypeAlias = Annotated[Principal, Depends(holder_of(Scope.READ))]
Ingester: TypeAlias = Annotated[Principal, Depends(holder_of(Scope.INGEST))]
Corrector: TypeAlias = Annotated[Principal, Depends(holder_of(Scope.CORRECT))]
Administrator: TypeAlias = Annotated[Principal, Depends(holder_of(Scope.ADMIN))]
