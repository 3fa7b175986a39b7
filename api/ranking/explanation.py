"""Why a result has its score: parts that add up to it.

Pure. What multiplies a score is told as what it added, in the order in which it was applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schemas.construction import quickly_made

PartKind: TypeAlias = Literal[
    "word", "words_together", "neighbours", "tells_time", "time", "name", "first_person", "item", "meaning"
]


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A share of a score. `about` is the word, the words of a time or a name that it comes from."""

    kind: PartKind
    score: float
    about: str | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A multiplier of a score: `by` 1 changes nothing."""

    kind: PartKind
    by: float
    about: str | None = None


def multiplied(parts: list[Part], factors: list[Factor]) -> list[Part]:
    """The parts, and what each factor adds to their sum."""
    told, total = list(parts), sum(part.score for part in parts)
    for factor in factors:
        if factor.by != 1 and total:
            told.append(Part(kind=factor.kind, score=total * (factor.by - 1), about=factor.about))
            total *= factor.by
    return told


def scaled(parts: list[Part], by: float) -> list[Part]:
    return [Part(kind=part.kind, score=part.score * by, about=part.about) for part in parts]
