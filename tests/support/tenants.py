"""A tenant with a slot and a rule of its own, for tests that look at what follows from them."""

from __future__ import annotations

from collections.abc import Collection

from schemas.enums import Kind, Role
from streams.extraction.clauses import Subject
from streams.extraction.port import HEARD
from streams.extraction.rules.model import Rule, example
from streams.extraction.slots import Slot
from streams.extraction.tenants import Rulebook, TenantRules, rulebook
from support.speech import TENANT

SHOES = Slot(kind=Kind.FACT, name="shoe_size", single_valued=True)
SHOE_SIZE = Rule(
    name="mine",
    kind=Kind.FACT,
    slot="shoe_size",
    subjects=frozenset({Subject.MY}),
    heads=frozenset(),
    pattern=r"shoe size is (?P<value>\d+)",
    confidence=0.9,
    examples=(example("My shoe size is 43.", "43"),),
    counter_examples=("My shoe size is fine.",),
)


def shoe_seller(roles: Collection[Role] = HEARD) -> Rulebook:
    """The rulebook of `TENANT`, who wants to know shoe sizes."""
    own = TenantRules(roles=frozenset(roles), slots=(SHOES,), rules=(SHOE_SIZE,))
    return rulebook("shoes@1", {TENANT: own})
