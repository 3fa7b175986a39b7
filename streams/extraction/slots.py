"""The catalogue of slots: what can be remembered of a person, and which values compete with each other.

Data, free of I/O. A slot is named by its kind and its name; which slots a tenant has is said by its `Catalogue`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.enums import Kind
from schemas.ids import ItemId, TenantId


class UnknownSlot(LookupError):
    """No slot of that name in that kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place for values. In a single-valued one the latest takes the place of the one before; else all stand."""

    kind: Kind
    name: str
    single_valued: bool
    qualified: bool = False
    """Whether it holds one value a thing (`favourite`: `colour: blue`); the thing is then the item's qualifier."""


def _single(kind: Kind, *names: str) -> tuple[Slot, ...]:
    return tuple(Slot(kind=kind, name=name, single_valued=True) for name in names)


def _multi(kind: Kind, *names: str) -> tuple[Slot, ...]:
    return tuple(Slot(kind=kind, name=name, single_valued=False) for name in names)


SLOTS: Final[tuple[Slot, ...]] = (
    *_single(Kind.FACT, "name", "age", "birthday", "gender", "pronouns", "home_city", "home_country", "hometown"),
    *_single(Kind.FACT, "nationality", "relationship_status", "employer", "job_title", "school", "native_language"),
    Slot(kind=Kind.FACT, name="quantity", single_valued=True, qualified=True),
    *_multi(Kind.FACT, "speaks", "hobby", "skill", "owns", "habit", "goal", "allergy", "health_condition"),
    *_multi(Kind.FACT, "medication", "diet", "studied", "worked_at"),
    Slot(kind=Kind.PREFERENCE, name="favourite", single_valued=True, qualified=True),
    *_multi(Kind.PREFERENCE, "likes", "dislikes", "prefers", "avoids"),
    *_single(Kind.RELATION, "partner", "mother", "father"),
    *_multi(Kind.RELATION, "child", "sibling", "friend", "relative", "colleague", "pet"),
    *_multi(Kind.EVENT, "event"),
    *_multi(Kind.TASK, "task", "commitment"),
    *_multi(Kind.DECISION, "decision"),
    *_single(Kind.CONTACT, "email", "phone"),
    *_multi(Kind.CONTACT, "url", "handle"),
)


class Catalogue:
    """The slots that one tenant's memory has, each named once, in the order in which profiles show them."""

    __slots__ = ("_by_name", "_places", "slots")

    def __init__(self, slots: Iterable[Slot]) -> None:
        self.slots: Final = tuple(slots)
        self._by_name = {(slot.kind.value, slot.name): slot for slot in self.slots}
        self._places = {name: place for place, name in enumerate(self._by_name)}

    def slot_of(self, kind: Kind | str, slot: str) -> Slot:
        """The slot of that name. Raises UnknownSlot."""
        try:
            return self._by_name[str(kind), slot]
        except KeyError:
            raise UnknownSlot(f"{kind} has no slot {slot!r}") from None

    def place_of(self, kind: Kind | str, slot: str) -> int:
        """Where a profile shows the slot, from 0. Raises KeyError for one that does not exist."""
        return self._places[str(kind), slot]

    def track_of(self, kind: Kind | str, slot: str, qualifier: str | None, item_id: ItemId) -> str:
        """The name of the assertions that compete with each other, unique within a user.

        All values of a single-valued slot (and qualifier) share a track; a value of any other slot has one of its own.
        Any text can occur in a qualifier, so a track must be encoded before it becomes part of a key.
        """
        if not self.slot_of(kind, slot).single_valued:
            return item_id
        return f"{kind}.{slot}" if qualifier is None else f"{kind}.{slot}.{qualifier}"


BUILT_IN: Final = Catalogue(SLOTS)
"""The slots of every tenant."""


class Catalogues:
    """The catalogue of each tenant: that of the built-in slots, unless it is among those that have more."""

    __slots__ = ("_by_tenant",)

    def __init__(self, by_tenant: Mapping[TenantId, Catalogue] | None = None) -> None:
        self._by_tenant = dict(by_tenant or {})

    def of(self, tenant_id: TenantId) -> Catalogue:
        return self._by_tenant.get(tenant_id, BUILT_IN)


ALL_BUILT_IN: Final = Catalogues()
"""No tenant has slots of its own."""
