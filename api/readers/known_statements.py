"""The statements about what was known at a time, as constants.

Each begins with the tenant. Of what has been deleted since, none of them finds words.
"""

from __future__ import annotations

from typing import LiteralString

from api.readers import recall_statements, statements

_MESSAGES: LiteralString = """
    WITH messages AS NOT MATERIALIZED (
        SELECT tenant_id, conversation_id, message_id, user_id, speaker_name, role, text, occurred_at, deleted_at,
            removed, source_topic, source_partition, source_offset, search
        FROM messages_to_search
        WHERE tenant_id = %(tenant_id)s AND first_recorded_at <= %(known_at)s
            AND (text_recorded_at <= %(known_at)s OR deleted_at IS NOT NULL)
        UNION ALL
        SELECT now.tenant_id, now.conversation_id, now.message_id, now.user_id, now.speaker_name, now.role, former.text,
            now.occurred_at, now.deleted_at, now.removed, now.source_topic, now.source_partition, now.source_offset,
            to_tsvector('english'::regconfig, coalesce(now.speaker_name, '') || ' ' || coalesce(former.text, ''))
        FROM (
            SELECT DISTINCT ON (conversation_id, message_id) *
            FROM message_texts
            WHERE tenant_id = %(tenant_id)s AND text_recorded_at <= %(known_at)s
            ORDER BY conversation_id, message_id, text_recorded_at DESC
        ) AS former
        JOIN messages AS now USING (tenant_id, conversation_id, message_id)
        WHERE now.first_recorded_at <= %(known_at)s AND now.text_recorded_at > %(known_at)s AND now.deleted_at IS NULL
    )
"""
"""In place of the table: the messages that had been learned, with the texts they had; those deleted since without."""

QUESTION: LiteralString = _MESSAGES + recall_statements.QUESTION
TURNS: LiteralString = _MESSAGES + "," + recall_statements.TURNS
MATCHING_MESSAGES: LiteralString = _MESSAGES + recall_statements.LIKELIEST_OF + "messages" + recall_statements.LIKELIEST
SCOPE: LiteralString = _MESSAGES + recall_statements.SCOPE
HAVING: LiteralString = _MESSAGES + recall_statements.HAVING_OF + "messages" + recall_statements.HOLDING
SURROUNDINGS: LiteralString = _MESSAGES + "," + recall_statements.SURROUNDINGS
CONTEXT: LiteralString = _MESSAGES + recall_statements.CONTEXT
RECALLED_MESSAGES: LiteralString = _MESSAGES + recall_statements.RECALLED_MESSAGES

_NAMED: LiteralString = (
    "SELECT tenant_id, canonical, status, expired_to," + statements.VERSION_COLUMNS + "FROM memory_items"
)

NAMED_OF_USER: LiteralString = (
    _NAMED
    + """
    WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND NOT deleted
        AND (%(kind)s::text IS NULL OR kind = %(kind)s)
        AND (%(slot)s::text IS NULL OR slot = %(slot)s)
        AND (%(after_kind)s::text IS NULL
            OR (kind COLLATE "C", slot COLLATE "C") >= (%(after_kind)s::text, %(after_slot)s::text))
"""
)
"""What is remembered of a user now, whole slots at a time: what was known once is among it."""

NAMED_IN_SLOTS: LiteralString = (
    _NAMED
    + """
    JOIN unnest(%(user_ids)s::text[], %(kinds)s::text[], %(slots)s::text[]) AS wanted(user_id, kind, slot)
        USING (user_id, kind, slot)
    WHERE tenant_id = %(tenant_id)s AND NOT deleted
"""
)

SLOT_OF_ITEM: LiteralString = """
    SELECT user_id, kind, slot FROM memory_items
    WHERE tenant_id = %(tenant_id)s AND item_id = %(item_id)s AND NOT deleted
"""

LEARNED: LiteralString = """
    SELECT DISTINCT ON (item_id, conversation_id, message_id) *
    FROM evidence_versions
    WHERE tenant_id = %(tenant_id)s AND item_id = ANY(%(item_ids)s::uuid[])
        AND recorded_at <= %(known_at)s AND words <> 'erased' AND NOT (removed AND words = 'worn')
    ORDER BY item_id, conversation_id, message_id, generation DESC, version_offset DESC
"""
"""The evidence as it stood: of each assertion what had been learned of it last, be it that it holds no longer."""

MATCHING_SLOTS: LiteralString = """
    WITH said AS (
        SELECT item_id, max(ts_rank(search, %(matching)s::tsquery, 1)) AS rank
        FROM (
            SELECT tenant_id, user_id, item_id, kind, recorded_at, words, removed,
                to_tsvector('english'::regconfig, kind || ' ' || replace(slot, '_', ' ') || ' ' || value) AS search
            FROM evidence_versions_to_search
        ) AS told
        WHERE tenant_id = %(tenant_id)s AND words <> 'erased' AND NOT removed AND recorded_at <= %(known_at)s
            AND search @@ %(matching)s::tsquery
            AND (%(user_id)s::text IS NULL OR user_id = %(user_id)s)
            AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
        GROUP BY item_id
        ORDER BY rank DESC, item_id
        LIMIT %(most)s
    )
    SELECT user_id, kind, slot, array_agg(item_id) AS item_ids
    FROM said JOIN memory_items USING (item_id)
    WHERE tenant_id = %(tenant_id)s AND NOT deleted
    GROUP BY user_id, kind, slot
"""
"""The likeliest items, by whatever had been said of them, and the slots in which their state is decided."""

VECTORS: LiteralString = """
    SELECT number - 1 AS number, length(search) AS length, search::text AS vector
    FROM unnest(%(texts)s::text[], %(item_ids)s::uuid[]) WITH ORDINALITY AS item(text, item_id, number),
        LATERAL (SELECT to_tsvector('english'::regconfig, text) AS search) AS analysed
    WHERE search @@ %(matching)s::tsquery
    ORDER BY ts_rank(search, %(matching)s::tsquery, 1) DESC, item_id
    LIMIT %(most)s
"""
"""Which of the items match by what they were, the likeliest first."""
