"""The commands of `python -m deploy.local`.

Speaks to the person; everything it does is done elsewhere.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from subprocess import TimeoutExpired

import click
from rich.console import Console

from deploy.local import environment, kafka, lifecycle, overview
from deploy.local import stack as stacks
from deploy.local.artifacts import ChecksumMismatch
from deploy.local.components import BY_NAME, COMPONENTS, SERVICES, Task, belongs, components, select
from deploy.local.lifecycle import NotReady, OtherBrokers
from deploy.local.ports import NoPortFree
from deploy.local.stack import NotOurs, Stack
from deploy.local.supervision import SupervisorFailed
from deploy.local.tasks import TaskFailed

# What a person can read without a stack trace; anything else is a fault of ours and keeps it.
EXPECTED = (
    NotReady,
    TaskFailed,
    NotOurs,
    OtherBrokers,
    ChecksumMismatch,
    NoPortFree,
    SupervisorFailed,
    TimeoutExpired,
    LookupError,
    PermissionError,
)
EMBEDDING_MODEL = "minilm@1"
TASKS = [part.name for part in COMPONENTS if isinstance(part, Task)]
console = Console(highlight=False)
ERASE_LINE = "\r\x1b[2K"


class Names(click.ParamType):
    """Component names, separated by commas."""

    name = "names"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        names = value if isinstance(value, list) else str(value).split(",")
        for name in names:
            if name not in BY_NAME:
                self.fail(f"{name} is none of {', '.join(BY_NAME)}", param, ctx)
        return names


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The embedded stack: real components without Docker, one supervised process each.

    Its state lives in .local, or where ALLUVIUM_STATE_DIR says.
    """


@cli.command()
@click.option("--only", type=Names(), help="Only these components and what they need, separated by commas.")
@click.option("--brokers", type=click.Choice(kafka.NUMBERS), help="Kafka brokers of a new stack; one by default.")
@click.option("--semantic/--no-semantic", default=None, help="Recall by meaning too; a stack keeps what it was told.")
def up(only: list[str] | None, brokers: int | None, semantic: bool | None) -> None:
    """Start the stack in the background; return when it is ready."""
    directory = stacks.state_directory(os.environ)
    stacks.claim(directory)
    with lifecycle.exclusive(directory):
        stack = lifecycle.prepare(directory, stacks.cache_directory(os.environ), report, brokers, _model(semantic))
        every = [part for part in components(stack.brokers) if belongs(part, stack)]
        parts = select(only, stack.brokers) if only else every
        lifecycle.up(stack, parts, report)
    console.print(f"up: {stack.env_file}", soft_wrap=True)


def _model(semantic: bool | None) -> str | None:
    """The embedder of a stack that answers by meaning too; None: whatever it has."""
    return None if semantic is None else EMBEDDING_MODEL if semantic else ""


@cli.command()
@click.option("--wipe", is_flag=True, help="Remove the stack's data, logs, ports and secrets as well.")
def down(wipe: bool) -> None:
    """Stop the stack in order."""
    directory = stacks.state_directory(os.environ)
    if not stacks.is_ours(directory):
        console.print(f"no stack in {directory}", soft_wrap=True)
        return
    with lifecycle.exclusive(directory):
        stack = stacks.load(directory, stacks.cache_directory(os.environ))
        if stack is not None:
            lifecycle.down(stack, report)
        if wipe:
            lifecycle.wipe(directory, stack)
    console.print("wiped" if wipe else "down")


@cli.command()
def status() -> None:
    """Show each component; exit with 0 only if all are up."""
    stack = existing()
    rows = overview.rows(stack)
    console.print(overview.table(rows))
    sys.exit(0 if all(row.up for row in rows) else 1)


@cli.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("-n", "--lines", default=20, show_default=True, help="How many of the last lines of each log.")
@click.argument("component", required=False, type=click.Choice([*SERVICES, *TASKS, "supervisor"]))
def logs(follow: bool, lines: int, component: str | None) -> None:
    """Show the last lines of one log or of all."""
    stack = existing()
    names = [component] if component else [*(part.name for part in components(stack.brokers)), "supervisor"]
    with suppress(KeyboardInterrupt):  # how one stops following
        for name, line in overview.log_lines(stack, names, lines, follow=follow):
            click.echo(line if component else f"{name:<16} {line}")


@cli.command()
def env() -> None:
    """Print the stack's addresses and keys, one NAME=value a line, as stack.env has them while it is up."""
    click.echo(environment.render(environment.addresses(existing())), nl=False)


@cli.command()
@click.argument("component", type=click.Choice(list(SERVICES)))
def restart(component: str) -> None:
    """Stop one component and start it again."""
    stack = existing()
    if component not in {part.name for part in components(stack.brokers)}:
        raise click.ClickException(f"the stack in {stack.directory} has no {component}")
    with lifecycle.exclusive(stack.directory):
        lifecycle.restart(stack, SERVICES[component], report)


@cli.command()
@click.argument("task", type=click.Choice(TASKS))
def run(task: str) -> None:
    """Run one of the one-shot commands against the running stack."""
    part = BY_NAME[task]
    if isinstance(part, Task):
        lifecycle.run_task(part, existing(), report)


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def transactions(arguments: tuple[str, ...]) -> None:
    """Run Kafka's own kafka-transactions on this stack: list, describe, find-hanging, abort; --help tells the rest."""
    stack = existing()
    lifecycle.fetch_bundle(stack, "kafka-tools", report)
    sys.exit(subprocess.run(kafka.transactions(stack, arguments), check=False).returncode)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def feed(files: tuple[Path, ...]) -> None:
    """Send conversations (JSON lines, also gzipped) through Kafka. Feeding them twice is a retry."""
    import_module("deploy.local.feed").run(existing(), *files)


@cli.command()
def demo() -> None:
    """Speak, ask, and show what is remembered with the words it came from."""
    import_module("deploy.local.demo").run(existing())


def existing() -> Stack:
    directory = stacks.state_directory(os.environ)
    stack = stacks.load(directory, stacks.cache_directory(os.environ))
    if stack is None:
        raise click.ClickException(f"no stack in {directory}: `make up` starts one")
    return stack


def report(component: str, what: str, transient: bool = False) -> None:
    """One line a fact; a transient one gives way to the next, and is not shown where nothing can give way."""
    if console.is_terminal:
        console.file.write(ERASE_LINE)
    if console.is_terminal or not transient:
        console.print(
            f"[bold]{component:<16}[/bold] {what}", end="" if transient else "\n", overflow="ellipsis", no_wrap=True
        )


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        cli.main(args=list(arguments) if arguments is not None else None, prog_name="python -m deploy.local")
    except EXPECTED as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error
