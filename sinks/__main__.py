"""`python -m sinks`: land the log in a database, and keep that database's schema.

Reads the settings, once, and hands them down. Alembic is imported by the commands that need it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from sinks import app
from topology import logs
from topology.settings import Settings

_instance_id = click.option(
    "--instance-id", help="A name that stays over restarts, for static membership: a quick restart moves no partition."
)


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
@_instance_id
def postgres(instance_id: str | None) -> None:
    """Follow the derived topics into PostgreSQL, until SIGTERM."""
    _land("postgres", instance_id)


@main.command()
@_instance_id
def redis(instance_id: str | None) -> None:
    """Follow profiles and messages into Redis, until SIGTERM."""
    _land("redis", instance_id)


@main.command()
@click.option("--to", default="head", show_default=True, help="A revision, `head`, or `base` to drop everything.")
def migrate(to: str) -> None:
    """Bring PostgreSQL to a revision of the schema, upwards or downwards."""
    from sinks.postgres import migrate as migrations

    with _failures_said():
        before, after = migrations.migrate(_database_url(), to)
    click.echo(f"{before or 'empty'} -> {after or 'empty'}")


@main.command()
def current() -> None:
    """Print the revision that PostgreSQL has."""
    from sinks.postgres import migrate as migrations

    with _failures_said():
        click.echo(migrations.current(_database_url()) or "empty")


@main.command()
def history() -> None:
    """Print every revision that this release knows, oldest first."""
    from sinks.postgres import migrate as migrations

    for revision in migrations.history():
        click.echo(f"{revision.number}  {revision.about}")


@contextmanager
def _failures_said() -> Iterator[None]:
    """One line and exit code 1 for what a person can mend without reading a traceback."""
    import psycopg
    from alembic.util import CommandError

    try:
        yield
    except (CommandError, psycopg.OperationalError) as error:
        raise click.ClickException(str(error)) from error


def _land(name: str, instance_id: str | None) -> None:
    settings = Settings()
    logs.configure(settings, name)
    sys.exit(app.run(settings, name, instance_id=instance_id))


def _database_url() -> str:
    return Settings().database_url.get_secret_value()


if __name__ == "__main__":
    main(prog_name="python -m sinks")
