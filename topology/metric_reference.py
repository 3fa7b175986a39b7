"""The page of metrics, from `topology.metrics`.

Free of I/O; a test compares docs/metrics.md with it.
"""

from __future__ import annotations

from itertools import groupby

from topology.metrics import METRICS, Keeper, Metric

_TITLES = {
    Keeper.AGENT: "Agents (`extract`, `consolidate`)",
    Keeper.SINK: "Sinks (`postgres`, `redis`)",
    Keeper.SEALER: "Sealer",
    Keeper.API: "API",
}


def reference() -> str:
    """All metrics as Markdown, one table a kind of process; `{stage}` is the name of the agent or sink."""
    parts = ["# Metrics\n\nPrinted by `python -m topology metrics`. Times are seconds; counters end in `_total`.\n"]
    for keeper, metrics in groupby(METRICS, key=lambda metric: metric.keeper):
        rows = "\n".join(map(_row, metrics))
        parts.append(f"\n## {_TITLES[keeper]}\n\n| metric | kind | labels | meaning |\n|---|---|---|---|\n{rows}\n")
    return "".join(parts)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.about} |"
