"""What the demo conversation must leave behind: read from the page that people read, compared with what a stack tells.

Pure but for reading the two files of `schemas/examples`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

EXAMPLES = Path(str(files("schemas"))) / "examples"
CONVERSATION = EXAMPLES / "moving-to-porto.jsonl"
EXPECTED = EXAMPLES / "moving-to-porto.expected.txt"

_COLUMNS = re.compile(r"\s{2,}")
_NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Memory:
    """One remembered thing, as the page shows it."""

    user: str
    slot: str
    value: str
    status: str
    valid: str
    """`from..to` of each interval, an open end left empty, midnights as days; UTC. `-` where there is none."""
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, and the value of the item or the message that has to be among the first answers."""

    user: str
    query: str
    value: str | None = None
    message_id: str | None = None


QUESTIONS = (
    Question(user="demo-ana", query="Which city is Ana's home?", value="Porto"),
    Question(user="demo-rui", query="When is Rui visiting Porto?", message_id="porto-16"),
)
ANSWERS_READ = 5
"""How many answers are read; the right one must be among them."""


def expected(path: Path = EXPECTED) -> list[Memory]:
    """The memories of the page, in order."""
    _, *lines = path.read_text(encoding="utf-8").splitlines()
    return sorted(_memory(_COLUMNS.split(line.strip())) for line in lines if line.strip())


def _memory(cells: list[str]) -> Memory:
    user, slot, value, status, valid, due = cells
    return Memory(user=user, slot=slot, value=value, status=status, valid=valid, due=due)


def told(item: Mapping[str, Any]) -> Memory:
    """An item of the API in the form of the page."""
    spans = [span(moment(start), moment(end)) for start, end in item["validity"]]
    return Memory(
        user=item["user_id"],
        slot=item["slot"],
        value=item["value"],
        status=item["status"],
        valid=" ".join(spans) or _NONE,
        due=span(moment(item["due_from"]), moment(item["due_to"])) if item["due_from"] else _NONE,
    )


def span(start: datetime | None, end: datetime | None) -> str:
    """An interval as the page shows it."""
    return f"{_shown(start)}..{_shown(end)}"


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _shown(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%dT%H:%M}".removesuffix("T00:00")


def differences(memories: list[Memory], promised: list[Memory]) -> list[str]:
    """What is promised and not there, and what is there and not promised."""
    missing = [f"missing: {each}" for each in promised if each not in memories]
    return missing + [f"unexpected: {each}" for each in memories if each not in promised]
