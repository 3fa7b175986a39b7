"""Words of people as they may stand in a block: on one line, unable to end it, and not too long.

Pure. What is remembered is data: nothing in it may look like the block's own lines.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

Count: TypeAlias = Callable[[str], int]
"""Tokens of a text."""

ELLIPSIS: Final = "…"
LONGEST_TOKEN: Final = 8
"""Characters of a token that no language exceeds on average: a longer text is cut so far before it is counted."""

_BREAKING = re.compile("[\\s\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
"""White space, control characters, and marks that hide or turn around what follows; not the joiners, which emoji and
Persian need."""
_MARK = re.compile(r"<(?=\s*/?\s*recalled)", re.IGNORECASE)
_OTHER_BRACKET = "\u2039"


def clean(words: str) -> str:
    """The words on one line, single-spaced; what looks like the mark of a block has another bracket."""
    return _MARK.sub(_OTHER_BRACKET, _BREAKING.sub(" ", words).strip())


def shortened(words: str, most: int, count: Count) -> str:
    """The words, or as many whole ones as fit into `most` tokens with an ellipsis; of one that is too long, a part.

    Empty where not even that fits.
    """
    if len(words) <= most * LONGEST_TOKEN and count(words) <= most:
        return words
    room = words[: most * LONGEST_TOKEN + 1]
    return _first(_word_ends(room), room, most, count) or _first(_letter_ends(room), room, most, count)


def _first(ends: Sequence[int], words: str, most: int, count: Count) -> str:
    fitting = bisect_right(ends, most, key=lambda end: count(_cut(words, end)))
    return _cut(words, ends[fitting - 1]) if fitting else ""


def _cut(words: str, end: int) -> str:
    return words[:end].rstrip() + ELLIPSIS


def _word_ends(words: str) -> list[int]:
    return [place for place, letter in enumerate(words) if letter == " " and place]


def _letter_ends(words: str) -> list[int]:
    """Where a text without spaces may be cut: not before a mark that belongs to the letter before it."""
    joined = ("\u200c", "\u200d")
    return [
        place
        for place in range(1, len(words))
        if not unicodedata.combining(words[place]) and words[place] not in joined and words[place - 1] not in joined
    ]
