"""Reads a reply in the light of the question before it.

Free of I/O. Only the last words of the last other speaker ask this turn anything, and only its beginning answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from schemas.state import Turn
from streams.extraction.names import Filled
from streams.extraction.rules.found import Found, Said, Times
from streams.extraction.rules.matching import birthday_at
from streams.extraction.rules.model import AnswerRule, Dated
from streams.extraction.rules.patterns import compiled
from streams.extraction.sentences import plain

_QUESTION_REACH = 160
"""Characters at the end of a turn in which its question stands."""
_ASKS = re.compile(r"\b(?:where|which|what'?s?|how old|how many|when|who|any|do|are|may i|my name)\b", re.IGNORECASE)
_ANSWER_REACH = 200
_TURNS_BACK = 2
_OPENING = re.compile(
    r"\s*(?:(?:oh|well|hmm+|um+|uh|ah|haha\w*|so|hey|hi|yes|yeah|yep|yup|sure|ok|okay|good question|let me see"
    r"|honestly)\b[\s,.!:-]*){0,3}",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\s*(?:[.,;:!?)\n]|$)|\s+(?:and|but|so|with|now|for|at|by|near|here|right|you|what|how|lol|haha|mostly|too"
    r"|[^\w\s])",
    re.IGNORECASE,
)


class AnswerReader:
    """Answer rules, asked by what the other speaker said."""

    def __init__(self, rules: Sequence[AnswerRule]) -> None:
        self._rules = [(rule, compiled(rule.question), compiled(rule.reply)) for rule in rules]

    @staticmethod
    def question_to(turn: Turn, context: Sequence[Turn]) -> str | None:
        """The end of the last turn of another speaker that asks something, if it is close enough to be answered."""
        for before in reversed(context[-_TURNS_BACK:]):
            if before.user_id != turn.user_id:
                end = before.text[-_QUESTION_REACH:]
                return plain(end) if "?" in end and _ASKS.search(end) else None
        return None

    def read(self, said: Said, asked: str) -> Iterator[Found]:
        """What the beginning of the message answers."""
        opening = _OPENING.match(said.plain)
        start = opening.end() if opening else 0
        for rule, question, reply in self._rules:
            put = question.search(asked)
            if put is None:
                continue
            for at in sorted({start, 0}, reverse=True):
                match = reply.match(said.plain, at, at + _ANSWER_REACH)
                found = list(_answers(said, rule, put, match)) if match else []
                if found:
                    yield from found
                    break


def _answers(said: Said, rule: AnswerRule, put: re.Match[str], match: re.Match[str]) -> Iterator[Found]:
    if rule.dated is Dated.IS:
        dated = birthday_at(said, match.end(), match.end() + _ANSWER_REACH)
        if dated is not None:
            yield _found(said, rule, dated[1], match.start(), dated[0].end)
        return
    groups = {name: (group or "").lower() for name, group in (put.groupdict() | match.groupdict()).items()}
    for filled in _values(said.plain, rule, match):
        value = rule.value.format_map({**groups, "value": said.text[filled.start : filled.end]})
        yield _found(said, rule, value, match.start(), filled.end)


def _values(text: str, rule: AnswerRule, match: re.Match[str]) -> list[Filled]:
    if rule.fill is None:
        return [Filled(*match.span("value"))]
    found = rule.fill(text, match.end(), min(len(text), match.end() + _ANSWER_REACH))
    return found if found and _ENDS.match(text, found[-1].end) else []


def _found(said: Said, rule: AnswerRule, value: str, start: int, end: int) -> Found:
    while start < end and said.text[start].isspace():
        start += 1
    return Found(
        rule=rule.identifier,
        kind=rule.kind,
        slot=rule.slot,
        value=value,
        tense=rule.tense,
        confidence=rule.confidence,
        start=start,
        end=end,
        times=Times(),
    )
