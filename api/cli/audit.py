"""`python -m api audit`: writing the audit log out, and taking old months out of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import click

from api.audit.entries import AuditEntry
from api.cli.reading import by_operator, checked_tenant, read
from api.readers.audit_desk import AuditDesk

_TIMES = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])
_MONTHS = click.DateTime(["%Y-%m", "%Y-%m-%d"])


@click.group()
def audit() -> None:
    """The audit log: who read, changed or administered what."""


@audit.command()
@click.option("--tenant", required=True, help="Whose log.")
@click.option("--since", type=_TIMES, help="Not before this time (UTC); default: from the beginning.")
@click.option("--until", type=_TIMES, help="Before this time (UTC); default: now.")
def export(tenant: str, since: datetime | None, until: datetime | None) -> None:
    """Print a tenant's rows, oldest first, one JSON object a line. That it was done is a row too."""
    first, last = _utc(since), _utc(until) or datetime.now(UTC)
    told = by_operator(checked_tenant(tenant), "audit.export", since=first and str(first), until=str(last))
    for row in _desk().export(told, first, last):
        click.echo(json.dumps(_shown(row), ensure_ascii=False))


@audit.command()
@click.option("--before", type=_MONTHS, required=True, help="What is older goes: 2026-01, or a day of it (UTC).")
@click.option("--tenant", help="Only this tenant's rows; default: every tenant's.")
@click.confirmation_option(prompt="Rows that are taken out cannot be got back. Have you exported them?")
def prune(before: datetime, tenant: str | None) -> None:
    """Take old rows out; how many of each tenant is printed, and written into its log.

    Nothing else can: the table refuses every other change.
    """
    limit = _utc(before)
    if limit is None or limit > datetime.now(UTC):
        raise click.ClickException("--before lies in the future")

    def told(of: str, number: int) -> AuditEntry:
        return by_operator(of, "audit.prune", before=limit.isoformat(), entries=number)

    for name, number in _desk().prune(limit, checked_tenant(tenant) if tenant else None, told):
        click.echo(json.dumps({"tenant": name, "pruned": number}))


def _desk() -> AuditDesk:
    return AuditDesk(read().database_url.get_secret_value())


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "at": row["at"].astimezone(UTC).isoformat(),
        "entry_id": str(row["entry_id"]),
        "principal_id": row["principal_id"] and str(row["principal_id"]),
    }
