# /// script
# requires-python = ">=3.11"
# dependencies = ["dateparser==1.2.2", "google-re2==1.1.20251105", "pydantic==2.14.3", "pyyaml==6.0.3"]
# ///
"""How long the rules take over conversations, beside `dateparser.search.search_dates` in the same run.

`make eval-speed DATA=folder`. Runs in an environment of its own, which uv makes from the lines above and the lock
beside this file; the packages that it measures need few others. dateparser reads a sample, for it takes long.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from dateparser.search import search_dates

from schemas.enums import Role
from schemas.ids import MessageId, TenantId, UserId
from schemas.state import Turn
from streams.extraction.dates import Clock, find_dates, may_hold_dates, zone_of
from streams.extraction.rules import RuleExtractor

T = TypeVar("T")

SAMPLE = 400
"""Messages that dateparser reads, evenly spread."""
ROUNDS = 3
NOW = datetime(2024, 6, 12, 15, 30, tzinfo=UTC)


def texts(data: Path, *names: str) -> list[str]:
    found: list[str] = []
    for name in names:
        for file in sorted((data / "conversations").glob(f"{name}*.jsonl.gz")):
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                found += [json.loads(line)["text"] for line in lines]
    return found


def microseconds(read: Callable[[T], object], said: Sequence[T], rounds: int = ROUNDS) -> float:
    """Of CPU, a message: the best of several rounds."""
    return min(_round(read, said) for _ in range(rounds)) / len(said) * 1e6


def _round(read: Callable[[T], object], said: Iterable[T]) -> float:
    began = time.process_time()
    for each in said:
        read(each)
    return time.process_time() - began


def _turn(text: str) -> Turn:
    return Turn(
        message_id=MessageId("m"),
        user_id=UserId("u"),
        speaker_name=None,
        role=Role.USER,
        text=text,
        occurred_at=NOW,
        recalled=False,
    )


def main(data: Path) -> None:
    warnings.simplefilter("ignore")
    clock, extractor = Clock(at=NOW, zone=zone_of(None)), RuleExtractor()

    def extract(turn: Turn) -> object:
        return extractor.extract(turn, (), TenantId("t"), None, None)

    chats, irc = texts(data, "locomo", "realtalk"), texts(data, "irc-ubuntu-dev")
    undated = [text for text in chats if not may_hold_dates(text)]
    ours_of: dict[str, tuple[list[str], float]] = {
        "dates, chats": (chats, microseconds(lambda text: find_dates(text, clock), chats)),
        "dates, chats without an anchor": (undated, microseconds(lambda text: find_dates(text, clock), undated)),
        "extraction, IRC": (irc, microseconds(extract, [_turn(text) for text in irc])),
    }
    for name, (said, ours) in ours_of.items():
        theirs = microseconds(
            lambda text: search_dates(text, languages=["en"], settings={"RELATIVE_BASE": NOW.replace(tzinfo=None)}),
            said[:: max(1, len(said) // SAMPLE)],
            rounds=1,
        )
        print(f"{name:32} {ours:8.1f} us a message, search_dates {theirs:9.1f} us: {theirs / ours:6.0f} times as long")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
