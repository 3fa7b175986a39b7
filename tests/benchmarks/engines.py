"""How fast the checkpointed loop is, against stock Faust, Quix Streams, and a bare loop as the limit.

One broker, the same records, contenders in turns: what counts is the ratios. Nothing is asserted.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from benchmarks import chat, sink, tally
from benchmarks.contest import Contender, Result, repeated
from benchmarks.facts import keep
from benchmarks.tables import print_table
from support.broker import fresh_topics, send
from support.infrastructure import PROJECT, running
from topology.topics import TOPICS, TopicName

ROUNDS: Final = 3
FILLED_RECORDS: Final = 450_000
LOOP_RECORDS: Final = 300_000
WARM_RECORDS: Final = 20_000
QUIX_RECORDS: Final = 400_000
"""Over more than one of its checkpoints, which come every five seconds."""
QUIX_ONCE_RECORDS: Final = 80_000
FAUST_RECORDS: Final = 15_000
RUNS: Final = (500, 2_000)

LOOP: Final = "the loop"
BARE: Final = "the bare loop"
QUIX: Final = "Quix as it sets itself"
QUIX_ONCE: Final = "Quix, stateful, exactly once"
QUIX_RUNS: Final = "Quix, stateful, at least once"
FAUST: Final = "stock Faust"

TARGETS: Final = ((BARE, 0.75), (QUIX_ONCE, 3.0), (QUIX_RUNS, 3.0), (QUIX, 3.0), (FAUST, 15.0))
"""What the loop is meant to reach, as a multiple of each other's records a second of CPU."""


def contenders() -> list[Contender]:
    """Quix thrice: with the loop's guarantee and runs, with its runs alone, and as it sets itself."""
    python = sys.executable
    return [
        *_in_runs(LOOP, [python, "-m", "benchmarks.loop_worker", "tally"], LOOP_RECORDS),
        *_in_runs(BARE, [python, "-m", "benchmarks.bare_worker"], LOOP_RECORDS),
        *_in_runs(QUIX_ONCE, [*_quix(), "exactly-once", "each-run"], QUIX_ONCE_RECORDS),
        *_in_runs(QUIX_RUNS, [*_quix(), "at-least-once", "each-run"], QUIX_ONCE_RECORDS),
        Contender(
            name=QUIX, command=[*_quix(), "at-least-once", "seldom"], records=QUIX_RECORDS, warm_records=WARM_RECORDS
        ),
        Contender(name=FAUST, command=[python, "-m", "benchmarks.faust_worker", "worker"], records=FAUST_RECORDS),
    ]


def _in_runs(name: str, command: Sequence[str], records: int) -> Iterator[Contender]:
    for size in RUNS:
        yield Contender(
            name=f"{name}, runs of {size:,}",
            command=command,
            records=records,
            run_records=size,
            warm_records=WARM_RECORDS,
        )


def _quix() -> list[str]:
    """In an environment of its own: its pins are older than ours."""
    script = str(PROJECT / "tests" / "benchmarks" / "quix_worker.py")
    return [str(PROJECT / ".uv" / "bin" / "uv"), "run", "--quiet", "--script", "--python", sys.executable, script]


def real_work() -> list[Contender]:
    worker = [sys.executable, "-m", "benchmarks.loop_worker"]
    return [
        Contender(name="extract", command=[*worker, "extract"], records=chat.TIMED_MESSAGES),
        Contender(name="consolidate", command=[*worker, "consolidate"], records=chat.TIMED_EXTRACTIONS),
    ]


def measure(kafka: str, rounds: int) -> dict[str, Any]:
    """All contenders of `make bench`, as JSON holds them."""
    os.environ["BENCH_TOPIC"] = TopicName.EVENTS
    os.environ["BENCH_SCHEMA"] = json.dumps(tally.CATALOGUE.latest(tally.Said.SUBJECT).definition)
    fresh_topics(kafka)
    send(kafka, TopicName.EVENTS, tally.records(FILLED_RECORDS))
    trivial = repeated(contenders(), kafka, rounds, lambda _: _forget_state(kafka))
    fresh_topics(kafka)
    send(kafka, TopicName.EVENTS, chat.records())
    real = repeated(real_work(), kafka, rounds, lambda _: _forget_state(kafka))
    _show(trivial, real)
    return {
        "trivial_fold": [result.told() for result in trivial],
        "ratios": ratios(trivial),
        "real_processors": [result.told() for result in real],
    }


def _forget_state(kafka: str) -> None:
    changelogs = (TopicName.EXTRACT_CHANGELOG, TopicName.CONSOLIDATE_CHANGELOG)
    fresh_topics(kafka, [topic for topic in TOPICS if topic.name in changelogs])


def ratios(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The loop over each other contender, at the same size of run where that has one."""
    found = []
    for loop in (result for result in results if result.contender.name.startswith(LOOP)):
        for other in results:
            for name, target in TARGETS:
                sized = f"{name}, runs of {loop.contender.run_records:,}"
                if other.contender.name in (name, sized):
                    found.append(_ratio(loop, other, target))
    return found


def _ratio(loop: Result, other: Result, target: float) -> dict[str, Any]:
    return {
        "loop": loop.contender.name,
        "against": other.contender.name,
        "target": target,
        "by_cpu": round(loop.per_core / other.per_core, 2),
        "by_clock": round(loop.per_second / other.per_second, 2),
    }


def _show(trivial: Sequence[Result], real: Sequence[Result]) -> None:
    for title, results in (("A trivial fold, guarantee and state on", trivial), ("The real processors", real)):
        print_table(
            title,
            ("", "records/s", "records/s a core", "MB"),
            [
                (r.contender.name, f"{r.per_second:,.0f}", f"{r.per_core:,.0f}", f"{r.peak_megabytes:,.0f}")
                for r in results
            ],
        )
    print_table(
        "Ratios",
        ("", "against", "by CPU", "by the clock", "target"),
        [
            (r["loop"], r["against"], str(r["by_cpu"]), str(r["by_clock"]), f">= {r['target']:g}")
            for r in ratios(trivial)
        ],
    )


def main(rounds: int = ROUNDS) -> None:
    with running() as infrastructure:
        engines = measure(infrastructure.kafka, rounds)
        print("  the PostgreSQL sink", file=sys.stderr, flush=True)
        sinks = sink.figures(infrastructure)
    print("\n".join(sink.ratios(sinks)))
    file = keep("engines", {**engines, "postgres_sink": [asdict(figure) for figure in sinks]})
    print(f"kept in {file.relative_to(PROJECT)}")
