"""A folder of conversations read again by changed rules, on a stack of its own: `make eval-replay DATA=folder`.

All that is remembered before and after, and all that the comparison of generations counts, is held against a fold in
memory by each of the two extractors. The shadow is killed in the middle, and people go on speaking while it is built.
Only numbers are printed.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
from rich.console import Console

from evaluation.extraction import SETS, events_of
from schemas.enums import ItemStatus
from schemas.ids import TenantId
from schemas.keys import split_key
from schemas.records import MemoryItem
from sinks.generations.differences import differences
from streams.extraction.tenants import Rulebook
from streams.processors.policy import ExtractPolicy
from streams.replay import Replay, both_stages
from streams.rulebook import load
from support.generations import Operator, children_of, operator_of, reached, until
from support.lifetimes import status_at
from support.stack import Stack, whole_stack
from topology.rules_file import BUILT_IN_RULES
from topology.topics import TopicName

TENANT: Final = TenantId("local")
"""Whose key the embedded stack makes."""
RULES: Final = f"""
name: changed
version: 1
extends: {BUILT_IN_RULES}
tenants:
  {TENANT}:
    off: [likes.i_like, hobby.i_play]
    slots:
      - {{kind: fact, name: greeting, single_valued: true}}
    rules:
      - name: likes.love
        version: 1
        slot: preference.likes
        subjects: [i]
        pattern: 'love (?P<value>\\w+)'
        confidence: 0.7
        examples:
          - {{said: I love chess., values: [chess]}}
        counter_examples:
          - I like chess.
