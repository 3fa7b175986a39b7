"""Administration: keys, policies, tenants, the audit log. Each change is written down in its own transaction."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from api.audit.recorder import Showing, entry_of
from api.auth import Principal, Scope, generate_key, key_hmac, secret_key_of
from api.models.admin import (
    AuditPage,
    AuditQuery,
    Key,
    KeyList,
    KeyMade,
    NewKey,
    NewTenant,
    Policies,
    RetentionRule,
    Rotation,
    TenantPage,
)
from api.models.values import LIMIT_MOST
from api.problems import Problem, documented, not_found
from api.readers.keys import KeyEnded, KeyProperties, NewSecret, scopes_of
from api.routes.parameters import FOUND, GUARDED, WITH_BODY, Cursor, Limit
from api.service import Administrator, Service, ServiceParts
from schemas.enums import Role

router = APIRouter(prefix="/v1/admin", tags=["administration"])

KeyName = Annotated[UUID, Path(description="The key's id.", examples=["3f1c2b58-7a34-4d8e-9b0c-5a1d2e3f4a5b"])]


@router.get("/keys", responses=documented(*GUARDED), summary="Every key of the tenant")
async def list_keys(service: ServiceParts, caller: Administrator) -> KeyList:
    """Their properties; a secret is shown once, when it is made."""
    return KeyList(keys=await service.deps.desk.keys(caller.tenant_id))


@router.post(
    "/keys", status_code=HTTPStatus.CREATED, responses=documented(*WITH_BODY), summary="Make a key for the tenant"
)
async def create_key(
    request: Request, service: ServiceParts, caller: Administrator, shown: Showing, wanted: NewKey
) -> KeyMade:
    """A key that may do no more than the caller. Its secret is in this answer and nowhere else."""
    _need_all(caller, frozenset(wanted.scopes), rate_limited=wanted.rate_limited)
    properties = KeyProperties(
        tenant_id=caller.tenant_id,
        name=wanted.name,
        scopes=sorted(set(wanted.scopes)),
        rate_limited=wanted.rate_limited,
        days=wanted.days,
    )
    secret, told = generate_key(), entry_of(request.scope, caller, HTTPStatus.CREATED)
    made = await service.deps.desk.create(properties, _digest(service, secret), told)
    shown.written = True
    return KeyMade(**made.model_dump(), key=secret)


@router.post(
    "/keys/{key_id}/rotate",
    responses=documented(*WITH_BODY, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    summary="Give a key a new secret",
)
async def rotate_key(
    request: Request, service: ServiceParts, caller: Administrator, key_id: KeyName, wanted: Rotation
) -> KeyMade:
    """The id stays, and with it limits and history; the old secret is good for the grace period too. 409 for a key that
    is revoked or expired, 403 for one that may do more than the caller."""
    secret, told = generate_key(), entry_of(request.scope, caller, HTTPStatus.OK)
    new = NewSecret(digest=_digest(service, secret), grace=timedelta(seconds=wanted.grace_seconds), days=wanted.days)

    def may(key: Key) -> None:
        _need_all(caller, scopes_of(key.scopes), rate_limited=key.rate_limited)

    try:
        made = await service.deps.desk.rotate((caller.tenant_id, key_id), new, told, may)
    except KeyEnded as error:
        raise Problem(HTTPStatus.CONFLICT, "key-ended", "The key is revoked or expired") from error
    if made is None:
        raise not_found("key")
    request.state.shown.written = True
    return KeyMade(**made.model_dump(), key=secret)


@router.delete("/keys/{key_id}", responses=documented(*FOUND), summary="Revoke a key")
async def revoke_key(request: Request, service: ServiceParts, caller: Administrator, key_id: KeyName) -> Key:
    """End it, with a former secret that is still in its grace. Every process of the service forgets it in seconds."""
    told = entry_of(request.scope, caller, HTTPStatus.OK)
    ended = await service.deps.desk.revoke((caller.tenant_id, key_id), told)
    if ended is None:
        raise not_found("key")
    request.state.shown.written = True
    return ended


@router.get("/policies", responses=documented(*GUARDED), summary="Which policies are in force")
async def policies(request: Request, caller: Administrator) -> Policies:
    """How long what is remembered is kept, and whose words are heard.

    Both are data of the deployment's rules file, which agents and this service read when they start: they are changed
    there (docs/rules.md).
    """
    kept = request.app.state.retention.of(caller.tenant_id)
    heard = request.app.state.roles.get(caller.tenant_id, frozenset({Role.USER}))
    return Policies(
        lifetimes_days={str(level): life and life / timedelta(days=1) for level, life in kept.lifetimes.items()},
        rules=[
            RetentionRule(
                level=rule.level,
                kind=rule.kind,
                slot=rule.slot,
                least_confidence=rule.least_confidence,
                explicit=rule.explicit,
            )
            for rule in kept.rules
        ],
        otherwise=kept.otherwise,
        roles=sorted(role.lower() for role in heard),
    )


@router.get("/tenants", responses=documented(*GUARDED), summary="Every tenant")
async def tenants(
    service: ServiceParts, caller: Administrator, limit: Limit = LIMIT_MOST, cursor: Cursor = None
) -> TenantPage:
    """Tenants by id, with what is stored of each. Only for administrators of the tenant that runs the service
    (ADMIN_TENANT)."""
    _need_to_run_the_service(service, caller)
    return await service.deps.desk.tenants(caller.tenant_id, limit, cursor)


@router.post(
    "/tenants",
    status_code=HTTPStatus.CREATED,
    responses=documented(*WITH_BODY, HTTPStatus.CONFLICT),
    summary="Found a tenant",
)
async def found_tenant(
    request: Request, service: ServiceParts, caller: Administrator, shown: Showing, wanted: NewTenant
) -> KeyMade:
    """A tenant is there once it has a key: this makes its first one, with the scopes of the caller. 409 where there is
    such a tenant. Only for administrators of the tenant that runs the service (ADMIN_TENANT)."""
    _need_to_run_the_service(service, caller)
    secret, told = generate_key(), entry_of(request.scope, caller, HTTPStatus.CREATED)
    first = KeyProperties(tenant_id=wanted.tenant_id, name=wanted.name, scopes=sorted(caller.scopes))
    made = await service.deps.desk.found(first, _digest(service, secret), told)
    if made is None:
        shown.told(of_tenant=wanted.tenant_id)
        raise Problem(HTTPStatus.CONFLICT, "tenant-exists", "There is such a tenant")
    shown.written = True
    return KeyMade(**made.model_dump(), key=secret)


@router.get("/audit", responses=documented(*GUARDED), summary="Who read, changed or administered what")
async def audit(
    service: ServiceParts, caller: Administrator, shown: Showing, query: Annotated[AuditQuery, Query()]
) -> AuditPage:
    """The tenant's audit log, the latest first. A call appears within a second or two; reading is written down too."""
    shown.about(user_id=query.user_id)
    page = await service.deps.audited.page(caller.tenant_id, query)
    shown.told(entries=len(page.entries))
    return page


def _digest(service: Service, key: str) -> bytes:
    return key_hmac(secret_key_of(service.settings), key)


def _need_all(caller: Principal, scopes: frozenset[Scope], *, rate_limited: bool) -> None:
    """Nobody gives, or gets hold of, what they lack. Raises Problem (403)."""
    missing = sorted(scopes - caller.scopes)
    if missing:
        raise _forbidden(f"It lacks {', '.join(f'`{scope}`' for scope in missing)} itself.")
    if caller.rate_limited and not rate_limited:
        raise _forbidden("It is not exempt from rate limits itself.")


def _need_to_run_the_service(service: Service, caller: Principal) -> None:
    """Raises Problem (403)."""
    if not service.settings.admin_tenant or caller.tenant_id != service.settings.admin_tenant:
        raise _forbidden("It is not of the tenant that runs the service.")


def _forbidden(detail: str) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "forbidden", "The key may not do this", detail=detail)
