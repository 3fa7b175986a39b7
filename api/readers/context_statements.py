"""Statements of the parts of a context: a user's standing items, recent turns, and which turns repeat memory."""

from __future__ import annotations

from typing import LiteralString

from api.readers.statements import ITEM_COLUMNS, STATUS

STANDING_ITEMS: LiteralString = (
    "SELECT"
    + ITEM_COLUMNS
    + """
    FROM memory_items
    WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND NOT deleted
        AND CASE
            WHEN %(asked_at)s::timestamptz IS NULL THEN """
    + STATUS
    + """ = 'active'
            ELSE """
    + STATUS
    + """ NOT IN ('retracted', 'expired')
                AND coalesce(first_occurred_at <= %(asked_at)s::timestamptz, true)
                AND (status = 'active' OR validity @> %(asked_at)s::timestamptz)
        END
    ORDER BY kind || '/' || slot = ANY(%(single_valued)s::text[]) DESC, evidence_count DESC,
        last_occurred_at DESC NULLS LAST, item_id
    LIMIT %(most_items)s
"""
)
"""What holds, of single-valued slots first, then the best supported. Asked as of a time: what had been said by then,
and held then or still does."""

_TURN: LiteralString = """
    SELECT conversation_id, message_id, user_id, speaker_name, role, text, occurred_at
    FROM messages
    WHERE tenant_id = %(tenant_id)s AND deleted_at IS NULL AND NOT removed AND NOT recalled
        AND (%(asked_at)s::timestamptz IS NULL OR occurred_at <= %(asked_at)s::timestamptz)
"""

RECENT_OF_CONVERSATION: LiteralString = (
    _TURN
    + """
        AND conversation_id = %(conversation_id)s
    ORDER BY occurred_at DESC, message_id DESC
    LIMIT %(most_turns)s
"""
)

RECENT_OF_USER: LiteralString = (
    _TURN
    + """
        AND user_id = %(user_id)s
    ORDER BY occurred_at DESC, conversation_id DESC, message_id DESC
    LIMIT %(most_turns)s
"""
)

ECHOES: LiteralString = """
    SELECT conversation_id, message_id
    FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[]) AS wanted(conversation_id, message_id)
    JOIN messages USING (conversation_id, message_id)
    WHERE tenant_id = %(tenant_id)s AND recalled
"""
"""Those of the messages that repeat memory."""
