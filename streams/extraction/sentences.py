"""Cuts a text into sentences, and marks the stretches of it that are not the speaker's own words.

Free of I/O, and linear in the length of the text. Knows punctuation and line ends, nothing of grammar.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_END = re.compile(r"[.!?…]+[\"'\u201d)\]]*(?:\n+|(?=\s|$))|\n+|(?<=[a-z])[.!?](?=[A-Z][a-z]|I[\s'])")
"""Also where the space was forgotten: `I love it.My dog too`."""
_ABBREVIATION = re.compile(
    r"(?:^|[\s(.])(?:[A-Z]|mr|mrs|ms|dr|st|mt|prof|jr|sr|vs|etc|approx|no|e\.g|i\.e|a\.m|p\.m|u\.s)$", re.IGNORECASE
)
_ABBREVIATION_REACH = 8
LETTER_VARIANTS: Final = str.maketrans("\u017f\u0131\u0130\u212a", "siIK")
"""Long s, dotless i, dotted I and the sign of the kelvin: a pattern that ignores case takes them for s, i and k."""
_TYPOGRAPHY = str.maketrans("\u2018\u2019\u02bc\u00a0\u2009\u202f", "'''   ") | LETTER_VARIANTS
_WORDS_ALONE = bytes.maketrans(
    bytes(range(128)), bytes(ord(each.lower() if each.isalnum() else " ") for each in map(chr, range(128)))
)
_FOREIGN = re.compile(
    r"```.*?(?:```|\Z)"  # a block of code
    r"|^[ \t]*>[^\n]*$"  # a quoted line of mail or chat
    r"|^[ \t]*(?:\[?\d{1,2}:\d\d(?::\d\d)?\]?[ \t]*)?<[^>\n]{1,40}>[^\n]*$"  # a pasted line of chat: <nick> text
    r"|`[^`\n]+`"
    r"|\u201c[^\u201c\u201d\n]{0,600}\u201d|\u00ab[^\u00ab\u00bb\n]{0,600}\u00bb"
    r"|\u201e[^\u201e\u201c\u201d\n]{0,600}[\u201c\u201d]"
    r"|(?<![\w\d])\"[^\"\n]*\"(?!\w)"
    r"|(?<!\w)'(?=[^\W\d_])(?:[^'\n]|'(?=\w)){2,300}'(?!\w)",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text[start:end]`, its closing mark included."""

    start: int
    end: int
    question: bool


class Ranges:
    """Disjoint stretches of a text, asked whether they hold a place."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, spans: Iterator[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in spans:
            self._starts.append(start)
            self._ends.append(end)

    def hold(self, at: int) -> bool:
        before = bisect_right(self._starts, at) - 1
        return before >= 0 and at < self._ends[before]


def plain(text: str) -> str:
    """`text` with one form of apostrophe, space and letter: as long as before, so places in one are places in both."""
    return text if text.isascii() else text.translate(_TYPOGRAPHY)


@lru_cache(maxsize=4)
def ascii_words(text: str) -> tuple[str, ...] | None:
    """The runs of letters and digits of a text, in lower case, to put it aside by. None where it is not of ASCII alone.

    Asked of the same text several times in a row.
    """
    return tuple(text.encode("ascii").translate(_WORDS_ALONE).decode("ascii").split()) if text.isascii() else None


def sentences(text: str) -> list[Sentence]:
    """The sentences of `text`, in order, together the whole of it."""
    found: list[Sentence] = []
    start = 0
    for mark in _END.finditer(text):
        if mark.group()[0] == "." and _is_abbreviation(text, start, mark.start()):
            continue
        found.append(Sentence(start, mark.end(), "?" in mark.group()))
        start = mark.end()
    if start < len(text):
        found.append(Sentence(start, len(text), False))
    return found


def _is_abbreviation(text: str, start: int, dot: int) -> bool:
    return _ABBREVIATION.search(text[max(start, dot - _ABBREVIATION_REACH) : dot]) is not None


def not_own_words(text: str) -> Ranges:
    """Quotations, quoted lines, pasted chat and code: words that the speaker repeats, and does not say."""
    return Ranges(match.span() for match in _FOREIGN.finditer(text))
