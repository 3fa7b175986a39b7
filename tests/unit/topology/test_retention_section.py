"""A tenant's section of retention: laid upon the policy of all, and refused where it says what cannot be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from schemas.enums import Kind, RetentionLevel
from topology.retention import LIFETIMES, Kept, RetentionPolicy
from topology.retention_section import RetentionSection

SECTION = """
days: {short: 7, long: never}
rules:
  - {kind: fact, slot: allergy, level: permanent}
  - {kind: event, least_confidence: 0.8, level: short}
otherwise: short
"""


def section(text: str) -> RetentionSection:
    return RetentionSection.model_validate(yaml.safe_load(text))


def kept(kind: Kind, slot: str, confidence: float = 0.9) -> Kept:
    return Kept(kind=kind, slot=slot, confidence=confidence, explicit=False)


def test_a_section_says_what_differs_from_the_policy_of_all() -> None:
    policy = section(SECTION).policy(RetentionPolicy())

    assert policy.lifetimes[RetentionLevel.SHORT] == timedelta(days=7)
    assert policy.lifetimes[RetentionLevel.LONG] is None
    assert policy.lifetimes[RetentionLevel.WORKING] == LIFETIMES[RetentionLevel.WORKING]
    assert policy.level_of(kept(Kind.FACT, "allergy", 0.1)) is RetentionLevel.PERMANENT
    assert policy.level_of(kept(Kind.EVENT, "event")) is RetentionLevel.SHORT
    assert policy.level_of(kept(Kind.EVENT, "event", 0.7)) is RetentionLevel.LONG
    assert policy.level_of(kept(Kind.FACT, "hobby", 0.1)) is RetentionLevel.SHORT


def test_an_empty_section_is_the_policy_of_all() -> None:
    assert RetentionSection().policy(RetentionPolicy()) == RetentionPolicy()


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("days: {brief: 3}", ("days", "brief")),
        ("days: {short: 0}", ("days", "short")),
        ("days: {short: forever}", ("days", "short")),
        ("rules: [{level: brief}]", ("rules", 0, "level")),
        ("rules: [{kind: rumour, level: short}]", ("rules", 0, "kind")),
        ("rules: [{level: short, least_confidence: 2}]", ("rules", 0, "least_confidence")),
        ("rules: [{kind: fact}]", ("rules", 0, "level")),
        ("otherwise: unknown", ("otherwise",)),
        ("lifetimes: {short: 3}", ("lifetimes",)),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, where: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        section(text)
    assert {error["loc"][: len(where)] for error in refused.value.errors()} == {where}
