"""Writes down each call of somebody known, once it is answered.

Plain ASGI. Routes say whose data they show on `scope["state"]["shown"]`; a refused call is written down too, but not
one that came too often (429), which saw and changed nothing and may come a thousand times.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, TypeAlias, cast

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import tracing
from api.audit.entries import ACTIONS, NOT_AUDITED, AuditEntry, names, storable, told_of
from api.audit.shown import Shown
from api.auth import Principal
from api.edge.bounds import TIME_IS_UP
from api.middleware import NO_ROUTE, endpoint_of

UNANSWERED: Final = 499
"""The caller went away."""
_PATHS: Final = ("event_id", "key_id")


class Record:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        principal: Principal | None = scope.get("state", {}).get("principal")
        if scope["type"] != "http" or principal is None:
            await self._app(scope, receive, send)
            return
        shown = scope["state"]["shown"] = Shown()
        status = UNANSWERED

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answered)
        except ClientDisconnect:
            raise
        except asyncio.CancelledError:
            if status == UNANSWERED and scope["state"].get(TIME_IS_UP, bool)():
                status = int(HTTPStatus.GATEWAY_TIMEOUT)  # what is answered further out
            raise
        except Exception:
            status = int(HTTPStatus.INTERNAL_SERVER_ERROR)  # likewise
            raise
        finally:
            if status != HTTPStatus.TOO_MANY_REQUESTS and not shown.written:
                _put(scope["app"].state.service.deps.audit.put, scope, principal, status)


def _put(put: Callable[[AuditEntry], None], scope: Scope, principal: Principal, status: int) -> None:
    path = endpoint_of(scope)
    if path != NO_ROUTE and f"{scope['method']} {path}" not in NOT_AUDITED:
        put(entry_of(scope, principal, status))


def entry_of(scope: Scope, principal: Principal, status: int) -> AuditEntry:
    """The row of a call, with whom its path and its answer name."""
    shown: Shown = scope["state"]["shown"]
    path: dict[str, Any] = scope.get("path_params", {})
    endpoint, called = f"{scope['method']} {endpoint_of(scope)}", tracing.current()
    named = {name: [str(path[name])] if name in path else [] for name in ("user_id", "conversation_id", "item_id")}
    return AuditEntry(
        tenant_id=principal.tenant_id,
        at=datetime.now(UTC),
        principal_id=principal.key_id,
        principal=told_of(principal),
        action=ACTIONS.get(endpoint, endpoint),
        endpoint=endpoint,
        status=int(status),
        request_id=called.request_id,
        trace_id=called.trace_id,
        user_ids=names([*shown.user_ids, *named["user_id"]]),
        conversation_ids=names([*shown.conversation_ids, *named["conversation_id"]]),
        item_ids=names([*shown.item_ids, *named["item_id"]]),
        detail=shown.detail | {name: storable(str(path[name])) for name in _PATHS if name in path},
    )


async def _shown(request: Request) -> Shown:
    return cast("Shown", request.state.shown)


Showing: TypeAlias = Annotated[Shown, Depends(_shown)]
"""Where a route says whose data it shows."""
