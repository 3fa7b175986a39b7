"""Messages of an answer that say the same, shown once.

Pure. Only what one person says again in one conversation is folded, and only in nearly the same words: a repeat that is
missed takes a place, a wrong one hides an answer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Self

from rapidfuzz import fuzz

from api.ranking.candidates import MessageKey

LEAST_LIKENESS = 96.0
"""In rapidfuzz's ratio, of texts without case, spaces and punctuation: a letter or two in fifty."""
LONGEST = 2_000
"""Characters of a text that are compared by likeness; of longer ones only equal texts are folded."""

MOST_APART = 0.08
"""Of its length, what two texts of that likeness may differ in length by: the ratio counts twice what they share."""

_WORD = re.compile(r"[\w']+")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A text, and what another must share to be the same said again: who said it, and where."""

    key: MessageKey
    beside: Hashable
    text: str


@dataclass(frozen=True, slots=True)
class _Text:
    words: str
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        words = " ".join(_WORD.findall(text.casefold()))
        return cls(words, tuple(_NUMBER.findall(words)))

    def says_the_same_as(self, other: _Text) -> bool:
        """Numbers must be equal: 5 pm is not 6 pm."""
        if self.words == other.words:
            return bool(self.words)
        mine, theirs = len(self.words), len(other.words)
        if max(mine, theirs) > LONGEST or abs(mine - theirs) > MOST_APART * max(mine, theirs):
            return False
        return self.numbers == other.numbers and fuzz.ratio(self.words, other.words) >= LEAST_LIKENESS


def fold(sayings: Sequence[Saying]) -> dict[MessageKey, list[MessageKey]]:
    """By key of each saying that is shown, the keys of those it stands for; the first of those alike is shown."""
    shown: defaultdict[Hashable, list[tuple[MessageKey, _Text]]] = defaultdict(list)
    stands_for: dict[MessageKey, list[MessageKey]] = {}
    for saying in sayings:
        text, rivals = _Text.of(saying.text), shown[saying.beside]
        same = next((key for key, said in rivals if said.says_the_same_as(text)), None)
        if same is None:
            rivals.append((saying.key, text))
            stands_for[saying.key] = []
        else:
            stands_for[same].append(saying.key)
    return stands_for
