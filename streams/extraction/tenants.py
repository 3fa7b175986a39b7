"""What tenants make of the built-in rules: the slots and rules they add, those they do without, whom they hear.

Data, free of I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.enums import Role
from schemas.ids import TenantId
from streams.extraction.port import Extractor
from streams.extraction.rules import ExtractorByTenant, RuleExtractor
from streams.extraction.rules.model import Rule
from streams.extraction.slots import BUILT_IN, Catalogue, Catalogues, Slot
from topology.retention import RetentionPolicies, RetentionPolicy
from topology.rules_file import BUILT_IN_RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRules:
    """What one tenant decides."""

    roles: frozenset[Role]
    off: frozenset[str] = frozenset()
    """Names of built-in rules."""
    slots: tuple[Slot, ...] = ()
    rules: tuple[Rule, ...] = ()
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue((*BUILT_IN.slots, *self.slots))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """What a deployment extracts by, the same for every process that knows slots."""

    name: str
    """The extractor's, `name@version`."""
    extractor: Extractor
    catalogues: Catalogues
    roles: Mapping[TenantId, frozenset[Role]]
    """Whose words may be remembered, by tenant; of any other tenant, those of users."""
    tenants: Mapping[TenantId, TenantRules]
    retention: RetentionPolicies
    """How long what was found is kept, by tenant."""


def rulebook(name: str = BUILT_IN_RULES, tenants: Mapping[TenantId, TenantRules] | None = None) -> Rulebook:
    """The built-in rules, and what each tenant makes of them."""
    tenants = dict(tenants or {})
    own = {tenant: extractor_of(rules, name) for tenant, rules in tenants.items() if rules.rules or rules.off}
    everyone = RuleExtractor(name=name)
    return Rulebook(
        name=name,
        extractor=ExtractorByTenant(name, everyone, own) if own else everyone,
        catalogues=Catalogues({tenant: rules.catalogue for tenant, rules in tenants.items() if rules.slots}),
        roles={tenant: rules.roles for tenant, rules in tenants.items()},
        tenants=tenants,
        retention=RetentionPolicies(tenants={tenant: rules.retention for tenant, rules in tenants.items()}),
    )


def extractor_of(rules: TenantRules, name: str = BUILT_IN_RULES) -> RuleExtractor:
    """The extractor of one tenant's messages."""
    return RuleExtractor(name=name, off=rules.off, own=rules.rules, catalogue=rules.catalogue)
