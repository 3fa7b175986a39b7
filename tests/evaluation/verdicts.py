"""Verdicts on what the rules found, made by reading: ids, places and yes or no, without the words, which stay where
they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VERDICTS: Final = Path(__file__).with_name("verdicts.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a piece of evidence says what its rule made of it: kind, slot, value, tense and date."""

    message_id: str
    rule: str
    start: int
    end: int
    right: bool
    why: str = ""


def read_verdicts(file: Path) -> list[Verdict]:
    """Empty where nobody has read anything yet."""
    if not file.exists():
        return []
    return [Verdict(**json.loads(line)) for line in file.read_text("utf-8").splitlines()]
