"""The verdict of a run, for people and for files: counts, differences, and how long each fault took to mend.

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

from chaos.faults import FAULTS, Fault
from chaos.found import VERDICTS, Difference

SHOWN = 20
WIDE = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One fault, and what it took. `seconds` is None where the system did not recover in time."""

    number: int
    fault: Fault
    seconds: float | None
    undone: str | None = None
    """Why the fault could not be done; None where it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run says in the end."""

    seed: int
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
        return [each for each in self.rounds if each.seconds is None or each.undone]

    @property
    def holds(self) -> bool:
        return self.drained and not self.differences and not self.unrecovered

    def __str__(self) -> str:
        counts = " ".join(f"{verdict}={count}" for verdict, count in self.counts.items())
        return f"rounds={len(self.rounds)} events={self.events} {counts}"


def keep(verdict: Verdict, folder: Path) -> None:
    """verdict.json and, a line each, rounds.jsonl and differences.jsonl."""
    told = {
        "seed": verdict.seed,
        "rounds": len(verdict.rounds),
        "events": verdict.events,
        **verdict.counts,
        "drained": verdict.drained,
        "unrecovered": len(verdict.unrecovered),
        "holds": verdict.holds,
    }
    (folder / "verdict.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    _lines(folder / "rounds.jsonl", (asdict(each) for each in verdict.rounds))
    _lines(folder / "differences.jsonl", (asdict(each) for each in verdict.differences))


def _lines(file: Path, rows: Iterable[object]) -> None:
    file.write_text("".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def show(verdict: Verdict, folder: Path, console: Console) -> None:
    """The table of faults, the first differences, and the one line that counts."""
    console.print(recovery_table(verdict.rounds))
    for each in verdict.differences[:SHOWN]:
        console.print(f"{each.verdict}: {each.where} {each.key} ({each.judge})", style="red")
        console.print(f"    expected {each.expected}\n    found    {each.found}")
    for bad in verdict.unrecovered:
        told = bad.undone or "did not recover in time"
        console.print(f"round {bad.number}, {bad.fault}: {told}", style="red")
    if not verdict.drained:
        console.print("not everything was worked off in time", style="red")
    console.print(f"seed={verdict.seed}")
    console.print(str(verdict), style="green" if verdict.holds else "red")
    if not verdict.holds:
        console.print(f"evidence: {folder}")
        console.print(f"again: make chaos ROUNDS={len(verdict.rounds)} SEED={verdict.seed}")


def recovery_table(rounds: Sequence[Round]) -> Table:
    """How often each fault was met, and the median and the longest time of recovery."""
    times: dict[Fault, list[float]] = defaultdict(list)
    met = Counter(each.fault for each in rounds if each.undone is None)
    for each in rounds:
        if each.seconds is not None and each.undone is None:
            times[each.fault].append(each.seconds)
    table = Table("fault", "victim", "met", "median s", "longest s")
    for fault in FAULTS:
        seconds = times[fault]
        median = f"{statistics.median(seconds):.1f}" if seconds else "-"
        longest = f"{max(seconds):.1f}" if seconds else "-"
        table.add_row(fault.kind, fault.victim, str(met[fault]), median, longest)
    return table
