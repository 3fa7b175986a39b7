"""What `python -m streams replay --into shadow` shows: bars on a terminal, a line now and then elsewhere.

Only prints; the work is `streams.shadow.building`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from schemas.registry import codec
from streams.shadow.building import Show, Stopped, build, declare, make_tables, make_topics
from topology.offsets import Reached
from topology.settings import KEPT_SCHEMAS, Settings

LINE_SECONDS: Final = 5.0
"""Between two lines where there is no terminal to draw bars on."""


def into_shadow(settings: Settings, rules_file: Path | None, extractor: str, *, follow: bool) -> None:
    """Raises Misconfigured or Retryable; returns when all is read, or when it is asked to stop."""
    console = Console(stderr=True, highlight=False)
    declared = declare(settings, codec(settings.schema_registry_url, settings.state_dir / KEPT_SCHEMAS), extractor)
    number = declared.number
    console.print(f"generation {number}, read by {extractor}: making its topics and tables")
    make_topics(settings, number)
    make_tables(number)
    try:
        with _bars(console) as progress:
            show = _shown_on(progress) if console.is_terminal else _told()
            build(settings, number, rules_file, show, follow=follow)
    except Stopped:
        console.print("stopped; the same command goes on from here")
    else:
        console.print(f"generation {number} has read everything that was there")
    click.echo(f"python -m sinks generations diff {number}")


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _shown_on(progress: Progress) -> Show:
    tasks: dict[str, TaskID] = {}

    def show(stages: Sequence[Reached]) -> None:
        for reached in stages:
            name = reached.stage.name
            if name not in tasks:
                tasks[name] = progress.add_task(name)
            progress.update(tasks[name], total=reached.end, completed=reached.done)

    return show


def _told(clock: Callable[[], float] = time.monotonic) -> Show:
    told_at = float("-inf")

    def show(stages: Sequence[Reached]) -> None:
        nonlocal told_at
        if clock() - told_at >= LINE_SECONDS:
            told_at = clock()
            click.echo("  ".join(f"{each.stage.name} {each.done:,}/{each.end:,}" for each in stages), err=True)

    return show
