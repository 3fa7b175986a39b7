"""`python -m topology`: show the graph, check it, bring its topics to a cluster.

Only parses arguments and prints; exit code 0 done, 1 faults or drift found, 2 misused or misconfigured, 75 come again.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from pydantic import ValidationError
from rich.console import Console

from topology.cluster import Action, Step, wanted
from topology.environment import example
from topology.errors import MISCONFIGURED, TRY_LATER, Misconfigured, Retryable
from topology.generations import FIRST
from topology.graph import graph_faults, shipped
from topology.guarantees import shared_demands
from topology.metric_reference import reference
from topology.picture import mermaid, stage_table, topic_table, update
from topology.settings import Settings

FAULTY = 1
_COLOURS = {Action.CREATE: "green", Action.KEEP: None, Action.ALTER: "yellow", Action.REFUSE: "red"}


@click.group(help=__doc__, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    pass


@main.command()
@click.option("--format", "form", type=click.Choice(["table", "mermaid"]), default="table", show_default=True)
@click.option(
    "--update",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Put the Mermaid picture between the topology markers of this file instead of printing.",
)
def show(form: str, file: Path | None) -> None:
    """Print the topics and stages."""
    graph = shipped()
    if file is not None:
        _update(file, mermaid(graph))
    elif form == "mermaid":
        click.echo(mermaid(graph))
    else:
        Console().print(topic_table(graph), stage_table(graph))


@main.command()
@click.option(
    "--env-example",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(".env.example"),
    show_default=True,
    help="The file that must hold what `env` prints.",
)
def check(env_example: Path) -> None:
    """Look for what is unsound: orphans, second writers, topics of an agent that are not co-partitioned; no network."""
    faults = graph_faults(shipped())
    if not env_example.exists() or env_example.read_text("utf-8") != example():
        faults.append(f"{env_example} is not what `python -m topology env` prints")
    for fault in faults:
        click.secho(fault, fg="red", err=True)
    if faults:
        sys.exit(FAULTY)
    click.echo(f"{len(shipped().topics)} topics and {len(shipped().stages)} stages are sound")


@main.command()
def env() -> None:
    """Print .env.example: every setting with its meaning, limits and default."""
    click.echo(example(), nl=False)


@main.command()
def metrics() -> None:
    """Print docs/metrics.md: every metric with its kind, labels and meaning."""
    click.echo(reference(), nl=False)


@main.command()
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and do nothing.")
@click.option(
    "--alter", is_flag=True, help="Also set configurations that differ; partitions and replicas never change."
)
@click.option("--wait", "wait_seconds", default=60, show_default=True, help="Seconds to wait for the broker.")
@click.option(
    "--generation", default=FIRST, type=click.IntRange(min=FIRST), help="The topics of another generation of memory."
)
def apply(dry_run: bool, alter: bool, wait_seconds: int, generation: int) -> None:
    """Create the topics that are missing and verify those that exist. Repeating it is harmless.

    Reads KAFKA_BOOTSTRAP_SERVERS, PARTITIONS and REPLICATION_FACTOR, and the security settings of Kafka.
    """
    from topology import apply as cluster
    from topology.kafka import LOGGER, admin

    logging.getLogger(LOGGER).setLevel(logging.CRITICAL)  # what goes wrong is told once, by the call that fails
    with _told():
        settings = Settings()
        client, specs = admin(settings), wanted(settings, generation)
        cluster.await_broker(client, wait_seconds)
        todo = cluster.steps(client, specs)
        for step in todo:
            click.secho(_line(step), fg=_COLOURS[step.action])
        if any(step.action is Action.REFUSE or (step.action is Action.ALTER and not alter) for step in todo):
            _leave("the cluster differs from what is wanted; nothing was changed", FAULTY)
        if not dry_run:
            for step in todo:
                cluster.take(client, step, wait_seconds)
            cluster.await_topics(client, specs, wait_seconds)


@main.command()
@click.option("--wait", "wait_seconds", default=60, show_default=True, help="Seconds to wait for the broker.")
def doctor(wait_seconds: int) -> None:
    """Compare the settings in force, of the cluster and of our clients, with those that the promise rests on.

    Every agent and sink does so for its own topics when it starts, and refuses weaker ones.
    """
    from topology.guard import refuse_weaker

    with _told():
        settings = Settings()
        demands = shared_demands(settings)
        refuse_weaker(settings, demands, wait_seconds)
        click.echo(f"{len(demands.topics)} topics, the brokers and our clients are as strong as the promise needs")


def _update(file: Path, picture: str) -> None:
    try:
        file.write_text(update(file.read_text("utf-8"), picture), "utf-8")
    except ValueError as error:
        _leave(f"{file}: {error}", FAULTY)


def _line(step: Step) -> str:
    spec = step.spec
    told = f"{step.action:6} {spec.name:32} {spec.partitions} partitions, {spec.replication} replicas"
    return "\n       ".join([told, *step.differences])


@contextmanager
def _told() -> Iterator[None]:
    """Say what is in the way, in words and by exit code."""
    try:
        yield
    except (Misconfigured, ValidationError) as error:
        _leave(str(error), MISCONFIGURED)
    except Retryable as error:
        _leave(f"{error}; try again", TRY_LATER)


def _leave(told: str, code: int) -> None:
    click.secho(told, fg="red", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main(prog_name="python -m topology")