"""
EXTRACTOR: Final = "changed@1"
LIVE_SET: Final = "irc-ubuntu-dev"
"""Spoken while the shadow is built."""
WAIT_SECONDS: Final = 900.0

Shown: TypeAlias = tuple[object, ...]
Listed: TypeAlias = tuple[str, str, str]
"""Kind, slot and value of an item."""


def shown(item: MemoryItem) -> Shown:
    """What a difference may be in, apart from the words that another rule cut otherwise."""
    validity = tuple((each.valid_from, each.valid_to) for each in item.validity)
    due = (item.due_from, item.due_to)
    return (
        item.value,
        item.status,
        item.confidence,
        validity,
        item.granularity,
        due,
        item.superseded_by,
        item.evidence_count,
        item.retention_level,
    )


def remembered(rulebook: Rulebook, events: Sequence[Any]) -> dict[str, MemoryItem]:
    """Items by key, as a fold in memory leaves them; what was taken back is not there."""
    policy = ExtractPolicy(roles=rulebook.roles)
    replay = Replay(both_stages(rulebook.extractor, policy, catalogues=rulebook.catalogues))
    replay.take_events(events)
    items = replay.latest(TopicName.ITEMS, MemoryItem)
    return {key: item for key, item in items.items() if item.status is not ItemStatus.RETRACTED}


def changes(before: Mapping[str, MemoryItem], after: Mapping[str, MemoryItem]) -> Counter[tuple[str, str, str]]:
    """How many items differ, by kind, slot and change."""
    found: Counter[tuple[str, str, str]] = Counter()
    for key in before.keys() | after.keys():
        one, other = before.get(key), after.get(key)
        if one is None or other is None or shown(one) != shown(other):
            change = "added" if one is None else "removed" if other is None else "changed"
            either = other or one
            assert either is not None
            found[either.kind, either.slot, change] += 1
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a fold in memory makes of everything, by the rules before and by those after."""

    before: Mapping[str, MemoryItem]
    after: Mapping[str, MemoryItem]


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--users", default=50, show_default=True, help="Whose answers are compared, those with most to remember.")
def main(data: Path, users: int) -> None:
    """Read the conversations of a folder again by changed rules; exit code 1 where anything is not as expected."""
    console = Console(highlight=False)
    files = [file for name in SETS for file in sorted((data / "conversations").glob(f"{name}*.jsonl.gz"))]
    with tempfile.TemporaryDirectory() as folder:
        rules_file = Path(folder) / "rules.yaml"
        rules_file.write_text(RULES, "utf-8")
        events = [event for file in files for event in events_of(file, TENANT)[0]]
        expected = Expected(before=remembered(load(None), events), after=remembered(load(rules_file), events))
        console.print(f"{len(events):,} messages, {len(expected.before):,} items before, {len(expected.after):,} after")
        with whole_stack() as stack:
            operator = operator_of(stack, Path(folder))
            run = Run(console=console, stack=stack, operator=operator, rules_file=rules_file)
            faults = run.through(files, expected, users)
    console.print("as expected" if not faults else "\n".join(faults))
    raise SystemExit(bool(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One stack from the first word to the promotion."""

    console: Console
    stack: Stack
    operator: Operator
    rules_file: Path

    def through(self, files: Sequence[Path], expected: Expected, users: int) -> list[str]:
        """What is not as expected."""
        self._feed([file for file in files if not file.name.startswith(LIVE_SET)])
        self._kill_in_the_middle()
        live = [file for file in files if file.name.startswith(LIVE_SET)]
        with self.operator.replaying(self.rules_file, EXTRACTOR):
            began = time.monotonic()
            speaking = threading.Thread(target=self._feed, args=(live,))
            speaking.start()
            speaking.join()
            faults = [f"before: {fault}" for fault in self._answers(expected.before, users)]
            until(self._caught_up, WAIT_SECONDS)
            self.console.print(f"caught up, with live input, in {time.monotonic() - began:.0f} s")
            faults += self._differences(expected)
            began = time.monotonic()
            self.operator.generations("promote")
            self.console.print(f"promoted in {time.monotonic() - began:.1f} s")
            time.sleep(1.5)
            faults += [f"after: {fault}" for fault in self._answers(expected.after, users)]
        return faults

    def _kill_in_the_middle(self) -> None:
        messages = self.stack.count("SELECT count(*) FROM messages")
        with self.operator.replaying(self.rules_file, EXTRACTOR, RUN_MAX_RECORDS="50") as building:
            until(lambda: reached(self.operator) >= messages // 4, WAIT_SECONDS)
            building.kill()
            building.wait()
        until(lambda: not children_of(self.operator), WAIT_SECONDS)
        self.console.print(f"killed when {reached(self.operator):,} of {messages:,} were read again")

    def _feed(self, files: Sequence[Path]) -> None:
        self.stack.command("feed", *map(str, files))  # lines beyond the limits are refused, and told: exit code 1
        self.stack.drain()

    def _caught_up(self) -> bool:
        told = self.operator.run("sinks", "generations", "diff", "--examples", "0")
        return told.returncode == 0 and "records behind" not in told.stderr

    def _differences(self, expected: Expected) -> list[str]:
        listed = differences(self.stack.environment["DATABASE_URL"], 1, 2, 1)
        found = Counter({(each.kind, each.slot, each.change): each.items for each in listed})
        planted = changes(expected.before, expected.after)
        for key in sorted(planted):
            self.console.print(f"{' '.join(key)}: {planted[key]} expected, {found[key]} found")
        return [f"{key}: {found[key]} for {planted[key]}" for key in found | planted if found[key] != planted[key]]

    def _answers(self, expected: Mapping[str, MemoryItem], users: int) -> list[str]:
        """What the API lists of the people with most to remember, held against the fold without what is over by now."""
        by_user: dict[str, set[Listed]] = {}
        now = datetime.now(UTC)
        for key, item in expected.items():
            if status_at(item, now) == ItemStatus.ACTIVE:
                by_user.setdefault(split_key(key)[1], set()).add((item.kind, item.slot, item.value))
        most = sorted(by_user, key=lambda user: (-len(by_user[user]), user))[:users]
        return [f"person number {n}" for n, user in enumerate(most) if self._listed(user) != by_user[user]]

    def _listed(self, user: str) -> set[Listed]:
        found: set[Listed] = set()
        cursor = ""
        while True:
            page = self.stack.call("GET", f"/v1/users/{user}/items?status=active&limit=100{cursor}").json()
            found |= {(item["kind"], item["slot"], item["value"]) for item in page["items"]}
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"


if __name__ == "__main__":
    main()
