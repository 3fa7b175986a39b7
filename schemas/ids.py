"""Names of things: the identifiers that every package shares, and how derived ones are made.

Free of I/O. A derived id is a UUIDv5 (RFC 9562) of stable parts, so a replay makes the same one.
"""

from __future__ import annotations

from datetime import datetime
from typing import NewType
from uuid import UUID, uuid5

TenantId = NewType("TenantId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
UserId = NewType("UserId", str)
EventId = NewType("EventId", str)
CommandId = NewType("CommandId", str)
ItemId = NewType("ItemId", str)

ITEM_NAMESPACE = UUID("8f1c3a52-6d0e-5b7a-9c41-2f1d7e0b9a10")
"""Chosen once at random; changing it would give every item a new name."""

_SEPARATOR = "\x1f"
"""Unit separator: cannot occur in an id (NUL and control characters are refused) and rarely in a value."""


def item_id(tenant_id: TenantId, user_id: UserId, kind: str, slot: str, canonical: str) -> ItemId:
    """The id of a memory item: one a (tenant, user, kind, slot, canonical value), the same in every replay."""
    return ItemId(str(uuid5(ITEM_NAMESPACE, _SEPARATOR.join((tenant_id, user_id, kind, slot, canonical)))))


def expiry_id(item: ItemId, expired_to: datetime) -> CommandId:
    """The id of the command by which what was said of an item before then expires: one, however often it is sent."""
    return CommandId(str(uuid5(ITEM_NAMESPACE, _SEPARATOR.join(("expire", item, expired_to.isoformat())))))
