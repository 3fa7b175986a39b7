"""What the commands share: the settings, who gives the command, and how it is told of it."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Any

import click
from pydantic import ValidationError

from api.audit.entries import AuditEntry, storable
from api.auth import TENANT
from schemas.ids import TenantId
from topology.errors import Misconfigured
from topology.settings import Settings


def read() -> Settings:
    """The settings of the environment. Raises Misconfigured."""
    try:
        return Settings()
    except ValidationError as error:
        raise Misconfigured(str(error)) from error


def checked_tenant(tenant: str) -> TenantId:
    if not TENANT.fullmatch(tenant):
        raise click.ClickException(f"a tenant must match {TENANT.pattern}")
    return TenantId(tenant)


def by_operator(tenant: str, action: str, **detail: Any) -> AuditEntry:
    """The row of a command that was given here."""
    return AuditEntry(
        tenant_id=TenantId(tenant),
        at=datetime.now(UTC),
        principal_id=None,
        principal=storable(f"operator:{getpass.getuser()}"),
        action=action,
        endpoint=f"python -m api {action.replace('.', ' ')}",
        status=200,
        detail={name: value for name, value in detail.items() if value is not None},
    )
