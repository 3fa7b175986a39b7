"""`python -m sinks`: land the log in a database, pass over what it cannot take, and keep its schema.

Reads the settings, once, and hands them down. Alembic is imported by the commands that need it.
"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from schemas.records import Position
from sinks import app
from sinks.postgres.skips import PostgresSkips
from topology import logs
from topology.errors import Misconfigured, Retryable
from topology.reporting import report_errors
from topology.settings import Settings
from topology.stages import POSTGRES_SINK
from topology.topics import TopicName

_instance_id = click.option(
    "--instance-id",
    help="A name that stays over restarts, for static membership; goes before INSTANCE_ID.",
)

_shadow = click.option(
    "--shadow", is_flag=True, help="Land only what belongs to the generation that GENERATION names, in a group apart."
)


GENERATIONS, MODELS = "generations", "models"
MANY_UNSEALED = 16_384
"""More than the sealer takes in one step: it is far behind, or has never run."""


class LazyGroup(click.Group):
    """The commands below, and the groups of generations and models, which are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), GENERATIONS, MODELS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == GENERATIONS:
            from sinks.generations.commands import generations

            return generations
        if cmd_name == MODELS:
            from sinks.embeddings.commands import models

            return models
        return super().get_command(ctx, cmd_name)


@click.group(cls=LazyGroup, help=__doc__)
def main() -> None:
    pass


@main.command()
@_instance_id
@_shadow
def postgres(instance_id: str | None, shadow: bool) -> None:
    """Follow the derived topics into PostgreSQL, until SIGTERM."""
    _land("postgres", instance_id, shadow=shadow)


@main.command()
@_instance_id
@_shadow
def redis(instance_id: str | None, shadow: bool) -> None:
    """Follow profiles and messages into Redis, until SIGTERM."""
    _land("redis", instance_id, shadow=shadow)


@main.command()
@_instance_id
@click.option("--model", help="The embedder; goes before EMBEDDING_MODEL.")
def embeddings(instance_id: str | None, model: str | None) -> None:
    """Follow messages into PostgreSQL as vectors of what they mean, until SIGTERM."""
    settings = Settings()
    if model is not None:
        settings = settings.model_copy(update={"embedding_model": model})
    logs.configure(settings, "embeddings")
    sys.exit(app.run(settings, "embeddings", instance_id=instance_id))


@main.command()
@click.option("--tenant", help="Only this one; else all.")
@click.option("--watch", is_flag=True, help="Go on with what comes, until SIGTERM: the process `sealer`.")
@click.option("--rebuild", is_flag=True, help="Seal every block anew; questions are answered meanwhile.")
def seal(tenant: str | None, watch: bool, rebuild: bool) -> None:
    """Bring messages into the blocks that wide scopes are searched by. Interrupt it at any time, and begin again."""
    if watch and (tenant or rebuild):
        raise click.UsageError("--watch does what is due for everybody")
    settings = Settings()
    logs.configure(settings, "sealer")
    try:
        sys.exit(app.seal(settings, watch=watch, rebuild=rebuild, tenant_id=tenant, say=click.echo))
    except Retryable as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--sink", type=click.Choice(list(app.SINKS)), default="postgres", show_default=True)
@click.argument("topic", type=click.Choice([topic.value for topic in TopicName]))
@click.argument("partition", type=click.IntRange(min=0))
@click.argument("offset", type=click.IntRange(min=0))
@click.option("--reason", required=True, help="Why the record is given up; kept beside the decision.")
def skip(sink: str, topic: str, partition: int, offset: int, reason: str) -> None:
    """Let a sink pass over one record that it cannot land; a decision that is recorded and never undone.

    One that it can land after all, since somebody mended what was wrong, is landed. Start the sink again afterwards.
    """
    with _failures_said():
        stage = app.stage_of(Settings(), sink)
    if topic not in stage.inputs or not reason.strip():
        raise click.UsageError(f"the {sink} sink lands {', '.join(stage.inputs)}; a reason is some words")
    position = Position(topic=topic, partition=partition, offset=offset)
    with _failures_said():
        _record_skip(app.skips_of(Settings(), stage), position, reason)
    click.echo(f"{sink} may pass over {topic}/{partition} at offset {offset}")


@main.command()
def skips() -> None:
    """List every record that operators have given up, and whether the sink is beyond it."""
    with _failures_said():
        found = app.skips_of(Settings(), POSTGRES_SINK).every()
    click.echo("\t".join(("sink", "topic", "partition", "offset", "passed", "when", "who", "reason")))
    for one in found:
        passed = {True: "yes", False: "no", None: "unknown"}[one.passed]
        when = one.recorded_at.isoformat(timespec="seconds")
        told = (one.sink, one.topic, one.partition, one.offset, passed, when, one.skipped_by, one.reason)
        click.echo("\t".join(map(str, told)))


@main.command()
@click.option("--to", default="head", show_default=True, help="A revision, `head`, or `base` to drop everything.")
def migrate(to: str) -> None:
    """Bring PostgreSQL to a revision of the schema, upwards or downwards.

    Makes the login that API_DATABASE_URL names, where that is set, and gives it the password there.
    """
    from sinks.postgres import logins
    from sinks.postgres import migrate as migrations

    with _failures_said():
        before, after = migrations.migrate(_database_url(), to)
        click.echo(f"{before or 'empty'} -> {after or 'empty'}")
        service_url = Settings().api_database_url.get_secret_value()
        if service_url:
            click.echo(f"the API's login: {logins.settle(_database_url(), service_url)}")
        left = migrations.left_to_seal(_database_url())
        if left > MANY_UNSEALED:
            click.echo(f"{left} messages are in no block yet, and slow to search: `python -m sinks seal` mends that")


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

    refused = (psycopg.OperationalError, psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege)
    try:
        yield
    except (CommandError, Retryable, Misconfigured, *refused) as error:
        raise click.ClickException(str(error)) from error


def _record_skip(skips: PostgresSkips, position: Position, reason: str) -> None:
    if skips.passed(position):
        raise click.ClickException("the sink is beyond it already")
    if not skips.record(position, reason=reason, by=getpass.getuser()):
        raise click.ClickException("it is given up already; `skips` tells by whom")


def _land(name: str, instance_id: str | None, *, shadow: bool) -> None:
    settings = Settings()
    logs.configure(settings, name)
    report_errors(settings, name)
    sys.exit(app.run(settings, name, instance_id=instance_id, shadow=shadow))


def _database_url() -> str:
    return Settings().database_url.get_secret_value()


if __name__ == "__main__":
    main(prog_name="python -m sinks")
