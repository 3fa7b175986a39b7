"""Commands about a user's memory, made from requests (remember, correct, forget) and by retention (expire).

Pure but for ids and the clock, which are arguments. What a command does is decided downstream, in `consolidate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.models.items import Item, Remember
from api.problems import invalid_field
from api.readers.overdue import Overdue
from schemas.enums import CommandType, Kind
from schemas.ids import CommandId, ItemId, TenantId, UserId, expiry_id, item_id
from schemas.records import MemoryCommand
from streams.extraction.canonical import InvalidValue, canonicalise
from streams.extraction.slots import Catalogue, UnknownSlot

_MOMENT = timedelta(microseconds=1)
"""The least difference of two times: `known_to` is exclusive, and the last words are meant too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A command, and the item that will hold its value."""

    command: MemoryCommand
    item_id: ItemId


def remember(
    catalogue: Catalogue, tenant_id: TenantId, user_id: UserId, wanted: Remember, command_id: CommandId, now: datetime
) -> Named:
    """Raises Problem (422) for a slot that does not exist or a value that cannot be one of it."""
    made = _item(catalogue, tenant_id, user_id, Kind(wanted.kind), wanted.slot, wanted.value)
    command = MemoryCommand(
        tenant_id=tenant_id,
        user_id=user_id,
        command_id=command_id,
        type=CommandType.REMEMBER,
        issued_at=now,
        item_id=made,
        kind=Kind(wanted.kind),
        slot=wanted.slot,
        value=wanted.value,
        known_from=wanted.valid_from,
        known_to=wanted.valid_to,
    )
    return Named(command=command, item_id=made)


def correct(
    catalogue: Catalogue, tenant_id: TenantId, item: Item, value: str, command_id: CommandId, now: datetime
) -> Named:
    """Raises Problem (422) for a value that cannot be one of the item's slot."""
    made = _item(catalogue, tenant_id, UserId(item.user_id), Kind(item.kind), item.slot, value)
    command = _about(tenant_id, item, CommandType.CORRECT, value, command_id, now)
    return Named(command=command, item_id=made)


def forget(tenant_id: TenantId, item: Item, command_id: CommandId, now: datetime) -> Named:
    command = _about(tenant_id, item, CommandType.FORGET, None, command_id, now)
    return Named(command=command, item_id=ItemId(item.item_id))


def expire(overdue: Overdue, now: datetime) -> MemoryCommand:
    """What was said of the item, as far as was known, has expired. The same for the same words, whenever it is made.

    What is said later than that, or was and arrives late, is not concerned: it would have kept the item alive.
    """
    to = overdue.counted_from + _MOMENT
    return MemoryCommand(
        tenant_id=overdue.tenant_id,
        user_id=overdue.user_id,
        command_id=expiry_id(overdue.item_id, to),
        type=CommandType.EXPIRE,
        issued_at=now,
        item_id=overdue.item_id,
        kind=overdue.kind,
        slot=overdue.slot,
        value=None,
        known_from=None,
        known_to=to,
    )


def _about(
    tenant_id: TenantId, item: Item, kind: CommandType, value: str | None, command_id: CommandId, now: datetime
) -> MemoryCommand:
    return MemoryCommand(
        tenant_id=tenant_id,
        user_id=UserId(item.user_id),
        command_id=command_id,
        type=kind,
        issued_at=now,
        item_id=ItemId(item.item_id),
        kind=Kind(item.kind),
        slot=item.slot,
        value=value,
        known_from=None,
        known_to=None,
    )


def _item(catalogue: Catalogue, tenant_id: TenantId, user_id: UserId, kind: Kind, slot: str, value: str) -> ItemId:
    """The id under which the value will be remembered."""
    try:
        canonical = canonicalise(catalogue.slot_of(kind, slot), value).canonical
    except UnknownSlot as error:
        raise invalid_field("slot", "unknown_slot", f"{kind} has no such slot") from error
    except InvalidValue as error:
        raise invalid_field("value", "invalid_value", str(error)) from error
    return item_id(tenant_id, user_id, kind, slot, canonical)
