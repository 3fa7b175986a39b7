"""What the sealer is to do of a tenant, judged by what is there: data, and one decision.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sinks.postgres.sealing.packing import MOST_DOCUMENTS

SEAL_AT: Final = 1_000
"""So many in the tail are sealed. Fewer are read as they are: 5 microseconds a message and question."""
MOST_SEALED: Final = 16_384
"""In one step, for which those wait who would edit these messages. Four such blocks make one of the largest,
at the most; for that nobody waits."""
LEVELS: Final = (4_000, 12_000, 32_768)
"""Blocks of one level hold less than so many messages, and at least what the level below it ends at. What a full step
takes, which leaves a conversation that it would cut, is of the last level as a rule. Four of a level are merged, so
that a message is sealed some four times in all; above the last, they stay as they are."""
MERGE_AT: Final = 4
LARGEST_SHARE_GONE: Final = 0.25
"""A block of which more is gone is sealed anew."""


class Kind(StrEnum):
    """What a step has done."""

    SEALED = "sealed"
    TAKEN_OUT = "taken_out"
    MERGED = "merged"
    REWRITTEN = "rewritten"
    FOUND = "found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One that is done: `messages` were moved by it."""

    kind: Kind
    tenant_id: str
    messages: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    number: int
    documents: int
    gone: int

    @property
    def left(self) -> int:
        return self.documents - self.gone


def mergeable(blocks: Sequence[Block]) -> list[Block]:
    """Blocks of one level that had better be one, of the lowest level that has enough; else none."""
    for level, most in enumerate(LEVELS):
        least = LEVELS[level - 1] if level else 0
        alike = sorted((block for block in blocks if least <= block.left < most), key=lambda block: block.left)
        taken = [block for at, block in enumerate(alike) if _left(alike[: at + 1]) <= MOST_DOCUMENTS]
        if len(alike) >= MERGE_AT and len(taken) > 1:
            return taken
    return []


def _left(blocks: Sequence[Block]) -> int:
    return sum(block.left for block in blocks)
