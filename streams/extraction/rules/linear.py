"""Patterns of strangers: read in time linear in the text, whatever the pattern and the text are.

Free of I/O. RE2 (Cox, "Regular Expression Matching in the Wild", 2010) has no lookaround and no back-reference, or it
could not be so; `\\w`, `\\d` and `\\b` mean ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import re2

VALUE: Final = "value"
"""The group that holds the value."""
_MOST_BYTES: Final = 8 << 20
"""Of memory for a pattern and for what is known of it while it runs; RE2's own default, said."""
_TOKEN = re.compile(r"(?P<escape>\\.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<space> )|(?P<end>[$^])", re.DOTALL)
_EDGES = frozenset({r"\A", r"\z", r"\C"})


class InvalidPattern(ValueError):
    """No pattern of a rule: not RE2's, bound to the edges of a text, or without the group `value`."""


@dataclass(frozen=True, slots=True)
class LinearFit:
    """A fit in a part of a text that begins at `offset`."""

    offset: int
    match: Any
    groups: Mapping[str, int]
    """Their numbers, by name: matches of this library know no names."""

    def start(self) -> int:
        return self.offset + int(self.match.start())

    def end(self) -> int:
        return self.offset + int(self.match.end())

    def group(self) -> str:
        return str(self.match.group())

    def span(self, group: str, /) -> tuple[int, int]:
        start, end = self.match.span(self.groups[group])
        return self.offset + start, self.offset + end

    def groupdict(self) -> Mapping[str, str | None]:
        return {name: self.match.group(number) for name, number in self.groups.items()}


class LinearPattern:
    """A pattern, case ignored, in which a space outside of brackets is one to three of white space.

    Raises InvalidPattern.
    """

    def __init__(self, pattern: str) -> None:
        self.source: Final = _spaced(pattern)
        try:
            self._compiled = re2.compile(self.source, _options())
        except re2.error as error:
            raise InvalidPattern(_words(error)) from error
        self.groups: Final[Mapping[str, int]] = self._compiled.groupindex
        if VALUE not in self.groups:
            raise InvalidPattern("needs a group `(?P<value>...)` around the value")
        self._value = self.groups[VALUE]

    def match(self, text: str, pos: int, endpos: int, /) -> LinearFit | None:
        """The fit that begins at `pos` and has a value; nothing beyond `endpos` is looked at."""
        found = self._compiled.match(_encodable(text[pos:endpos]))
        if found is None or found.span(self._value)[0] < 0:
            return None
        return LinearFit(pos, found, self.groups)


class AnyOf:
    """Patterns looked for all at once, in one pass over a text."""

    def __init__(self, patterns: Sequence[LinearPattern]) -> None:
        self._set = re2.Set.SearchSet(_options())
        for pattern in patterns:
            self._set.Add(pattern.source)
        self._set.Compile()

    def found_in(self, text: str) -> Sequence[int]:
        """Which of the patterns fit somewhere, in any order."""
        return self._set.Match(_encodable(text)) or ()


def _encodable(text: str) -> str:
    """As long as `text`: half a surrogate pair, which is no character and has no UTF-8, becomes a question mark."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _options() -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MOST_BYTES
    return options


def _spaced(pattern: str) -> str:
    return _TOKEN.sub(_token, pattern)


def _token(token: re.Match[str]) -> str:
    said = token.group()
    if token.lastgroup == "end" or said in _EDGES:
        raise InvalidPattern(f"`{said}`: a pattern is read from the head of a clause, whose edges it cannot know")
    return r"\s{1,3}" if token.lastgroup == "space" else said


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else "is no pattern"
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
