"""`python -m streams`: the two agents, each a process of its own, and offline looks at what they would do.

Reads the environment once and hands it down.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from schemas.ids import TenantId
from streams import bootstrap
from streams.ports import Processor
from topology import logs, metrics
from topology.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from topology.metrics import Meters
from topology.settings import KEPT_SCHEMAS, Settings

WIDE = 140
"""Columns of a table that goes to a file or a pipe, where nothing should be cut off."""

DEAD_LETTERS = "dead-letters"


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
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--extractor", metavar="NAME@VERSION", help="What reads the history again: the one this release has.")
@click.option("--into", type=click.Choice(["shadow"]), help="Build a generation of memory beside the one that answers.")
@click.option("--once", is_flag=True, help="End when everything that is there now has been read, instead of following.")
def replay(file: Path | None, extractor: str | None, into: str | None, once: bool) -> None:
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
        _show_replayed(file)
    else:
        _into_shadow(extractor or "", follow=not once)


def _into_shadow(extractor: str, *, follow: bool) -> None:
    from streams.shadow.commands import into_shadow

    settings = Settings()
    logs.configure(settings, "replay")
    with _told():
        bootstrap.require_extractor(settings, extractor)
        into_shadow(settings, extractor, follow=follow)


def _show_replayed(file: Path) -> None:
    from streams.extraction.rules import RuleExtractor
    from streams.replay import replay_file

    try:
        remembered = replay_file(file, RuleExtractor())
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    for status, count in remembered.outcomes.items():
        click.echo(f"{count} events {status}")
    for item in remembered.items:
        click.echo(f"{item.user_id}\t{item.kind}\t{item.slot}\t{item.value}\t{item.status}")


@cli.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def rules(file: Path | None) -> None:
    """List the extraction rules; with a conversation FILE, how often each finds something in it."""
    from rich.console import Console
    from rich.table import Table

    from schemas import transcript
    from streams.extraction.rules import RuleExtractor, found_in, rules_table

    try:
        events = transcript.read(file, TenantId("rules")) if file else ()
        rows = rules_table(found_in(events, RuleExtractor()))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    table = Table("rule", "kind", "slot", "confidence", "examples", "counter-examples", "found")
    for row in rows:
        counts = (row.confidence, row.examples, row.counter_examples, row.found if file else "")
        table.add_row(row.rule, row.kind, row.slot, *map(str, counts))
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def _run(stage: str, processor: Callable[[Settings, Meters], Processor]) -> None:
    from schemas.registry import codec
    from streams.engine.worker import run_worker

    settings = Settings()
    logs.configure(settings, stage)
    meters = metrics.build(stage)
    known = codec(settings.schema_registry_url, settings.state_dir / KEPT_SCHEMAS)
    with _told():
        bootstrap.require_generation(settings, known)
    sys.exit(run_worker(settings, processor(settings, meters), known, meters))


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
