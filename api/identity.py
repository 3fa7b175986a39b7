"""Finds out who asks before anything of a request is read: no body of a stranger is parsed.

Plain ASGI. `scope["state"]["principal"]` (`request.state.principal`) is whoever was found, for whatever comes after;
what they may do is decided by the routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.security.utils import get_authorization_scheme_param
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.edge.addresses import address_of

if TYPE_CHECKING:
    from api.auth import Principal
    from api.service import Service

GUARDED = "/v1/"
"""Every path below it asks for a key; no other does."""


class Identify:
    """Answers 401 to whoever cannot be told, 503 while that cannot be found out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(GUARDED):
            try:
                principal = await _principal(scope)
            except problems.FORESEEN as error:
                await problems.told(error)(scope, receive, send)
                return
            scope.setdefault("state", {}).update(principal=principal, tenant_id=principal.tenant_id)
        await self._app(scope, receive, send)


async def _principal(scope: Scope) -> Principal:
    """Raises Problem (401, and 429 after too many wrong keys from one address), Retryable."""
    scheme, credentials = get_authorization_scheme_param(Headers(scope=scope).get("authorization"))
    if scheme.lower() != "bearer" or not credentials:
        raise problems.unauthorised("No key was given", challenge="Bearer")
    service: Service = scope["app"].state.service
    address = address_of(scope)
    if service.callers.is_strange(credentials):
        await service.limiter.look_at(address)
    principal = await service.callers.principal(credentials)
    if principal is None:
        await service.limiter.failed(address)
        raise problems.unauthorised("The key or token is not valid", challenge='Bearer error="invalid_token"')
    return principal
