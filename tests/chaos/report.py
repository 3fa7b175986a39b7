"""The verdict of a run, for people and for files: counts, differences, and how long each kind of fault took to mend.

Writes into the folder of results and to the screen; judges nothing.
"""

from __future__ import annotations

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chaos.faults import Fault, Pair, pairs
from chaos.found import VERDICTS, Difference
from chaos.planning import Plan

SHOWN = 20
OFTEN = 2
"""How often each kind of process must meet each kind of fault before a run has shown anything about the pair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One fault, and what it took. `seconds` is None where the system did not recover in time."""

    number: int
    fault: Fault
    seconds: float | None
    """From the end of the fault until what came after it was queryable."""
    undone: str | None = None
    """Why the fault could not be done; None where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run says in the end."""

    plan: Plan
    rounds: Sequence[Round]
    events: int
    differences: Sequence[Difference]
    drained: bool
    """Whether everything was worked off in time."""

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(each.verdict for each in self.differences)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def unrecovered(self) -> list[Round]:
        """Rounds after which the system did not recover, or whose fault could not be done."""
        return [each for each in self.rounds if each.seconds is None or each.undone is not None]

    @property
    def holds(self) -> bool:
        return self.drained and not self.differences and not self.unrecovered

    def __str__(self) -> str:
        counts = " ".join(f"{verdict}={count}" for verdict, count in self.counts.items())
        return f"rounds={len(self.rounds)} events={self.events} {counts}"


def keep(verdict: Verdict, folder: Path) -> None:
    """differences.jsonl, a line each, then verdict.json: with it the run is over."""
    told = {
        "seed": verdict.plan.seed,
        "rounds": len(verdict.rounds),
        "events": verdict.events,
        **verdict.counts,
        "drained": verdict.drained,
        "unrecovered": len(verdict.unrecovered),
        "holds": verdict.holds,
    }
    _lines(folder / "differences.jsonl", (asdict(each) for each in verdict.differences))
    (folder / "verdict.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def _lines(file: Path, rows: Iterable[object]) -> None:
    file.write_text("".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def show(verdict: Verdict, folder: Path, console: Console) -> None:
    """The table of faults, the first differences, and the one line that counts."""
    if verdict.rounds:
        console.print(recovery_table(verdict.rounds, verdict.plan.brokers))
    if verdict.plan.kind == "run" and not verdict.plan.faults:
        console.print(coverage(verdict.rounds, verdict.plan.brokers))
    for each in verdict.differences[:SHOWN]:
        console.print(f"{each.verdict}: {each.where} {each.key} ({each.judge})", style="red")
        console.print(f"    expected {each.expected}\n    found    {each.found}")
    for bad in verdict.unrecovered:
        told = bad.undone or "did not recover in time"
        console.print(f"round {bad.number}, {bad.fault}: {told}", style="red")
    if not verdict.drained:
        console.print("not everything was worked off in time", style="red")
    console.print(f"seed={verdict.plan.seed}")
    console.print(str(verdict), style="green" if verdict.holds else "red")
    if not verdict.holds:
        console.print(f"evidence: {folder}")
        console.print(f"again, with the same input and faults: {verdict.plan.command}")
        console.print(f"judge once more what is kept: PYTHONPATH=tests .venv/bin/python -m chaos judge {folder}")


def met(rounds: Sequence[Round]) -> Counter[Pair]:
    return Counter(each.fault.pair for each in rounds if each.undone is None)


def coverage(rounds: Sequence[Round], brokers: int) -> str:
    counts, possible = met(rounds), pairs(brokers)
    seldom = [f"{pair.kind} of {pair.process} {counts[pair]}" for pair in possible if counts[pair] < OFTEN]
    if not seldom:
        return (
            f"each of the {len(possible)} pairs of a kind of fault and a kind of process was met at least {OFTEN} times"
        )
    return f"{len(seldom)} of {len(possible)} pairs were met less than {OFTEN} times: {', '.join(seldom)}"


def recovery_table(rounds: Sequence[Round], brokers: int) -> Table:
    """How often each pair was met, and the median and the longest time of recovery."""
    times: dict[Pair, list[float]] = defaultdict(list)
    for each in rounds:
        if each.seconds is not None and each.undone is None:
            times[each.fault.pair].append(each.seconds)
    counts = met(rounds)
    table = Table("fault", "met by", "times", "median s", "longest s")
    for pair in [pair for pair in pairs(brokers) if counts[pair]]:
        seconds = times[pair]
        median = f"{statistics.median(seconds):.1f}" if seconds else "-"
        longest = f"{max(seconds):.1f}" if seconds else "-"
        table.add_row(pair.kind, pair.process, str(counts[pair]), median, longest)
    return table
