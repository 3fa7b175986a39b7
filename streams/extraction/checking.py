"""Tells whether what a rules file says can be done: names that exist and are free, patterns that compile.

Free of I/O. What the patterns find is for `proving` to see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from string import Formatter
from typing import Final

from schemas.enums import Kind, Role, Tense
from streams.extraction.clauses import Subject
from streams.extraction.rules.linear import InvalidPattern, LinearPattern
from streams.extraction.rules.model import TASTE, Dated, Example, Rule, Tenses
from streams.extraction.rules.table import RULES
from streams.extraction.slots import BUILT_IN, Catalogue, Slot, UnknownSlot
from streams.extraction.tenants import TenantRules
from streams.extraction.verbs import Aspect
from topology.marked_yaml import Fault, Place
from topology.retention import RetentionPolicy
from topology.rules_file import Reading, RulePart, SlotPart, TenantPart

BUILT_IN_NAMES: Final = frozenset(rule.name for rule in RULES)


@dataclass(slots=True, kw_only=True)
class Check:
    """One tenant's part of a file, looked through once; `faults` grow."""

    reading: Reading
    tenant: str
    part: TenantPart
    faults: list[Fault] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    """By the name of a sound rule, where it stands among the rules."""

    def rules(self) -> TenantRules:
        """What the tenant decides, without its faulty parts."""
        slots = self._slots()
        catalogue = Catalogue((*BUILT_IN.slots, *slots))
        self._look_at_retention(catalogue)
        return TenantRules(
            roles=frozenset(Role(role.upper()) for role in self.part.roles),
            off=frozenset(self._off()),
            slots=slots,
            rules=tuple(self._rules(catalogue)),
            retention=self.part.retention.policy(RetentionPolicy()),
        )

    def fault(self, what: str, *place: int | str) -> None:
        at: Place = ("tenants", self.tenant, *place)
        self.faults.append(self.reading.fault(at, what))

    def _off(self) -> Iterator[str]:
        for index, name in enumerate(self.part.off):
            if name not in BUILT_IN_NAMES:
                self.fault(f"there is no built-in rule `{name}`{_close(name)}", "off", index)
            elif name in self.part.off[:index]:
                self.fault(f"`{name}` is switched off already", "off", index)
            else:
                yield name

    def _slots(self) -> tuple[Slot, ...]:
        taken = {(slot.kind, slot.name): "is built in" for slot in BUILT_IN.slots}
        found = []
        for index, part in enumerate(self.part.slots):
            slot = _slot(part)
            name = slot.kind, slot.name
            if name in taken:
                self.fault(f"the slot {slot.kind}.{slot.name} {taken[name]}", "slots", index)
            else:
                found.append(slot)
            taken[name] = "is added already"
        return tuple(found)

    def _rules(self, catalogue: Catalogue) -> Iterator[Rule]:
        names = dict.fromkeys(BUILT_IN_NAMES, "is a built-in rule")
        for index, part in enumerate(self.part.rules):
            known = len(self.faults)
            if part.name in names:
                self.fault(f"`{part.name}` {names[part.name]}", "rules", index, "name")
            names[part.name] = "is a rule of this tenant already"
            self._look_at(part, index, catalogue)
            if len(self.faults) == known:
                self.places[part.name] = index
                yield _rule(part)

    def _look_at_retention(self, catalogue: Catalogue) -> None:
        for index, rule in enumerate(self.part.retention.rules):
            known = {slot.name for slot in catalogue.slots if rule.kind in (None, slot.kind)}
            if rule.slot is not None and rule.slot not in known:
                of_kind = f" of kind {rule.kind}" if rule.kind else ""
                self.fault(f"there is no slot `{rule.slot}`{of_kind}", "retention", "rules", index, "slot")

    def _look_at(self, part: RulePart, index: int, catalogue: Catalogue) -> None:
        try:
            catalogue.slot_of(*part.slot.split("."))
        except UnknownSlot:
            self.fault(f"there is no slot {part.slot}", "rules", index, "slot")
        try:
            groups = LinearPattern(part.pattern).groups
        except InvalidPattern as error:
            self.fault(f"pattern: {error}", "rules", index, "pattern")
        else:
            for what in _template_faults(part.value, groups):
                self.fault(f"value: {what}", "rules", index, "value")


def _close(name: str) -> str:
    near = get_close_matches(name, BUILT_IN_NAMES, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _template_faults(template: str, groups: Collection[str]) -> Iterator[str]:
    """A template names groups of the pattern and does nothing else with them."""
    try:
        parts: Sequence[tuple[str, str | None, str | None, str | None]] = list(Formatter().parse(template))
    except ValueError as error:
        yield str(error)
        return
    for _, name, spec, conversion in parts:
        if name is not None and (name not in groups or spec or conversion):
            yield f"`{{{name}}}` is no group of the pattern"


def _slot(part: SlotPart) -> Slot:
    return Slot(kind=Kind(part.kind), name=part.name, single_valued=part.single_valued, qualified=part.qualified)


def _rule(part: RulePart) -> Rule:
    kind, slot = part.slot.split(".")
    return Rule(
        name=part.name,
        version=part.version,
        kind=Kind(kind),
        slot=slot,
        subjects=frozenset(Subject(subject) for subject in part.subjects),
        heads=frozenset(),
        pattern=part.pattern,
        value=part.value,
        tenses=_tenses(part),
        be=None,
        dated=Dated(part.dated),
        confidence=part.confidence,
        examples=tuple(Example(said=each.said, values=each.values, tense=Tense(each.tense)) for each in part.examples),
        counter_examples=part.counter_examples,
    )


def _tenses(part: RulePart) -> Tenses:
    if part.tenses is None:
        return TASTE
    return {Aspect(aspect): Tense(tense) for aspect, tense in part.tenses.items()}
