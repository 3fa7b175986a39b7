"""`python -m streams`: the two agents, each a process of its own, and offline looks at what they would do.

Reads the environment once and hands it down.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from schemas.ids import TenantId
from streams import bootstrap
from streams.extraction.tenants import Rulebook
from streams.ports import Processor
from topology import logs, metrics
from topology.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from topology.metrics import Meters
from topology.reporting import report_errors
from topology.settings import KEPT_SCHEMAS, Settings

logger = logging.getLogger(__name__)

WIDE = 140
"""Columns of a table that goes to a file or a pipe, where nothing should be cut off."""

DEAD_LETTERS = "dead-letters"

NO_TENANT = "local"
"""Whose a conversation file's messages are where no tenant has rules."""

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_RULES_FILE = click.option(
    "--rules-file", type=_FILE, envvar="RULES_FILE", show_envvar=True, help="What tenants add to the built-in rules."
)
_TENANT = click.option("--tenant", help="Whose rules are meant; needed where the rules file has several.")


class Unsound(click.ClickException):
    """A rules file that is refused: for a person to mend, like any setting."""

    exit_code = MISCONFIGURED


class LazyGroup(click.Group):
    """The commands below, and the group of dead letters, whose clients are imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), DEAD_LETTERS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == DEAD_LETTERS:
            from streams.dead_letters.commands import dead_letters

            return dead_letters
        return super().get_command(ctx, cmd_name)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The agents that turn conversation events into memory."""


@cli.command()
def extract() -> None:
    """Run extract: events in; messages, candidates, outcomes and dead letters out. Ends on SIGTERM."""
    _run("extract", bootstrap.extract)


@cli.command()
def consolidate() -> None:
    """Run consolidate: candidates and commands in; evidence, items and profiles out. Ends on SIGTERM."""
    _run("consolidate", bootstrap.consolidate)


@cli.command()
def reextract() -> None:
    """Run reextract: messages in; candidates out, for the generation that GENERATION names. Ends on SIGTERM."""
    _run("reextract", bootstrap.reextract)


@cli.command()
@click.argument("file", required=False, type=_FILE)
@_RULES_FILE
@_TENANT
@click.option("--extractor", metavar="NAME@VERSION", help="What reads the history again: that of the rules file.")
@click.option("--into", type=click.Choice(["shadow"]), help="Build a generation of memory beside the one that answers.")
@click.option("--once", is_flag=True, help="End when everything that is there now has been read, instead of following.")
def replay(
    file: Path | None,
    rules_file: Path | None,
    tenant: str | None,
    extractor: str | None,
    into: str | None,
    once: bool,
) -> None:
    """Read a history again.

    With a conversation FILE (JSON lines, .gz or not): show what it would leave behind, without Kafka.

    With --into shadow: read all messages and commands again with --extractor, as a generation of memory with groups,
    topics and tables of its own, while answers go on to come from the one that serves. Runs until it is stopped, and
    goes on where it was when the same command is given again. Then `python -m sinks generations` compares, promotes
    and drops.
    """
    if (file is None) == (into is None) or (into is None) != (extractor is None):
        raise click.UsageError("give a FILE, or --into shadow with --extractor NAME@VERSION")
    if file is not None:
        _show_replayed(file, rules_file, tenant)
    else:
        _into_shadow(rules_file, extractor or "", follow=not once)


def _into_shadow(rules_file: Path | None, extractor: str, *, follow: bool) -> None:
    from streams.shadow.commands import into_shadow

    settings = Settings()
    logs.configure(settings, "replay")
    with _told():
        bootstrap.require_extractor(_rulebook(rules_file), extractor)
        into_shadow(settings, rules_file, extractor, follow=follow)


def _show_replayed(file: Path, rules_file: Path | None, tenant: str | None) -> None:
    from streams.replay import replay_file

    rulebook = _rulebook(rules_file)
    try:
        remembered = replay_file(file, rulebook, _tenant(rulebook, tenant))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    for status, count in remembered.outcomes.items():
        click.echo(f"{count} events {status}")
    for item in remembered.items:
        click.echo(f"{item.user_id}\t{item.kind}\t{item.slot}\t{item.value}\t{item.status}")


@cli.command()
@click.argument("file", required=False, type=_FILE)
@_RULES_FILE
@_TENANT
@click.option("--check", type=_FILE, help="Only say whether this rules file is sound, and what it adds.")
def rules(file: Path | None, rules_file: Path | None, tenant: str | None, check: Path | None) -> None:
    """List the extraction rules, a tenant's beside the built-in ones; with a conversation FILE, what each finds in it.

    A rules file is described in docs/rules.md. A bad one is refused (exit code 2) with the line of each fault.
    """
    from streams.listing import additions, rows_of, table

    if check is not None:
        click.echo("\n".join(additions(_rulebook(check))))
        return
    rulebook = _rulebook(rules_file)
    try:
        rows = rows_of(rulebook, _tenant(rulebook, tenant), file)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else WIDE).print(table(rows, counted=file is not None))


def _rulebook(path: Path | None) -> Rulebook:
    from streams.rulebook import load

    try:
        return load(path)
    except Misconfigured as error:
        raise Unsound(str(error)) from error


def _tenant(rulebook: Rulebook, named: str | None) -> TenantId:
    """Whose messages those of a conversation file are: the tenant's that is named, or that has rules."""
    if named is None and len(rulebook.tenants) > 1:
        raise click.UsageError(f"the rules file has several tenants, name one: --tenant {'|'.join(rulebook.tenants)}")
    return TenantId(named or next(iter(rulebook.tenants), NO_TENANT))


def _run(stage: str, processor: Callable[[Settings, Rulebook, Meters], Processor]) -> None:
    from schemas.registry import codec
    from streams.engine.worker import run_worker
    from streams.rulebook import load
    from topology.generation_log import GenerationLog

    settings = Settings()
    logs.configure(settings, stage)
    report_errors(settings, stage)
    try:
        rulebook = load(settings.rules_file)
    except Misconfigured as error:
        logger.critical("refuses to start: %s", error)
        sys.exit(MISCONFIGURED)
    meters = metrics.build(stage)
    known = codec(settings.schema_registry_url, settings.state_dir / KEPT_SCHEMAS)
    with _told():
        lineage = GenerationLog(settings, known).read()
        bootstrap.require_generation(lineage, settings.generation, stage, rulebook)
    sys.exit(run_worker(settings, processor(settings, rulebook, meters), known, meters))


@contextmanager
def _told() -> Iterator[None]:
    """Say what is in the way, in words and by exit code."""
    try:
        yield
    except (Misconfigured, Retryable) as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(MISCONFIGURED if isinstance(error, Misconfigured) else TRY_LATER)


if __name__ == "__main__":
    cli()
