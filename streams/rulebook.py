"""The rules by which a deployment extracts: the built-in ones, and what its rules file makes of them.

Reads the one file it is given. Agents, the replay and the API load the same, so that all know the same slots.
"""

from __future__ import annotations

from pathlib import Path

from schemas.ids import TenantId
from streams.extraction.checking import Check
from streams.extraction.proving import disproofs
from streams.extraction.tenants import Rulebook, TenantRules, extractor_of, rulebook
from topology.marked_yaml import Fault, Refused
from topology.rules_file import read


def load(path: Path | None) -> Rulebook:
    """The rulebook of a rules file, its rules proven by their examples; without a file that of the built-in rules.

    Raises Refused, which names every fault and its line, or Misconfigured where the file cannot be read.
    """
    if path is None:
        return rulebook()
    reading = read(path)
    faults = list(reading.faults)
    tenants: dict[TenantId, TenantRules] = {}
    if reading.document is not None:
        for tenant, part in reading.document.tenants.items():
            check = Check(reading=reading, tenant=tenant, part=part)
            tenants[TenantId(tenant)] = rules = check.rules()
            faults.extend([*check.faults, *_unproven(check, rules)])
    if reading.document is None or faults:
        raise Refused(path, faults)
    return rulebook(reading.document.identity, tenants)


def _unproven(check: Check, rules: TenantRules) -> list[Fault]:
    extractor = extractor_of(rules)
    found = [(rule, each) for rule in rules.rules for each in disproofs(rule, extractor)]
    return [
        check.reading.fault(("tenants", check.tenant, "rules", check.places[rule.name], which, index), what)
        for rule, (which, index, what) in found
    ]
