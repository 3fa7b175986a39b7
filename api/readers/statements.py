"""Every statement the readers run, as constants: the only SQL of the service besides its keys, `known_statements` and
`context_statements`.

Each begins with the tenant: no question is ever asked across tenants, but the one that finds out whose a key is.
"""

# ruff: noqa: S608 - constants are joined to constants; values are parameters

from __future__ import annotations

from typing import LiteralString

KEY: LiteralString = """
    SELECT key_id, tenant_id, name, scopes, rate_limited
    FROM find_key(%(key_hmac)s)
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""

READY: LiteralString = "SELECT count(*) AS keys FROM (SELECT 1 FROM api_keys LIMIT 1) AS known"

SERVING: LiteralString = "SELECT number, direct FROM serving_generation"

LANDED_COLUMNS: LiteralString = """
    (SELECT concat_ws(
        '/', (SELECT number FROM serving_generation), count(*), sum(next_offset), sum(next_offset * partition)
    ) FROM sink_offsets) AS landed,
    (SELECT name FROM embedding_models WHERE state = 'serving') AS model
"""
"""Offsets only move forward, so their sum tells whether any of them has moved."""

LANDED: LiteralString = "SELECT " + LANDED_COLUMNS

OUTCOMES: LiteralString = """
    SELECT source_topic, source_partition, source_offset, status, reasons, item_ids
    FROM outcomes
    WHERE tenant_id = %(tenant_id)s AND event_id = %(event_id)s
    ORDER BY recorded_at DESC, source_offset DESC
    LIMIT 100
"""

COMMAND_EVIDENCE: LiteralString = """
    SELECT source_topic, source_partition, source_offset, array_agg(item_id) AS item_ids
    FROM evidence
    WHERE tenant_id = %(tenant_id)s AND conversation_id = '' AND message_id = %(command_id)s AND NOT removed
    GROUP BY source_topic, source_partition, source_offset
    LIMIT 1
"""

COUNTED_FROM: LiteralString = "greatest(last_occurred_at, due_from, due_to, valid_from, valid_to)"
"""Where the lifetime of an item begins, as `topology.retention.counted_from` has it."""

STATUS: LiteralString = (
    """CASE
        WHEN status NOT IN ('retracted', 'expired') AND """
    + COUNTED_FROM
    + """ <= CASE retention_level
            WHEN 'working' THEN %(over_working)s::timestamptz
            WHEN 'short' THEN %(over_short)s::timestamptz
            WHEN 'long' THEN %(over_long)s::timestamptz
            WHEN 'permanent' THEN %(over_permanent)s::timestamptz
        END THEN 'expired'
        ELSE status
    END"""
)
"""An item's status at the moment that the parameters `over_...` were made for (`api.readers.lifetimes`)."""

VERSION_COLUMNS: LiteralString = """
    item_id, user_id, kind, slot, qualifier, value, confidence, validity, valid_from, valid_to, granularity,
    due_from, due_to, superseded_by, evidence_count, first_occurred_at, last_occurred_at, retention_level, extractor,
    recorded_at, cause_topic, cause_partition, cause_offset, explicit
"""

ITEM_COLUMNS: LiteralString = VERSION_COLUMNS + ", " + STATUS + " AS status\n"

_OF_USER: LiteralString = (
    """
    WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND NOT deleted
        AND (%(kind)s::text IS NULL OR kind = %(kind)s)
        AND (%(slot)s::text IS NULL OR slot = %(slot)s)
        AND (%(status)s::text IS NULL OR """
    + STATUS
    + """ = %(status)s)
        AND (%(valid_at)s::timestamptz IS NULL OR validity @> %(valid_at)s::timestamptz)
        AND (%(after_kind)s::text IS NULL
            OR (kind, slot, item_id) > (%(after_kind)s, %(after_slot)s, %(after_item)s::uuid))
    ORDER BY kind, slot, item_id
    LIMIT %(limit)s
"""
)

ITEMS: LiteralString = "SELECT" + ITEM_COLUMNS + "FROM memory_items" + _OF_USER

ITEM: LiteralString = (
    "SELECT"
    + ITEM_COLUMNS
    + "FROM memory_items WHERE tenant_id = %(tenant_id)s AND item_id = %(item_id)s AND NOT deleted"
)

ITEM_VERSIONS: LiteralString = (
    "SELECT"
    + VERSION_COLUMNS
    + """, status, generation, version_offset
    FROM memory_item_versions
    WHERE tenant_id = %(tenant_id)s AND item_id = %(item_id)s AND NOT deleted
        AND (generation, version_offset) > (%(generation)s, %(version_offset)s)
    ORDER BY generation, version_offset
    LIMIT %(limit)s
"""
)

