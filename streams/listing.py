"""The rules as people see them: a tenant's beside the built-in ones, with what each finds in a conversation.

Reads the conversation file it is given; prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table

from schemas import transcript
from schemas.ids import TenantId
from streams.extraction.port import HEARD
from streams.extraction.rules import RuleRow, found_in, rules_table
from streams.extraction.slots import Slot
from streams.extraction.tenants import Rulebook, TenantRules
from topology.rules_file import BUILT_IN_RULES


def rows_of(rulebook: Rulebook, tenant_id: TenantId, conversation: Path | None = None) -> tuple[RuleRow, ...]:
    """Every rule, with how often it finds something in the conversation, were it the tenant's. Raises ValueError."""
    mine = rulebook.tenants.get(tenant_id, TenantRules(roles=HEARD))
    events = transcript.read(conversation, tenant_id) if conversation else ()
    return rules_table(found_in(events, rulebook.extractor, mine.roles), mine.rules, mine.off)


def table(rows: Sequence[RuleRow], *, counted: bool) -> Table:
    shown = Table("rule", "", "kind", "slot", "confidence", "examples", "counter-examples", "found")
    for row in rows:
        counts = (row.confidence, row.examples, row.counter_examples, row.found if counted else "")
        shown.add_row(row.rule, row.standing, row.kind, row.slot, *map(str, counts))
    return shown


def additions(rulebook: Rulebook) -> Iterator[str]:
    """Lines that say what a sound rules file makes of the built-in rules, tenant by tenant."""
    yield f"{rulebook.name} is sound, and rests on {BUILT_IN_RULES}"
    for tenant_id, mine in rulebook.tenants.items():
        yield f"{tenant_id}: hears {', '.join(sorted(role.lower() for role in mine.roles))}"
        for name in sorted(mine.off):
            yield f"  off   {name}"
        for slot in mine.slots:
            yield f"  slot  {slot.kind}.{slot.name} ({_nature(slot)})"
        for rule in mine.rules:
            proofs = f"examples: {len(rule.examples)}, counter-examples: {len(rule.counter_examples)}"
            yield f"  rule  {rule.identifier} -> {rule.kind}.{rule.slot} ({proofs})"


def _nature(slot: Slot) -> str:
    how_many = "single-valued" if slot.single_valued else "multi-valued"
    return f"{how_many}, one a thing" if slot.qualified else how_many
