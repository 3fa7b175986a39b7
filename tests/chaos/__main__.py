"""`python -m chaos`: hurts a stack while events flow, and says whether anything was lost, doubled or left behind.

Starts a stack of its own unless it is told of one.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import click
from rich.console import Console

from chaos.control import run_control
from chaos.faults import FAULTS, KINDS, Fault
from chaos.feeding import read_log
from chaos.report import Verdict, keep, show
from chaos.running import Plan, judge, run
from support.infrastructure import PROJECT
from support.infrastructure import stack as run_stack
from support.stack import Stack

RESULTS = PROJECT / ".local" / "chaos"
console = Console(highlight=False, soft_wrap=True)


class Pairs(click.ParamType):
    """Faults such as `kill:extract,flush:valkey`; a kind alone means all its victims."""

    name = "faults"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> list[Fault]:
        chosen = []
        for each in str(value).split(","):
            kind, _, victim = each.partition(":")
            found = [fault for fault in FAULTS if fault.kind == kind and victim in ("", fault.victim)]
            if not found:
                self.fail(f"{each} is none of {', '.join(f'{fault.kind}:{fault.victim}' for fault in FAULTS)}")
            chosen.extend(found)
        return chosen


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The verifier: nothing lost, nothing twice, under any failure."""


@cli.command()
def faults() -> None:
    """List what may be done to whom."""
    for kind, (victims, meaning) in KINDS.items():
        click.echo(f"{kind:<12} {meaning}: {', '.join(victims)}")


@cli.command(name="run")
@click.option("--rounds", default=10, show_default=True, help="Faults, one a round.")
@click.option("--seed", default=7, show_default=True, help="Decides the input and the faults.")
@click.option("--rate", default=150.0, show_default=True, help="Events a second.")
@click.option("--only", "chosen", type=Pairs(), help="Only these, in this order: kind:victim, separated by commas.")
@click.option("--stack", "state_dir", type=click.Path(path_type=Path), help="State directory of a running stack.")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, help="Where evidence is kept.")
def run_command(
    rounds: int, seed: int, rate: float, chosen: list[Fault] | None, state_dir: Path | None, results: Path
) -> None:
    """Feed, hurt, wait, compare. Exits with 1 where anything is not as it must be, and keeps the evidence."""
    name, folder = _folder(results, f"seed{seed}")
    plan = Plan(rounds=rounds, seed=seed, rate=rate, faults=chosen or ())
    with _stack(state_dir, folder) as stack:
        verdict = run(stack, plan, name, folder, _tell)
        keep(verdict, folder)
        if not verdict.holds:
            _keep_logs(stack, folder)
    show(verdict, folder, console)
    sys.exit(0 if verdict.holds else 1)


@cli.command(name="judge")
@click.option("--stack", "state_dir", required=True, type=click.Path(exists=True, path_type=Path))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def judge_command(state_dir: Path, folder: Path) -> None:
    """Judge once more what the run kept in FOLDER left behind in a stack that still runs."""
    stack, sent = Stack(state_dir=state_dir.resolve()), read_log(folder / "input.jsonl")
    name = folder.name.rsplit("-", 1)[1]
    with stack.codec() as codec:
        differences = judge(stack, codec, name, sent, redis_forgot=True)
    verdict = Verdict(seed=0, rounds=(), events=len(sent), differences=differences, drained=True)
    show(verdict, folder, console)
    sys.exit(0 if verdict.holds else 1)


@cli.command(name="control")
@click.option("--rounds", default=10, show_default=True, help="Faults, one a round.")
@click.option("--seed", default=7, show_default=True, help="Decides the input and the faults.")
@click.option("--rate", default=150.0, show_default=True, help="Events a second.")
@click.option("--stack", "state_dir", type=click.Path(path_type=Path), help="State directory of a running stack.")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, help="Where evidence is kept.")
def control_command(rounds: int, seed: int, rate: float, state_dir: Path | None, results: Path) -> None:
    """Hurt a plain Faust agent instead. Exits with 1 where it loses and doubles nothing: the faults were too kind."""
    name, folder = _folder(results, f"control-seed{seed}")
    with _stack(state_dir, folder) as stack:
        counted = run_control(stack, Plan(rounds=rounds, seed=seed, rate=rate), name, folder, _tell)
    (folder / "verdict.txt").write_text(f"{counted}\n", "utf-8")
    console.print(f"seed={seed}\n{counted}")
    sys.exit(0 if counted.lost or counted.duplicated else 1)


def _folder(results: Path, what: str) -> tuple[str, Path]:
    """A name that no other run has, and a folder for it."""
    name = uuid4().hex[:6]
    folder = results / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{what}-{name}"
    folder.mkdir(parents=True)
    return name, folder


@contextmanager
def _stack(given: Path | None, folder: Path) -> Iterator[Stack]:
    """The stack that was named, as it is; else one of its own, which is gone in the end."""
    if given is not None:
        yield Stack(state_dir=given.resolve())
        return
    with tempfile.TemporaryDirectory(prefix="alluvium-chaos-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # PostgreSQL's account must be able to enter it
        stack = Stack(state_dir=Path(home).resolve() / "stack")
        try:
            run_stack(stack.state_dir, "up")
            yield stack
        except BaseException:
            _keep_logs(stack, folder)
            raise
        finally:
            run_stack(stack.state_dir, "down", "--wipe")


def _keep_logs(stack: Stack, folder: Path) -> None:
    logs = stack.state_dir / "logs"
    if logs.is_dir():
        shutil.copytree(logs, folder / "logs", dirs_exist_ok=True)


def _tell(line: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S', time.gmtime())} {line}")


if __name__ == "__main__":
    cli(prog_name="python -m chaos")
