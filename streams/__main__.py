"""`python -m streams`: the two agents, each a process of its own, and offline looks at what they would do.

Reads the environment once and hands it down.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from schemas.ids import TenantId
from streams import bootstrap
from streams.ports import Processor
from topology import logs, metrics
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
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(file: Path) -> None:
    """Show what a conversation FILE (JSON lines, .gz or not) would leave behind, without Kafka."""
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
    sys.exit(run_worker(settings, processor(settings, meters), known, meters))


if __name__ == "__main__":
    cli()
