"""All rules of this release, and the listing of them with what each found.

Free of I/O.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from schemas.records import Candidate
from streams.extraction.rules import (
    answers,
    contacts,
    events,
    health,
    homes,
    identity,
    kin,
    learning,
    living,
    origins,
    pastimes,
    quantities,
    tasks,
    tastes,
    work,
)
from streams.extraction.rules.model import AnswerRule, ContactRule, Rule

AnyRule: TypeAlias = Rule | AnswerRule | ContactRule

CLAUSE_RULES: Final[tuple[Rule, ...]] = (
    *identity.RULES,
    *origins.RULES,
    *homes.RULES,
    *work.RULES,
    *learning.RULES,
    *tastes.RULES,
    *pastimes.RULES,
    *health.RULES,
    *living.RULES,
    *kin.RULES,
    *events.RULES,
    *tasks.RULES,
    *quantities.RULES,
)
ANSWER_RULES: Final[tuple[AnswerRule, ...]] = answers.RULES
CONTACT_RULES: Final[tuple[ContactRule, ...]] = contacts.RULES
RULES: Final[tuple[AnyRule, ...]] = (*CLAUSE_RULES, *ANSWER_RULES, *CONTACT_RULES)


class Standing(StrEnum):
    """What a rule is to a tenant."""

    BUILT_IN = "built in"
    OFF = "off"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One line of the listing of rules."""

    rule: str
    standing: Standing
    kind: str
    slot: str
    confidence: float
    examples: int
    counter_examples: int
    found: int
    """Candidates in what was read."""


def rules_table(
    candidates: Iterable[Candidate] = (), own: Sequence[Rule] = (), off: Collection[str] = ()
) -> tuple[RuleRow, ...]:
    """Every rule, in the order of the table, with how many of `candidates` it found; a tenant's own come last."""
    found = Counter(candidate.rule for candidate in candidates)
    return tuple(
        RuleRow(
            rule=rule.identifier,
            standing=_standing(rule, own, off),
            kind=rule.kind.value,
            slot=rule.slot,
            confidence=rule.confidence,
            examples=len(rule.examples),
            counter_examples=len(rule.counter_examples),
            found=found[rule.identifier],
        )
        for rule in (*RULES, *own)
    )


def _standing(rule: AnyRule, own: Sequence[Rule], off: Collection[str]) -> Standing:
    if rule.name in off:
        return Standing.OFF
    return Standing.OWN if rule in own else Standing.BUILT_IN
