"""Commands generated for property tests, about whatever was found in what people said."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from schemas.enums import CommandType
from schemas.ids import CommandId, TenantId, UserId, item_id
from schemas.records import Candidate, MemoryCommand, MessageExtraction
from streams.extraction.canonical import InvalidValue, canonicalise
from streams.extraction.slots import BUILT_IN
from streams.processors.timeline import DATED_KINDS
from support.memory import minute

Found = tuple[TenantId, UserId, Candidate]

_VALUES = ("Lisbon", "Porto", "tea", "Faro")


@st.composite
def orders(draw: st.DrawFn, extractions: Sequence[MessageExtraction], most: int = 5) -> list[MemoryCommand]:
    """Commands about items that were found, or that a command before may have made; some are sent twice.

    What happens once is never corrected here: its new name takes the dates that it shows at that moment. An expiry is
    about what was said until some minutes ago, or will have been said then.
    """
    found = [(each.tenant_id, each.user_id, candidate) for each in extractions for candidate in each.candidates]
    if not found:
        return []
    chosen = draw(st.lists(st.sampled_from(found), max_size=most))
    made = [draw(_order(f"k{number}", subject, values_for(subject, found))) for number, subject in enumerate(chosen)]
    return [*made, *draw(st.lists(st.sampled_from(made), max_size=2))] if made else []


@st.composite
def _order(draw: st.DrawFn, name: str, subject: Found, values: Sequence[str]) -> MemoryCommand:
    tenant_id, user_id, about = subject
    kind = draw(st.sampled_from(_TYPES if values and about.kind not in DATED_KINDS else _TYPES_WITHOUT_VALUE))
    item, value = about.item_id, draw(st.sampled_from(values)) if values else None
    if values and about.qualifier is None and about.kind not in DATED_KINDS and draw(st.booleans()):
        other = canonicalise(BUILT_IN.slot_of(about.kind, about.slot), draw(st.sampled_from(values)))
        item = item_id(tenant_id, user_id, about.kind, about.slot, other.canonical)
    return MemoryCommand(
        tenant_id=tenant_id,
        user_id=user_id,
        command_id=CommandId(name),
        type=kind,
        issued_at=minute(draw(st.integers(0, 40))),
        item_id=item,
        kind=about.kind,
        slot=about.slot,
        value=value if kind in (CommandType.CORRECT, CommandType.REMEMBER) else None,
        known_from=None,
        known_to=minute(draw(st.integers(0, 40))) if kind is CommandType.EXPIRE else None,
    )


def values_for(subject: Found, found: Sequence[Found]) -> list[str]:
    """Values that the subject's slot takes: some of its own, and some that are nobody's."""
    about = subject[2]
    named = [each.value for _, _, each in found if (each.kind, each.slot) == (about.kind, about.slot)]
    free = [value if about.qualifier is None else f"{about.qualifier}: {value}" for value in _VALUES]
    return [value for value in dict.fromkeys((*named, *free)) if _fits(about, value)]


def _fits(about: Candidate, value: str) -> bool:
    try:
        canonicalise(BUILT_IN.slot_of(about.kind, about.slot), value)
    except InvalidValue:
        return False
    return True


_TYPES_WITHOUT_VALUE = (CommandType.CONFIRM, CommandType.FORGET, CommandType.EXPIRE)
_TYPES = (*_TYPES_WITHOUT_VALUE, CommandType.CORRECT, CommandType.REMEMBER)
