"""`python -m chaos`: hurts a stack while events flow, and says whether anything was lost, doubled or left behind.

Starts a stack of its own unless it is told of one. An interrupted run goes on when the same command is given again.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console

from chaos import journal as journals
from chaos.control import run_control
from chaos.faults import KINDS, Fault, faults
from chaos.hurting import Surgeon
from chaos.journal import Journal
from chaos.outage import run_outage, show_outage
from chaos.planning import Plan
from chaos.report import Verdict, keep, show
from chaos.running import forgot, judge, run
from chaos.scaling import run_scaling, show_pauses
from chaos.theatre import leave, stack_of
from deploy.local import kafka
from support.infrastructure import PROJECT
from support.stack import Stack

RESULTS = PROJECT / ".local" / "chaos"
console = Console(highlight=False, soft_wrap=True)


def choose(told: str, brokers: int) -> tuple[Fault, ...]:
    """Faults such as `kill:extract,flush:valkey`; a kind alone means all its victims, `kill:broker` each broker."""
    possible, chosen = faults(brokers), list[Fault]()
    for each in told.split(",") if told else ():
        kind, _, victim = each.partition(":")
        found = [one for one in possible if one.kind == kind and victim in ("", one.victim, one.pair.process)]
        if not found:
            names = ", ".join(f"{fault.kind}:{fault.victim}" for fault in possible)
            raise click.BadParameter(f"{each} is none of {names}", param_hint="--only")
        chosen.extend(found)
    return tuple(chosen)


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of every command that feeds."""
    folder = click.Path(path_type=Path, resolve_path=True)
    for option in (
        click.option("--seed", default=7, show_default=True, help="Decides the input and the faults."),
        click.option("--rate", default=60.0, show_default=True, help="Events a second."),
        click.option("--stack", "state_dir", type=folder, help="State directory of a running stack."),
        click.option("--results", type=folder, default=RESULTS, help="Where evidence is kept."),
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The verifier: nothing lost, nothing twice, under any failure."""


@cli.command(name="faults")
def faults_command() -> None:
    """List what may be done to whom."""
    for kind, (victims, meaning) in KINDS.items():
        click.echo(f"{kind:<9} {meaning}: {', '.join(victims)}")


@cli.command(name="run")
@click.option("--rounds", default=10, show_default=True, help="Faults, one a round.")
@click.option("--only", "chosen", default="", help="Only these, in this order: kind:victim,...")
@click.option("--brokers", type=click.Choice(kafka.NUMBERS), default=1, show_default=True, help="Kafka brokers.")
@click.option("--resume", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Go on with this run.")
@click.option("--fresh", is_flag=True, help="Begin anew, although the same run was interrupted before.")
@common
def run_command(
    *,
    rounds: int,
    chosen: str,
    brokers: int,
    resume: Path | None,
    fresh: bool,
    seed: int,
    rate: float,
    state_dir: Path | None,
    results: Path,
) -> None:
    """Feed, hurt, wait, compare. Exits with 1 where anything is not as it must be, and keeps the evidence.

    A run that was interrupted goes on when the same command is given again.
    """
    if state_dir is not None and Surgeon(Stack(state_dir=state_dir), results).brokers != brokers:
        raise click.BadParameter(f"the stack in {state_dir} has another number", param_hint="--brokers")
    plan = Plan(rounds=rounds, seed=seed, rate=rate, faults=choose(chosen, brokers), brokers=brokers)
    known = journals.load(resume) if resume else None if fresh else journals.unfinished(results, plan, state_dir)
    journal = known or journals.begin(results, plan, state_dir)
    if known is not None:
        _tell(f"goes on with {journal.folder}, after {len(journal.rounds())} rounds")
    with journal.held() as free:
        if not free:
            raise click.ClickException(f"{journal.folder} is being run already")
        verdict = _verdict(journal)
    sys.exit(0 if verdict.holds else 1)


def _verdict(journal: Journal) -> Verdict:
    with stack_of(journal) as stack:
        verdict = run(stack, journal, _tell)
        keep(verdict, journal.folder)
    leave(journal, keep_data=not verdict.holds)
    show(verdict, journal.folder, console)
    return verdict


@cli.command(name="judge")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def judge_command(folder: Path) -> None:
    """Judge once more what the run kept in FOLDER left behind; starts its stack where it has one of its own."""
    journal = journals.load(folder)
    sent, rounds = journal.acknowledged(), journal.rounds()
    with stack_of(journal) as stack, stack.codec() as codec:
        redis_forgot = forgot([each.fault for each in rounds])
        differences = judge(stack, codec, journal.name, sent, redis_forgot=redis_forgot)
    verdict = Verdict(plan=journal.plan, rounds=rounds, events=len(sent), differences=differences, drained=True)
    show(verdict, folder, console)
    sys.exit(0 if verdict.holds else 1)


@cli.command(name="scale")
@common
def scale_command(seed: int, rate: float, state_dir: Path | None, results: Path) -> None:
    """1 -> 3 -> 1 workers of each group while events flow; tells the longest pause of each group, and judges."""
    journal = journals.begin(results, Plan(rounds=0, seed=seed, rate=rate, kind="scale"), state_dir)
    with stack_of(journal) as stack:
        scaled = run_scaling(stack, journal, _tell)
        keep(scaled.verdict, journal.folder)
    leave(journal, keep_data=not scaled.verdict.holds)
    show_pauses(scaled, console)
    show(scaled.verdict, journal.folder, console)
    sys.exit(0 if scaled.verdict.holds else 1)


@cli.command(name="outage")
@click.option("--seconds", default=300.0, show_default=True, help="How long PostgreSQL is away.")
@common
def outage_command(seconds: float, seed: int, rate: float, state_dir: Path | None, results: Path) -> None:
    """PostgreSQL away at full input: memory, catch-up, and both judges. Exits with 1 where a bound is exceeded."""
    journal = journals.begin(results, Plan(rounds=0, seed=seed, rate=rate, kind="outage"), state_dir)
    with stack_of(journal) as stack:
        survived = run_outage(stack, journal, seconds, _tell)
        keep(survived.verdict, journal.folder)
    leave(journal, keep_data=not survived.holds)
    show_outage(survived, console)
    show(survived.verdict, journal.folder, console)
    sys.exit(0 if survived.holds else 1)


@cli.command(name="control")
@click.option("--rounds", default=10, show_default=True, help="Faults, one a round.")
@common
def control_command(rounds: int, seed: int, rate: float, state_dir: Path | None, results: Path) -> None:
    """Hurt a plain Faust agent instead. Exits with 1 where it loses and doubles nothing: the faults were too kind."""
    journal = journals.begin(results, Plan(rounds=rounds, seed=seed, rate=rate, kind="control"), state_dir)
    with stack_of(journal) as stack:
        counted = run_control(stack, journal.plan, journal.name, journal.folder, _tell)
    leave(journal, keep_data=False)
    (journal.folder / "verdict.txt").write_text(f"{counted}\n", "utf-8")
    console.print(f"seed={seed}\n{counted}")
    sys.exit(0 if counted.lost or counted.duplicated else 1)


def _tell(line: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S', time.gmtime())} {line}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    cli(prog_name="python -m chaos")
