"""A row of the audit log, and what it calls each endpoint.

Pure. A row names people, conversations and items; it never holds words of a message or of a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid4

from api.auth import Principal
from schemas.ids import TenantId

NAME_LONGEST: Final = 256

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "POST /v1/events": "ingest",
        "GET /v1/events/{event_id}": "event.status",
        "POST /v1/recall": "recall",
        "POST /v1/context": "context",
        "GET /v1/users": "users.list",
        "GET /v1/users/{user_id}/profile": "profile",
        "GET /v1/users/{user_id}/items": "items.list",
        "POST /v1/users/{user_id}/items": "item.remember",
        "GET /v1/items/{item_id}": "item",
        "GET /v1/items/{item_id}/history": "item.history",
        "PATCH /v1/items/{item_id}": "item.correct",
        "DELETE /v1/items/{item_id}": "item.forget",
        "GET /v1/conversations": "conversations.list",
        "GET /v1/conversations/{conversation_id}/messages": "messages.list",
        "GET /v1/admin/keys": "keys.list",
        "POST /v1/admin/keys": "keys.create",
        "POST /v1/admin/keys/{key_id}/rotate": "keys.rotate",
        "DELETE /v1/admin/keys/{key_id}": "keys.revoke",
        "GET /v1/admin/policies": "policies",
        "GET /v1/admin/tenants": "tenants.list",
        "POST /v1/admin/tenants": "tenants.create",
        "GET /v1/admin/audit": "audit.list",
    }
)
"""An endpoint that is not here is written down by its own name."""
NOT_AUDITED: Final = frozenset({"GET /v1/lag", "GET /v1/version", "GET /v1/me/usage"})
"""They show nobody's data and change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A call, and whose data its answer showed or it was about."""

    tenant_id: TenantId
    at: datetime
    principal_id: UUID | None
    principal: str
    action: str
    endpoint: str
    status: int
    request_id: str = ""
    trace_id: str = ""
    user_ids: tuple[str, ...] = ()
    conversation_ids: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    entry_id: UUID = field(default_factory=uuid4)

    def as_json(self) -> dict[str, Any]:
        """Values that JSON has."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return told | {
            "at": self.at.isoformat(),
            "entry_id": str(self.entry_id),
            "principal_id": self.principal_id and str(self.principal_id),
            "detail": dict(self.detail),
        }


def told_of(principal: Principal) -> str:
    """Who it was, for people."""
    return storable(f"{principal.kind}:{principal.name}")


def storable(text: str) -> str:
    """As PostgreSQL can hold it: a refused request may have named anything."""
    return text[:NAME_LONGEST].replace("\x00", "\ufffd").encode(errors="replace").decode()


def names(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({storable(value) for value in values}))
