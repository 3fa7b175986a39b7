"""What the built-in rules found in a set of texts when their version was named, so that a change of it shows.

`PYTHONPATH=tests python -m support.recorded_rules` records texts that are new, and all of them for a new version.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from deploy.local.demo_promises import CONVERSATION
from schemas import transcript
from schemas.enums import Role
from schemas.ids import MessageId, TenantId, UserId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.rules import RuleExtractor
from streams.extraction.rules.model import Example
from streams.extraction.rules.table import RULES
from topology.rules_file import BUILT_IN_RULES

FOLDER = Path(__file__).parents[1] / "golden" / "extraction"
RECORDED = FOLDER / f"{BUILT_IN_RULES}.jsonl"
SHOWN = (
    *("rule", "kind", "slot", "qualifier", "value", "canonical", "tense", "confidence", "start", "end"),
    *("known_from", "known_to", "granularity", "due_from", "due_to"),
)


class Heard(NamedTuple):
    """A text, and what somebody else said right before."""

    said: str
    asked: str | None


def heard() -> Iterator[Heard]:
    """The examples and counter-examples of every rule, and the conversation of the demo; each once."""
    return iter(dict.fromkeys([*_of_rules(), *_of_the_demo()]))


def _of_rules() -> Iterator[Heard]:
    for rule in RULES:
        for each in (*rule.examples, *rule.counter_examples):
            yield Heard(each.said, each.asked) if isinstance(each, Example) else Heard(each, None)


def _of_the_demo() -> Iterator[Heard]:
    before = None
    for event in transcript.read(CONVERSATION, TenantId("t")):
        if event.text:
            yield Heard(event.text, before)
            before = event.text


def found(text: Heard, extractor: RuleExtractor) -> list[dict[str, Any]]:
    """What the rules find in it, as it is recorded."""
    turn = Turn(
        message_id=MessageId("m"),
        user_id=UserId("ana"),
        speaker_name=None,
        role=Role.USER,
        text=text.said,
        occurred_at=datetime(2024, 6, 12, 15, 30, tzinfo=UTC),
        recalled=False,
    )
    context = [] if text.asked is None else [replace(turn, text=text.asked, user_id=UserId("rui"))]
    return [_shown(each) for each in extractor.extract(turn, context, TenantId("t"), None, None)]


def _shown(candidate: Candidate) -> dict[str, Any]:
    values = {name: getattr(candidate, name) for name in SHOWN}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }


def recorded() -> dict[Heard, list[dict[str, Any]]]:
    """What stands in the file of the version; nothing where it has none yet."""
    lines = RECORDED.read_text("utf-8").splitlines() if RECORDED.exists() else []
    rows = [json.loads(line) for line in lines]
    return {Heard(row["said"], row.get("asked")): row["found"] for row in rows}


def main() -> int:
    """Record; refuse where a text of the version gives something else by now."""
    known, extractor = recorded(), RuleExtractor()
    now = {text: found(text, extractor) for text in heard()}
    changed = [text.said for text in known.keys() & now.keys() if known[text] != now[text]]
    if changed:
        print(f"these give other candidates than {BUILT_IN_RULES} did, so raise its version: {changed}")
        return 1
    rows = [{"said": text.said, "asked": text.asked, "found": each} for text, each in now.items()]
    lines = [json.dumps({name: value for name, value in row.items() if value is not None}) for row in rows]
    for old in FOLDER.glob("rules@*.jsonl"):
        old.unlink()
    RECORDED.write_text("\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