EVIDENCE_OF_ITEMS: LiteralString = """
    SELECT e.*
    FROM unnest(%(item_ids)s::uuid[]) AS wanted(item_id)
    CROSS JOIN LATERAL (
        SELECT item_id, nullif(conversation_id, '') AS conversation_id, message_id, source_topic AS topic,
            source_partition AS partition, source_offset AS "offset", "start", "end", quote, tense, rule, occurred_at
        FROM evidence
        WHERE tenant_id = %(tenant_id)s AND evidence.item_id = wanted.item_id AND NOT removed
            AND (%(conversation_id)s::text IS NULL OR conversation_id = %(conversation_id)s)
        ORDER BY occurred_at DESC, conversation_id, message_id
        LIMIT %(limit)s
    ) AS e
"""

PROFILE: LiteralString = """
    SELECT slots, top, preferences, tasks, events, active_items, recorded_at, generation, version_offset
    FROM profiles
    WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND NOT removed
"""

MESSAGES: LiteralString = """
    SELECT message_id, user_id, speaker_name, role, text, occurred_at, timezone, reply_to, language, remember, recalled,
        attributes, redactions, edited_at, deleted_at, recorded_at, source_topic, source_partition, source_offset
    FROM messages
    WHERE tenant_id = %(tenant_id)s AND conversation_id = %(conversation_id)s AND NOT removed
        AND (%(after_time)s::timestamptz IS NULL
            OR (occurred_at, message_id) > (%(after_time)s::timestamptz, %(after_message)s::text))
    ORDER BY occurred_at, message_id
    LIMIT %(limit)s
"""

USERS: LiteralString = """
    SELECT user_id, (array_agg(speaker_name ORDER BY occurred_at DESC))[1] AS speaker_name, count(*) AS messages,
        count(DISTINCT conversation_id) AS conversations, min(occurred_at) AS first_occurred_at,
        max(occurred_at) AS last_occurred_at
    FROM messages
    WHERE tenant_id = %(tenant_id)s AND NOT removed AND (%(after)s::text IS NULL OR user_id > %(after)s)
    GROUP BY user_id
    ORDER BY user_id
    LIMIT %(limit)s
"""

CONVERSATIONS: LiteralString = """
    SELECT conversation_id, count(*) AS messages, count(DISTINCT user_id) AS users,
        min(occurred_at) AS first_occurred_at, max(occurred_at) AS last_occurred_at
    FROM messages
    WHERE tenant_id = %(tenant_id)s AND NOT removed
        AND (%(after)s::text IS NULL OR conversation_id > %(after)s)
    GROUP BY conversation_id
    ORDER BY conversation_id
    LIMIT %(limit)s
"""

_MATCHING: LiteralString = """
    WITH matching AS MATERIALIZED (
        SELECT item_id AS matching_id, search
        FROM memory_items_to_search AS memory_items
        WHERE tenant_id = %(tenant_id)s AND search @@ %(matching)s::tsquery AND NOT deleted
            AND (%(user_id)s::text IS NULL OR user_id = %(user_id)s)
            AND (%(kinds)s::text[] IS NULL OR kind = ANY(%(kinds)s))
            AND (%(conversation_id)s::text IS NULL OR EXISTS (
                SELECT FROM evidence
                WHERE evidence.tenant_id = %(tenant_id)s AND evidence.item_id = memory_items.item_id
                    AND evidence.conversation_id = %(conversation_id)s AND NOT evidence.removed))
    )
    SELECT length(matching.search) AS length, matching.search::text AS vector,
"""
"""Materialized, since PostgreSQL would make one table of the two, and look at every item: behind the wall between
tenants no index finds words (migration 0006)."""

_HELD: LiteralString = (
    """
    WHERE CASE
        WHEN %(valid_at)s::timestamptz IS NULL THEN """
    + STATUS
    + """ = 'active'
        ELSE validity @> %(valid_at)s::timestamptz AND """
    + STATUS
    + """ NOT IN ('retracted', 'expired')
    END
    ORDER BY ts_rank(matching.search, %(matching)s::tsquery, 1) DESC, matching_id
    LIMIT %(most)s
"""
)

MATCHING_ITEMS: LiteralString = (
    _MATCHING
    + ITEM_COLUMNS
    + """
    FROM matching
    JOIN (SELECT * FROM memory_items WHERE tenant_id = %(tenant_id)s) AS now ON now.item_id = matching_id"""
    + _HELD
)
