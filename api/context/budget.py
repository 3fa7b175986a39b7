"""Cuts a block to its budget: the lines that matter least fall first.

Pure. The whole is counted as it is given, since a sum of parts may be less; parts only tell how far to go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.context.lines import by_salience
from api.context.material import Line, Section
from api.context.rendering import Rendering
from api.context.words import Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What is told: the text, its tokens as counted, and which lines it holds, each with the tokens it has alone."""

    block: str
    tokens: int
    lines: Sequence[Line]
    line_tokens: Sequence[int]


def cut(lines: Sequence[Line], rendering: Rendering, max_tokens: int, count: Count) -> Cut:
    """The block of the lines that matter most, never over `max_tokens`.

    No line is passed over for one that matters less: the first for which there is no room is the last looked at.
    """
    tokens: dict[int, int] = {}
    spent, begun = count(rendering.frame()), set[Section]()
    for place in by_salience(lines):
        section = lines[place].section
        needed = count(rendering.line(lines[place]))
        spent += needed + (0 if section in begun else count(rendering.frame(section)))
        if spent > max_tokens:
            break
        begun.add(section)
        tokens[place] = needed
    return _fitting(lines, tokens, rendering, max_tokens, count)


def _fitting(lines: Sequence[Line], tokens: dict[int, int], rendering: Rendering, max_tokens: int, count: Count) -> Cut:
    chosen = list(tokens)
    while True:
        places = sorted(chosen)
        told = [lines[place] for place in places]
        block = rendering.block(told)
        whole = count(block)
        if whole <= max_tokens:
            return Cut(block=block, tokens=whole, lines=told, line_tokens=[tokens[place] for place in places])
        chosen.pop()
