"""Every key that this project has in Redis, and the fields of the hashes behind them.

Free of I/O. A key begins with the generation of what it holds, so two of them live side by side; turns have but one.
"""

from __future__ import annotations

from typing import Final

from schemas.ids import ConversationId, MessageId, TenantId, UserId
from schemas.keys import join_key
from topology.generations import FIRST

PREFIX: Final = "alluvium"

VERSION: Final = "version"
"""Field of a profile's hash: the offset of its record."""
VALUE: Final = "value"
"""Field of a profile's hash: the profile as JSON; empty where it is gone."""

COMPLETE: Final = "complete"
"""Field of a conversation's hash: set by whoever filled it from PostgreSQL; then no turn before the first is missing.

The sink alone never sets it: after a lost key it would only know the turns that came since.
"""
_TURN: Final = "m:"


def profile_key(tenant_id: TenantId, user_id: UserId, generation: int = FIRST) -> str:
    """Of the hash {VERSION, VALUE}."""
    return f"{PREFIX}:{generation}:profile:{join_key(tenant_id, user_id)}"


def profile_keys_of(generation: int) -> str:
    """The pattern, as SCAN takes it, of every `profile_key` of one generation."""
    return f"{PREFIX}:{generation}:profile:*"


def recent_turns_key(tenant_id: TenantId, conversation_id: ConversationId, generation: int = FIRST) -> str:
    """Of the hash of a conversation's latest turns: `turn_field` of each, and perhaps COMPLETE."""
    return f"{PREFIX}:{generation}:turns:{join_key(tenant_id, conversation_id)}"


def turn_field(message_id: MessageId) -> str:
    """The field that holds one turn."""
    return _TURN + message_id


def is_turn(field: str) -> bool:
    return field.startswith(_TURN)
