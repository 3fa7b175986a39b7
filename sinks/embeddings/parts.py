"""Long texts in overlapping parts: a vector of a whole page means a little of everything.

Pure. What a text is cut into is part of what a model's version stands for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

PART_CHARACTERS: Final = 500
"""About a hundred words, half of what MiniLM looks at."""
STEP_CHARACTERS: Final = 375
"""A sentence that one part cuts through stands whole in the next."""
MOST_PARTS: Final = 32
"""Of one text; a pasted file beyond twelve thousand characters is found by its words alone."""


def parts_of(text: str) -> list[str]:
    """The text itself where it is short. Parts begin and end between words where there is a space near."""
    return list(_cut(text.strip()))


def _cut(text: str) -> Iterator[str]:
    start = 0
    for _ in range(MOST_PARTS):
        end = start + PART_CHARACTERS
        if end >= len(text):
            yield text[start:]
            return
        yield text[start : _between_words(text, end, start + STEP_CHARACTERS)]
        start = _between_words(text, start + STEP_CHARACTERS, start + STEP_CHARACTERS // 2)


def _between_words(text: str, at: int, least: int) -> int:
    """The place behind the last space before `at`, unless it lies before `least`."""
    return max(text.rfind(" ", least, at) + 1, least) if " " in text[least:at] else at
