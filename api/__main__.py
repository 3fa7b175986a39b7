"""The API's command line: serve requests, manage keys, handle the audit log, and enforce retention.

With `api.cli` the only part of the package that reads the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg

from api.auth import secret_key_of
from api.cli.reading import checked_tenant, read
from api.edge.demands import require
from api.tokens.reading import rules_of
from schemas.ids import TenantId
from topology import interpreter, logs
from topology.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from topology.reporting import report_errors
from topology.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.expiry import Progress
    from api.readers.overdue import Overdue

_APART = ("audit", "keys")
_SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""`topology.metrics` has it too, and must not be imported before it is set."""


def application() -> FastAPI:
    """The application of a worker process, by the environment's settings."""
    from api.app import create_app  # only a worker needs it: the keys' commands start in a fraction of the time
    from streams import rulebook

    settings = read_settings()
    logs.configure(settings, "api")
    report_errors(settings, "api")
    rules = rulebook.load(settings.rules_file)
    return create_app(settings, catalogues=rules.catalogues, retention=rules.retention, roles=rules.roles)


def served() -> FastAPI:
    """The application of a process that does nothing else."""
    app = application()
    interpreter.look_seldom_for_garbage()
    interpreter.let_threads_take_turns()
    return app


def read_settings() -> Settings:
    """The settings, complete enough to serve. Raises Misconfigured."""
    settings = read()
    require(settings)
    secret_key_of(settings)
    rules_of(settings)
    return settings


class _Commands(click.Group):
    """Those of `api.cli` are imported when they are asked for: they bring `prometheus_client` along, which must not be
    there before `_SHARED_FOLDER` is set."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_APART})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _APART:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(import_module(f"api.cli.{cmd_name}"), cmd_name)
        return found


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
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
        serve_alone(settings, served())
        return
    folder = Path(tempfile.mkdtemp(prefix="alluvium-metrics-"))
    os.environ[_SHARED_FOLDER] = str(folder)  # before anything imports prometheus_client, which reads it then
    from api.readers.wall import require_apart_at_start
    from api.serving.workers import keep
    from streams import rulebook

    rulebook.load(settings.rules_file)
    require_apart_at_start(settings)
    keep(settings, served, folder)


@main.command()
@click.option("--tenant", help="Only this tenant's; default: every one in turn.")
@click.option("--dry-run", is_flag=True, help="Send nothing; print what is over, one JSON object a line.")
def expire(tenant: str | None, dry_run: bool) -> None:
    """Let what is over by retention expire, by commands through Kafka; then its words leave the stores.

    Run it every day. It may be interrupted, repeated and run beside another one: what has expired is not asked for
    again, and a command that is sent twice is obeyed once. Progress goes to standard error, the counts of each tenant
    to standard output, one JSON object a line.
    """
    settings = read()
    logs.configure(settings, "api")
    only = None if tenant is None else checked_tenant(tenant)
    for done in asyncio.run(_expire(settings, only, dry_run)):
        click.echo(json.dumps(asdict(done) | {"sent": 0 if dry_run else done.over}))


async def _expire(settings: Settings, only: TenantId | None, dry_run: bool) -> list[Progress]:
    from api.readers.wall import require_every_tenant
    from api.wiring import connect_expiry
    from streams import rulebook

    require_every_tenant(settings)

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
    except psycopg.OperationalError as error:
        click.secho(f"PostgreSQL does not answer: {error}", fg="red", err=True)
        sys.exit(TRY_LATER)
    except Retryable as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(TRY_LATER)


if __name__ == "__main__":
    run()
