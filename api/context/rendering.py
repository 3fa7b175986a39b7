"""A block as it is given to a model: as text, or as compact JSON. Both say first that it is recalled.

Pure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final, Protocol

from api.context.material import Line, Section

BEGIN: Final = "<recalled-memory>"
END: Final = "</recalled-memory>"
TITLES: Final = MappingProxyType(
    {
        Section.PROFILE: "## Profile",
        Section.ITEMS: "## Remembered",
        Section.RELEVANT: "## Relevant",
        Section.RECENT: "## Recent turns",
    }
)


class Rendering(Protocol):
    """A form of the block."""

    def block(self, lines: Sequence[Line]) -> str:
        """The whole of it; lines are in the block's order."""
        ...

    def frame(self, section: Section | None = None) -> str:
        """What stands around the lines: of the block, or of a section."""
        ...

    def line(self, line: Line) -> str:
        """What one line adds."""
        ...


class Text:
    """Every line ends with a line feed and begins with `-`, `#` or `<`, so that tokens never reach over its end."""

    def block(self, lines: Sequence[Line]) -> str:
        parts = [BEGIN]
        for section, members in groupby(lines, key=lambda line: line.section):
            parts.append(TITLES[section])
            parts.extend(f"- {line.text}" for line in members)
        return "\n".join([*parts, END, ""]) if lines else ""

    def frame(self, section: Section | None = None) -> str:
        return f"{TITLES[section]}\n" if section else f"{BEGIN}\n{END}\n"

    def line(self, line: Line) -> str:
        return f"- {line.text}\n"


class Json:
    """Fields of strings alone, so that whoever reads it and writes it compactly again has the same text."""

    def content(self, lines: Sequence[Line]) -> dict[str, Any] | None:
        """The block as values; None where it is empty."""
        if not lines:
            return None
        sections = {
            section.value: [dict(line.entry) for line in members]
            for section, members in groupby(lines, key=lambda line: line.section)
        }
        return {"recalled": True, **sections}

    def block(self, lines: Sequence[Line]) -> str:
        return compact(self.content(lines)) if lines else ""

    def frame(self, section: Section | None = None) -> str:
        return f'"{section}":[],' if section else '{"recalled":true,}'

    def line(self, line: Line) -> str:
        return compact(dict(line.entry)) + ","


def compact(value: object) -> str:
    """JSON as it is counted: no spaces, characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
