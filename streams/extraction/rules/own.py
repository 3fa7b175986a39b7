"""Reads clauses by the rules that a tenant adds, behind the same guards as the built-in ones.

Free of I/O. Where none of the patterns occurs in a text, it costs one pass over it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from streams.extraction.clauses import Discourse, Subject
from streams.extraction.rules.found import Found, Said
from streams.extraction.rules.linear import AnyOf, LinearPattern
from streams.extraction.rules.matching import CompiledRule, read_clauses
from streams.extraction.rules.model import Rule


class OwnClauseReader:
    """The rules of one tenant, found by their patterns. Raises InvalidPattern."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        patterns = [LinearPattern(rule.pattern) for rule in rules]
        self._rules = [CompiledRule(rule, pattern) for rule, pattern in zip(rules, patterns, strict=True)]
        self._any = AnyOf(patterns)

    def read(self, said: Said, discourse: Discourse) -> Iterator[Found]:
        """What the rules find in the clauses of a message."""
        occurring = self._any.found_in(said.plain) if self._rules else ()
        if not occurring:
            return
        by_subject: dict[Subject, list[CompiledRule]] = defaultdict(list)
        for index in sorted(occurring):
            for subject in self._rules[index].rule.subjects:
                by_subject[subject].append(self._rules[index])
        yield from read_clauses(said, discourse, lambda subject, _head: by_subject.get(subject, ()))
