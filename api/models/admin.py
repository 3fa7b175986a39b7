"""Keys, policies, tenants and the audit log, as administrators see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from api.auth import TENANT, Scope
from api.models.values import CURSOR_LONGEST, LIMIT_MOST, Moment, Name, Request, Shape, Words

KEY_DAYS_MOST = 3_650
GRACE_MOST_SECONDS = 30 * 86_400
GRACE_SECONDS = 86_400
"""A day: long enough for a deployment to take the new secret."""

_KEY_ID = "3f1c2b58-7a34-4d8e-9b0c-5a1d2e3f4a5b"
_SECRET = "alv_c2VjcmV0cy1hcmUtc2hvd24tb25jZS1hbmQtbm90LWFnYWl"  # noqa: S105 - an example
KeyName = Annotated[Words, StringConstraints(min_length=1, max_length=256)]


class Key(Shape):
    """A key without its secret, which nobody can show again."""

    key_id: UUID = Field(examples=[_KEY_ID])
    tenant_id: str = Field(examples=["acme"])
    name: str = Field(description="For people.", examples=["support assistant"])
    scopes: list[str] = Field(description="`all` is every one of them.", examples=[["ingest", "read"]])
    rate_limited: bool
    created_at: datetime
    expires_at: datetime | None = Field(description="Null: never.")
    revoked_at: datetime | None = Field(description="Null while it is good.")
    rotated_at: datetime | None = Field(description="When the secret was last replaced.")
    previous_until: datetime | None = Field(description="Until when the secret before that is good too.")
    last_used_at: datetime | None = Field(description="Known to some seconds.")


class KeyMade(Key):
    """A key with its secret: keep it, it is shown this once."""

    key: str = Field(examples=[_SECRET])


class KeyList(Shape):
    """Every key of the tenant, revoked and expired ones too, oldest first."""

    keys: list[Key]


class NewKey(Request):
    """A key to be made."""

    name: KeyName = Field(examples=["support assistant"])
    scopes: list[Scope] = Field(
        min_length=1, max_length=len(Scope), description="None that the caller lacks.", examples=[["ingest", "read"]]
    )
    rate_limited: bool = Field(default=True, description="False only for callers that are exempt themselves.")
    days: int | None = Field(default=None, ge=1, le=KEY_DAYS_MOST, description="Expires after so many; null: never.")


class Rotation(Request):
    """How the secret is replaced."""

    grace_seconds: int = Field(
        default=GRACE_SECONDS, ge=0, le=GRACE_MOST_SECONDS, description="How long the old secret is good too."
    )
    days: int | None = Field(
        default=None, ge=1, le=KEY_DAYS_MOST, description="Expires after so many from now; null: as before."
    )


class RetentionRule(Shape):
    """Gives `level` to the items that fit; what is null fits every item."""

    level: str = Field(examples=["short"])
    kind: str | None
    slot: str | None
    least_confidence: float
    explicit: bool | None


class Policies(Shape):
    """What is in force for the tenant. It comes from the rules file of the deployment (docs/rules.md)."""

    lifetimes_days: dict[str, float | None] = Field(
        description="By retention level; null: for ever.",
        examples=[{"working": 1, "short": 30, "long": 3650, "permanent": None}],
    )
    rules: list[RetentionRule] = Field(description="The first that fits an item gives its level.")
    otherwise: str = Field(description="The level of what no rule fits.", examples=["working"])
    roles: list[str] = Field(description="Whose words may be remembered.", examples=[["user"]])


class Tenant(Shape):
    """A customer, by what is stored."""

    tenant_id: str = Field(examples=["acme"])
    keys: int = Field(description="Neither revoked nor expired.")
    users: int = Field(description="People with a profile.")
    events: int = Field(description="Events received, as the sink has counted them.")
    last_used_at: datetime | None = Field(description="When one of its keys was last used.")


class TenantPage(Shape):
    """Tenants by id."""

    tenants: list[Tenant]
    next_cursor: str | None = None


class NewTenant(Request):
    """A tenant to be founded: it is there once it has a key."""

    tenant_id: Annotated[str, StringConstraints(pattern=f"^{TENANT.pattern}$")] = Field(examples=["acme"])
    name: KeyName = Field(default="first key", description="Of its first key, which may do what the caller may.")


class AuditRow(Shape):
    """A call: who, what, whose data."""

    entry_id: UUID
    at: datetime
    request_id: str = Field(description="As `X-Request-ID` of the answer; empty for the command line.")
    trace_id: str
    principal_id: UUID | None = Field(description="The key, or what stands for a token's subject.")
    principal: str = Field(examples=["key:support assistant"])
    action: str = Field(examples=["recall"])
    endpoint: str = Field(examples=["POST /v1/recall"])
    status: int = Field(description="Of the answer; 499 where the caller went away.", examples=[200])
    user_ids: list[str] = Field(description="Whose data the answer showed or the call was about.", examples=[["ana"]])
    conversation_ids: list[str]
    item_ids: list[str]
    detail: dict[str, Any] = Field(
        description="Numbers and settings; no words of a message.", examples=[{"results": 3}]
    )


class AuditPage(Shape):
    """The latest first."""

    entries: list[AuditRow]
    next_cursor: str | None = None


class AuditQuery(Request):
    """A page of the audit log, as a query string."""

    user_id: Name | None = Field(default=None, description="Only calls that showed or concerned this user.")
    since: Moment | None = Field(default=None, description="Not before this time.")
    until: Moment | None = Field(default=None, description="Before this time.")
    limit: int = Field(default=LIMIT_MOST, ge=1, le=LIMIT_MOST, description="Rows of a page.")
    cursor: Words | None = Field(
        default=None, max_length=CURSOR_LONGEST, description="`next_cursor` of the page before."
    )

    @model_validator(mode="after")
    def _in_order(self) -> AuditQuery:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("since must lie before until")
        return self
