"""Payment card numbers taken out of a text before anything keeps it.

Pure. What is taken out leaves as many block characters, so that spans counted in the text hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PAYMENT_CARD = "payment_card"

_BLOCK = "\u2588"
_CARD_DIGITS = range(13, 20)
"""ISO/IEC 7812-1: 8 to 19 digits in theory, 13 or more on every card in use."""
_CARD_FIRST_DIGITS = "23456"
"""Major industry identifiers of payment cards (2 to 6); 1 would take in every Unix time in milliseconds."""

_RUN = re.compile(r"(?<![0-9+])[0-9](?:[ \u00a0-]?[0-9]){12,}")
"""Digits with single separators, thirteen or more; not behind a plus sign, where a telephone number stands."""
_GROUP = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A text that may be kept, and the names of what was taken out of it."""

    text: str
    redactions: tuple[str, ...]


def redact(text: str) -> Redacted:
    """`text` of the same length, without payment card numbers. A fixed point: redacting again changes nothing."""
    spans = [span for run in _RUN.finditer(text) for span in _cards(run)]
    if not spans:
        return Redacted(text=text, redactions=())
    kept = list(text)
    for start, end in spans:
        kept[start:end] = _BLOCK * (end - start)
    return Redacted(text="".join(kept), redactions=(PAYMENT_CARD,))


def _cards(run: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Spans of card numbers in a run of digits: whole groups of digits, the longest first, never overlapping."""
    groups = [(run.start() + group.start(), group.group()) for group in _GROUP.finditer(run.group())]
    at = 0
    while at < len(groups):
        taken = _groups_of_card([digits for _, digits in groups[at : at + _CARD_DIGITS.stop]])
        if taken:
            last_start, last = groups[at + taken - 1]
            yield groups[at][0], last_start + len(last)
        at += max(taken, 1)


def _groups_of_card(groups: list[str]) -> int:
    """How many of the first groups make a card number, 0 if none do."""
    if groups[0][0] not in _CARD_FIRST_DIGITS:
        return 0
    digits, found = "", 0
    for count, group in enumerate(groups, start=1):
        digits += group
        if len(digits) >= _CARD_DIGITS.stop:
            break
        if len(digits) in _CARD_DIGITS and _luhn(digits):
            found = count
    return found


def _luhn(digits: str) -> bool:
    """Whether the check digit of ISO/IEC 7812-1 annex B is right."""
    values = [int(digit) for digit in reversed(digits)]
    return sum(values[::2] + [sum(divmod(2 * value, 10)) for value in values[1::2]]) % 10 == 0
