"""The API's command line: serve requests, make, list and revoke keys, and enforce retention.

The only part of the package that reads the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click
import psycopg
from pydantic import ValidationError

from api.auth import ALL, TENANT, generate_key, is_key, key_hmac, parse_scopes, secret_key_of
from api.edge.demands import require
from api.readers.keys import KeyDesk
from schemas.ids import TenantId
from topology import logs
from topology.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from topology.reporting import report_errors
from topology.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.expiry import Progress
    from api.readers.overdue import Overdue

_SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""`topology.metrics` has it too, and must not be imported before it is set."""

_TENANT = click.option("--tenant", required=True, help="The customer the key speaks for.")
_NAME = click.option("--name", required=True, help="For people.")
_SCOPES = click.option(
    "--scopes", default="ingest,read", show_default=True, help="Comma-separated; `all` is every one of them."
)
_FREE = click.option("--no-rate-limit", is_flag=True, help="Exempt from the rate limits.")


def application() -> FastAPI:
    """The application of a worker process, by the environment's settings."""
    from api.app import create_app  # only a worker needs it: the keys' commands start in a fraction of the time
    from streams import rulebook

    settings = read_settings()
    logs.configure(settings, "api")
    report_errors(settings, "api")
    rules = rulebook.load(settings.rules_file)
    return create_app(settings, catalogues=rules.catalogues, retention=rules.retention)


def read_settings() -> Settings:
    """The settings, complete enough to serve. Raises Misconfigured."""
    settings = _settings()
    require(settings)
    secret_key_of(settings)
    return settings


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        raise Misconfigured(str(error)) from error


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(context: click.Context) -> None:
    """The query service. Without a command it serves."""
    if context.invoked_subcommand is None:
        context.invoke(serve)


@main.command()
def serve() -> None:
    """Answer requests at API_HOST:API_PORT until told to stop; then finish what is under way."""
    settings = read_settings()
    logs.configure(settings, "api")
    if settings.api_workers == 1:
        from api.readers.wall import require_apart_at_start
        from api.serving.alone import serve_alone

        require_apart_at_start(settings)
        serve_alone(settings, application())
        return
    folder = Path(tempfile.mkdtemp(prefix="alluvium-metrics-"))
    os.environ[_SHARED_FOLDER] = str(folder)  # before anything imports prometheus_client, which reads it then
    from api.readers.wall import require_apart_at_start
    from api.serving.workers import keep
    from streams import rulebook

    rulebook.load(settings.rules_file)
    require_apart_at_start(settings)
    keep(settings, application, folder)


@main.group()
def keys() -> None:
    """API keys. Only their digests are stored."""


@keys.command()
@_TENANT
@_NAME
@_SCOPES
@_FREE
@click.option("--days", type=click.IntRange(min=1), help="Expires after so many days; default: never.")
def create(tenant: str, name: str, scopes: str, no_rate_limit: bool, days: int | None) -> None:
    """Make a key and print it, once: it cannot be shown again."""
    key = generate_key()
    _put(key, tenant, name, scopes, no_rate_limit, days)
    click.echo(key)


@keys.command()
@_TENANT
@_NAME
@_SCOPES
@_FREE
def ensure(tenant: str, name: str, scopes: str, no_rate_limit: bool) -> None:
    """Make the key on standard input a good one, whether it is known or not."""
    key = sys.stdin.read().strip()
    if not is_key(key):
        raise click.ClickException("standard input holds no key (`alv_` and 43 URL-safe characters)")
    click.echo(_put(key, tenant, name, scopes, no_rate_limit, None))


@keys.command(name="list")
@click.option("--tenant", help="Only this tenant's.")
def list_keys(tenant: str | None) -> None:
    """Every key's id and properties, one JSON object a line."""
    for row in _desk(read_settings()).known(tenant):
        click.echo(json.dumps(row, default=str))


@keys.command()
@click.argument("key_id", type=click.UUID)
def revoke(key_id: UUID) -> None:
    """End a key; running services forget it within seconds."""
    if not _desk(read_settings()).revoke(key_id):
        raise click.ClickException("there is no such key")


@main.command()
@click.option("--tenant", help="Only this tenant's; default: every one in turn.")
@click.option("--dry-run", is_flag=True, help="Send nothing; print what is over, one JSON object a line.")
def expire(tenant: str | None, dry_run: bool) -> None:
    """Let what is over by retention expire, by commands through Kafka; then its words leave the stores.

    Run it every day. It may be interrupted, repeated and run beside another one: what has expired is not asked for
    again, and a command that is sent twice is obeyed once. Progress goes to standard error, the counts of each tenant
    to standard output, one JSON object a line.
    """
    settings = _settings()
    logs.configure(settings, "api")
    only = None if tenant is None else TenantId(_checked_tenant(tenant))
    for done in asyncio.run(_expire(settings, only, dry_run)):
        click.echo(json.dumps(asdict(done) | {"sent": 0 if dry_run else done.over}))


async def _expire(settings: Settings, only: TenantId | None, dry_run: bool) -> list[Progress]:
    from api.wiring import connect_expiry
    from streams import rulebook

    retention = rulebook.load(settings.rules_file).retention
    async with connect_expiry(settings, retention, dry_run=dry_run) as job:
        return await job.run(datetime.now(UTC), _tell, _show if dry_run else lambda _: None, only)


def _tell(done: Progress) -> None:
    click.echo(f"{done.tenant_id}: {done.looked_at:,} items looked at, {done.over:,} over", err=True)


def _show(overdue: Overdue) -> None:
    click.echo(json.dumps(asdict(overdue), default=str))


def run() -> None:
    """The command line, with exit code 2 for what a person must mend and 75 for what comes too early."""
    try:
        main(prog_name="python -m api")
    except Misconfigured as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(MISCONFIGURED)
    except psycopg.errors.InsufficientPrivilege as error:
        told = "keys and jobs are for the owner of the tables (DATABASE_URL), not for the API's login"
        click.secho(f"{told}: {str(error).partition(chr(10))[0]}", fg="red", err=True)
        sys.exit(MISCONFIGURED)
    except psycopg.OperationalError as error:
        click.secho(f"PostgreSQL does not answer: {error}", fg="red", err=True)
        sys.exit(TRY_LATER)
    except Retryable as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(TRY_LATER)


def _put(key: str, tenant: str, name: str, scopes: str, no_rate_limit: bool, days: int | None) -> UUID:
    settings = read_settings()
    return _desk(settings).put(
        tenant_id=_checked_tenant(tenant),
        name=name,
        digest=key_hmac(secret_key_of(settings), key),
        scopes=_checked_scopes(scopes),
        rate_limited=not no_rate_limit,
        days=days,
    )


def _desk(settings: Settings) -> KeyDesk:
    return KeyDesk(settings.database_url.get_secret_value())


def _checked_tenant(tenant: str) -> str:
    if not TENANT.fullmatch(tenant):
        raise click.ClickException(f"a tenant must match {TENANT.pattern}")
    return tenant


def _checked_scopes(words: str) -> Sequence[str]:
    named = [word.strip() for word in words.split(",")]
    try:
        scopes = parse_scopes(named)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    return [ALL] if ALL in named else sorted(scope.value for scope in scopes)


if __name__ == "__main__":
    run()
