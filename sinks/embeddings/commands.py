"""`python -m sinks models`: list, build, serve and drop the models that messages have vectors of.

Only parses arguments and prints; exit code 0 done, 2 misused or misconfigured, 75 come again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from sinks import app
from sinks.embeddings.catalogue import NAMES
from sinks.embeddings.models import Model, Models
from topology import logs
from topology.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from topology.settings import Settings

_name = click.argument("name", type=click.Choice(NAMES))


@click.group()
def models() -> None:
    """Embedding models: another one reads the history beside the one that answers, until answers move to it."""


@models.command("list")
def list_all() -> None:
    """Print every model, whether it answers, and how many messages it has yet to read."""
    with _told() as known:
        found = known.every()
    click.echo("\t".join(("model", "state", "since", "behind")))
    for one in found:
        click.echo("\t".join((one.name, one.state, one.since.isoformat(timespec="seconds"), _behind(one))))


@models.command()
@_name
def build(name: str) -> None:
    """Read the history with a model, then follow it, until SIGTERM; the one that answers is not disturbed.

    The same as `python -m sinks embeddings --model NAME`: killed at any moment, it goes on where it was.
    """
    settings = Settings().model_copy(update={"embedding_model": name})
    logs.configure(settings, "embeddings")
    sys.exit(app.run(settings, "embeddings"))


@models.command()
@_name
@click.option(
    "--force", is_flag=True, help="Also where it has not read all messages yet; those are found by their words."
)
def serve(name: str, force: bool) -> None:
    """Let questions be answered by a model from now on. The former one stays, and is the way back."""
    with _told() as known:
        behind = [one.behind for one in known.every() if one.name == name]
        if behind and behind[0] and not force:
            raise Retryable(f"{name} has {behind[0]} messages to read; --force does not wait", retry_after_seconds=5)
        known.serve(name)
    click.echo(f"{name} serves")


@models.command()
@_name
def drop(name: str) -> None:
    """Remove a model and its vectors; without any, questions are answered by words alone. Stop its sink first."""
    with _told() as known:
        every = known.every()
        if len(every) > 1 and any(one.state == "serving" and one.name == name for one in every):
            raise Misconfigured(f"{name} serves: let another one serve first")
        known.drop(name)
    click.echo(f"{name} dropped")


def _behind(model: Model) -> str:
    return str(model.behind) if model.started else "not begun"


@contextmanager
def _told() -> Iterator[Models]:
    try:
        yield Models(url=Settings().database_url.get_secret_value())
    except Misconfigured as error:
        click.echo(f"refused: {error}", err=True)
        sys.exit(MISCONFIGURED)
    except Retryable as error:
        click.echo(f"not now: {error}", err=True)
        sys.exit(TRY_LATER)
