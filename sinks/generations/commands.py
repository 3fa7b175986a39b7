"""`python -m sinks generations`: list, create, compare, promote, settle, tidy and drop generations of memory.

Only parses arguments and prints; exit code 0 done, 2 misused or misconfigured, 75 come again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from schemas.registry import codec
from sinks.generations.differences import Difference, differences
from sinks.generations.succession import Show, Succession
from sinks.generations.tables import Generations
from topology import logs
from topology.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from topology.generation_log import GenerationLog
from topology.generations import FIRST, shadow_stages
from topology.lineage import Lineage
from topology.offsets import Look, Reached
from topology.settings import KEPT_SCHEMAS, Settings

WIDE = 160
"""Columns of a table that goes to a file or a pipe, where nothing should be cut off."""

_number = click.argument("number", required=False, type=click.IntRange(min=FIRST))


@click.group()
def generations() -> None:
    """Generations of memory: the same history, read by another extractor, beside the one that answers.

    `python -m streams replay --extractor NAME@VERSION --into shadow` builds one. NUMBER is the one that is being built
    where it is not given.
    """


@generations.command("list")
def list_all() -> None:
    """Print every generation, what reads its messages, and since when it serves."""
    with _told() as succession:
        lineage, serving = succession.log.read(), succession.tables.serving()
    table = Table("generation", "extractor", "made", "promoted", "found by", "state")
    for number, each in lineage.known.items():
        if each.dropped_at is not None:
            state = f"dropped {_moment(each.dropped_at)}"
        else:
            state = "serves" if number == serving.number else ""
        found_by = "extract" if each.settled_at else "reextract"
        made = _moment(each.declared_at) if number in lineage.written else ""
        table.add_row(
            str(number), each.extractor or "as extract runs", made, _moment(each.promoted_at), found_by, state
        )
    _console().print(table)


@generations.command()
@click.argument("number", type=click.IntRange(min=FIRST))
def create(number: int) -> None:
    """Make the tables of a generation; harmless where they are there. `streams replay` calls it."""
    with _told() as succession:
        made = succession.tables.create(number)
    click.echo(f"generation {number}: {'tables made' if made else 'its tables are there'}")


@generations.command()
@_number
@click.option("--against", type=click.IntRange(min=FIRST), help="Another one than that which serves.")
@click.option("--examples", default=3, show_default=True, type=click.IntRange(min=0), help="Shown of each change.")
def diff(number: int | None, against: int | None, examples: int) -> None:
    """Count what a generation remembers otherwise than the one that serves, by slot, with examples."""
    with _told() as succession:
        lineage = succession.log.read()
        chosen = lineage.there(_chosen(lineage, number)).number
        before = succession.tables.serving().number if against is None else lineage.there(against).number
        behind = _behind(succession.settings, chosen)
        found = differences(succession.tables.url, before, chosen, examples)
    if behind:
        click.secho(f"generation {chosen} is {behind:,} records behind: what they say counts as removed", err=True)
    _print(found, before, chosen)


@generations.command()
@_number
def promote(number: int | None) -> None:
    """Let answers come from a generation, once it has read what is there now. Its processes must be running.

    Promoting a former one goes back to it.
    """
    with _told() as succession:
        chosen = _chosen(succession.log.read(), number)
        succession.promote(chosen, _progress())
    click.echo(f"answers come from generation {chosen}")


@generations.command()
@_number
def settle(number: int | None) -> None:
    """Stop waiting for reextract: extract and the sinks run with GENERATION=NUMBER by now. The shadow may then stop."""
    with _told() as succession:
        chosen = number or succession.tables.serving().number
        succession.settle(chosen, _progress())
    click.echo(f"extract finds what generation {chosen} remembers; its shadow may be stopped; then `tidy`")


@generations.command()
@_number
def tidy(number: int | None) -> None:
    """Remove what reextract kept, once a generation has settled and its shadow has stopped."""
    with _told() as succession:
        chosen = number or succession.tables.serving().number
        succession.tidy(chosen)
    click.echo(f"nothing is left of reextract for generation {chosen}")


@generations.command()
@click.argument("number", type=click.IntRange(min=FIRST))
@click.confirmation_option(prompt="Its topics, tables and keys are removed for good. Go on?")
def drop(number: int) -> None:
    """Remove a generation that does not serve: its topics, groups, tables and keys. Its processes must be stopped."""
    with _told() as succession:
        succession.drop(number)
    click.echo(f"generation {number} is gone")


@contextmanager
def _told() -> Iterator[Succession]:
    """The deployment's generations; what is in the way is said in words and by exit code."""
    try:
        settings = Settings()
        logs.configure(settings, "generations")
        known = codec(settings.schema_registry_url, settings.state_dir / KEPT_SCHEMAS)
        tables = Generations(url=settings.database_url.get_secret_value())
        yield Succession(settings=settings, tables=tables, log=GenerationLog(settings, known))
    except (Misconfigured, Retryable) as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(MISCONFIGURED if isinstance(error, Misconfigured) else TRY_LATER)


def _chosen(lineage: Lineage, number: int | None) -> int:
    if number is not None:
        return number
    if lineage.shadow is None:
        raise Misconfigured("no generation is being built: name one")
    return lineage.shadow.number


def _behind(settings: Settings, generation: int) -> int:
    with Look(settings, generation) as look:
        return sum(look.reached(stage).behind for stage in shadow_stages())


def _progress() -> Show:
    said: dict[str, int] = {}

    def show(reached: Reached) -> None:
        name = reached.stage.name
        if said.get(name) != reached.behind:
            said[name] = reached.behind
            click.echo(f"{name}: {reached.behind:,} records behind", err=True)

    return show


def _print(found: Sequence[Difference], before: int, after: int) -> None:
    table = Table("slot", "added", "removed", "changed", title=f"generation {after} beside {before}")
    slots = dict.fromkeys(f"{each.kind}.{each.slot}" for each in found)
    counts = {(f"{each.kind}.{each.slot}", each.change): each.items for each in found}
    for slot in slots:
        table.add_row(slot, *(_count(counts.get((slot, change), 0)) for change in ("added", "removed", "changed")))
    totals = [sum(each.items for each in found if each.change == change) for change in ("added", "removed", "changed")]
    table.add_section()
    table.add_row("all", *map(str, totals))
    console = _console()
    console.print(table)
    for each in found:
        for example in each.examples:
            quote = f"  «{example.quote}»" if example.quote else ""
            console.print(
                f"{each.change} {each.kind}.{each.slot}  {example.user_id}  {example.told}{quote}",
                markup=False,
                soft_wrap=True,
            )


def _count(items: int) -> str:
    return str(items) if items else ""


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(sep=" ", timespec="seconds")


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
