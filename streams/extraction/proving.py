"""Runs the examples and counter-examples of a rule, which are its tests, through the extractor that will read by it.

Pure. The messages are said on a Wednesday, 12 June 2024, at 15:30 in UTC, with nothing before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

from schemas.enums import Role
from schemas.ids import MessageId, TenantId, UserId
from schemas.records import Candidate
from schemas.state import Turn
from streams.extraction.port import Extractor
from streams.extraction.rules.model import Example, Rule

SAID_AT: Final = datetime(2024, 6, 12, 15, 30, tzinfo=UTC)

Disproof: TypeAlias = tuple[str, int, str]
"""Which list, which of its entries, and what is wrong: ("examples", 0, "finds nothing in ...")."""


def disproofs(rule: Rule, extractor: Extractor) -> Iterator[Disproof]:
    """The examples in which the rule does not find what they say, and the counter-examples in which it does."""
    for index, example in enumerate(rule.examples):
        found = _found(rule, extractor, example.said)
        if (wanted := _expected(example)) != (got := _said(found)):
            yield "examples", index, f"{rule.name} finds {got} in {example.said!r}, not {wanted}"
    for index, text in enumerate(rule.counter_examples):
        if found := _found(rule, extractor, text):
            yield "counter_examples", index, f"{rule.name} finds {_said(found)} in {text!r}, which it must not"


def _found(rule: Rule, extractor: Extractor, text: str) -> Sequence[Candidate]:
    turn = Turn(
        message_id=MessageId("example"),
        user_id=UserId("speaker"),
        speaker_name=None,
        role=Role.USER,
        text=text,
        occurred_at=SAID_AT,
        recalled=False,
    )
    found = extractor.extract(turn, (), TenantId("example"), None, None)
    return [each for each in found if each.rule == rule.identifier]


def _expected(example: Example) -> str:
    return ", ".join(f"{value!r} ({example.tense})" for value in example.values)


def _said(found: Sequence[Candidate]) -> str:
    return ", ".join(f"{each.value!r} ({each.tense})" for each in found) or "nothing"
