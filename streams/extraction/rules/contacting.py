"""Finds how to reach the speaker, anywhere in a message.

Free of I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from schemas.enums import Tense
from streams.extraction.clauses import Discourse
from streams.extraction.rules.found import Found, Said, Times
from streams.extraction.rules.model import ContactRule
from streams.extraction.rules.patterns import compiled
from streams.extraction.sentences import ascii_words

_MINE = re.compile(r"\b(?:my|me)\b", re.IGNORECASE)
_MINE_WORDS = frozenset({"my", "me"})


class ContactReader:
    """Contact rules, each searched only where one of its cues occurs."""

    def __init__(self, rules: Sequence[ContactRule]) -> None:
        self._rules = [(rule, compiled(rule.pattern)) for rule in rules]
        self._cues = re.compile("|".join(re.escape(cue) for rule in rules for cue in rule.cues) or r"(?!)")

    def read(self, said: Said, discourse: Discourse) -> Iterator[Found]:
        """What the rules find in a message."""
        words = ascii_words(said.plain)
        if words is not None and _MINE_WORDS.isdisjoint(words):
            return
        lowered = said.plain.lower()
        if self._cues.search(lowered) is None or _MINE.search(said.plain) is None:
            return
        for rule, pattern in self._rules:
            if not any(cue in lowered for cue in rule.cues):
                continue
            for match in pattern.finditer(said.plain):
                if discourse.owns(match.start()):
                    yield _found(said, rule, match.span("value"), match.start())


def _found(said: Said, rule: ContactRule, value: tuple[int, int], start: int) -> Found:
    return Found(
        rule=rule.identifier,
        kind=rule.kind,
        slot=rule.slot,
        value=said.text[value[0] : value[1]],
        tense=Tense.PRESENT,
        confidence=rule.confidence,
        start=start,
        end=value[1],
        times=Times(),
    )
