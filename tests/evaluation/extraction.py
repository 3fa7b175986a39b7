"""What the rules make of other people's conversations, held against labels: `make eval-extraction DATA=folder`.

The folder holds `conversations/*.jsonl.gz` and `labels/*.jsonl.gz`; its texts stay there, and only numbers and ids are
printed. Everything is replayed in memory, as the agents would fold it.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from evaluation.verdicts import VERDICTS, Verdict, read_verdicts
from schemas import transcript
from schemas.enums import ItemStatus
from schemas.ids import TenantId
from schemas.records import Evidence, MemoryItem, Message
from streams.extraction.rules import RuleExtractor
from streams.replay import Replay, both_stages
from topology.topics import TopicName

SETS: Final = ("realtalk", "locomo", "beam-100k", "madial-en", "irc-ubuntu-dev")
TENANT: Final = TenantId("evaluation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A set of conversations, and what a replay of it left."""

    messages: Mapping[str, Message]
    items: Sequence[MemoryItem]
    evidence: Sequence[Evidence]
    refused: int
    """Lines that no event may be made of, such as a text beyond the limit."""

    def of_messages(self, ids: Iterable[str]) -> list[Evidence]:
        wanted = set(ids)
        return [each for each in self.evidence if each.message_id in wanted]

    @property
    def broken(self) -> int:
        """Pieces of evidence whose quote is not in their message at their place."""
        said = ((self.messages[str(each.message_id)].text or "", each) for each in self.evidence)
        return sum(text[each.start : each.end] != each.quote for text, each in said)


def remembered(files: Iterable[Path]) -> Remembered:
    """Each file replayed by itself: a conversation knows nothing of the others."""
    messages: dict[str, Message] = {}
    items: list[MemoryItem] = []
    evidence: list[Evidence] = []
    refused = 0
    for file in files:
        replay = Replay(both_stages(RuleExtractor()))
        events, unfit = events_of(file)
        replay.take_events(events)
        refused += unfit
        messages |= {str(m.message_id): m for m in replay.latest(TopicName.MESSAGES, Message).values()}
        items += replay.latest(TopicName.ITEMS, MemoryItem).values()
        evidence += replay.latest(TopicName.EVIDENCE, Evidence).values()
    return Remembered(messages=messages, items=items, evidence=evidence, refused=refused)


def events_of(file: Path, tenant: TenantId = TENANT) -> tuple[list[Any], int]:
    """What a file says, and how many of its lines no event may be made of."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        made = [_event(line, tenant) for line in lines if not line.isspace()]
    fit = [event for event in made if event is not None]
    return fit, len(made) - len(fit)


def _event(line: str, tenant: TenantId) -> Any:
    try:
        return transcript.event_of(line, tenant)
    except transcript.NotAnEvent:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Labels whose date is another than the message's own: how many, how many right, and why the others are not."""

    labels: int
    right: int
    causes: Mapping[str, int]

    @property
    def share(self) -> float:
        return self.right / self.labels if self.labels else 0.0


def dates(found: Remembered, labels: Iterable[Mapping[str, Any]]) -> Dates:
    """A label is right where evidence in its messages begins on one of the days it allows."""
    causes: Counter[str] = Counter()
    for label in labels:
        allowed = date.fromisoformat(label["first_day"]), date.fromisoformat(label["last_day"])
        said = [found.messages[each].occurred_at for each in label["evidence"] if each in found.messages]
        if any(_within(at, allowed) for at in said):
            continue
        causes[_cause(found.of_messages(label["evidence"]), allowed)] += 1
    right = causes.pop("right", 0)
    return Dates(labels=right + causes.total(), right=right, causes=causes)


def _cause(evidence: Sequence[Evidence], allowed: tuple[date, date]) -> str:
    days = [at for each in evidence if (at := each.known_from or each.due_from) is not None]
    if any(_within(day, allowed) for day in days):
        return "right"
    return "another date" if days else "no date" if evidence else "nothing found"


def _within(at: datetime, allowed: tuple[date, date]) -> bool:
    return allowed[0] <= at.date() <= allowed[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """Labels of a value that took another's place: both values known, the new one held, and the old one given up."""

    labels: int
    new_held: int
    both: int


def updates(found: Remembered, labels: Iterable[Mapping[str, Any]]) -> Updates:
    by_item: dict[str, set[str]] = defaultdict(set)
    for each in found.evidence:
        by_item[each.item_id].add(str(each.message_id))
    counts: Counter[str] = Counter()
    for label in labels:
        if label["kind"] != "knowledge_update" or not (label["old"]["values"] and label["new"]["values"]):
            continue
        counts["labels"] += 1
        new = [item for item in _saying(found, by_item, label["new"]) if item.status is ItemStatus.ACTIVE]
        old = _saying(found, by_item, label["old"])
        counts["new"] += bool(new)
        counts["both"] += bool(new) and bool(old) and all(item.status is ItemStatus.SUPERSEDED for item in old)
    return Updates(labels=counts["labels"], new_held=counts["new"], both=counts["both"])


def _saying(found: Remembered, by_item: Mapping[str, set[str]], side: Mapping[str, Any]) -> list[MemoryItem]:
    cited = set(side["evidence"])
    return [
        item
        for item in found.items
        if by_item[item.item_id] & cited and any(value.lower() in item.value.lower() for value in side["values"])
    ]


def rules(found: Remembered, verdicts: Iterable[Verdict]) -> Iterator[tuple[str, int, int, int]]:
    """Each rule, its pieces of evidence, and of those that somebody has read: how many, and how many are right."""
    yields = Counter(each.rule for each in found.evidence)
    read = Counter(verdict.rule for verdict in verdicts)
    right = Counter(verdict.rule for verdict in verdicts if verdict.right)
    for rule, count in yields.most_common():
        yield rule, count, read[rule], right[rule]


def read_labels(data: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(data / "labels" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(data: Path) -> None:
    """Replay the conversations below DATA and hold what is remembered against the labels there."""
    console = Console(width=120)
    found = {
        name: remembered(sorted((data / "conversations").glob(f"{name}*.jsonl.gz")))
        for name in track(SETS, "replaying", console=Console(stderr=True))
    }
    console.print(_yields(found))
    told = dates(found["locomo"], read_labels(data, "locomo-dates"))
    console.print(f"locomo dates: {told.right} of {told.labels} right ({told.share:.2f}); {dict(told.causes)}")
    held = updates(found["beam-100k"], read_labels(data, "beam-100k-updates"))
    console.print(f"beam updates: {held.both} of {held.labels} as they should be; new value held: {held.new_held}")
    verdicts = read_verdicts(VERDICTS)
    if verdicts:
        right = sum(verdict.right for verdict in verdicts)
        console.print(f"precision: {right} of {len(verdicts)} items that were read ({right / len(verdicts):.2f})")
    console.print(_rules(found["realtalk"], verdicts))


def _yields(found: Mapping[str, Remembered]) -> Table:
    shown = Table("set", "messages", "refused", "items", "items a 100", "evidence", "broken spans")
    for name, each in found.items():
        hundred = 100 * len(each.items) / max(1, len(each.messages))
        counts = (len(each.messages), each.refused, len(each.items), f"{hundred:.1f}", len(each.evidence), each.broken)
        shown.add_row(name, *map(str, counts))
    return shown


def _rules(found: Remembered, verdicts: Sequence[Verdict]) -> Table:
    shown = Table("rule", "evidence in realtalk", "read", "right")
    for row in rules(found, verdicts):
        shown.add_row(*map(str, row))
    return shown


if __name__ == "__main__":
    main()
