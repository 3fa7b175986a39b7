"""Every statement of the sealer, as constants. All but the two about work begin with a tenant.

Whoever moves a message between tail and blocks holds the tenant's advisory lock, and of the tail the rows it moves.
"""

from __future__ import annotations

from typing import Final, LiteralString

COLLECT: Final[LiteralString] = """
    WITH taken AS (DELETE FROM search_changes RETURNING tenant_id, messages, urgent)
    INSERT INTO search_work AS kept (tenant_id, unsealed, urgent)
    SELECT tenant_id, sum(messages), sum(urgent) FROM taken GROUP BY tenant_id ORDER BY tenant_id
    ON CONFLICT (tenant_id)
        DO UPDATE SET unsealed = kept.unsealed + excluded.unsealed, urgent = kept.urgent + excluded.urgent
"""
"""Counts what sinks have left to do: costs what has happened since, however many tenants there are."""

DUE: Final[LiteralString] = """
    SELECT tenant_id FROM search_work WHERE urgent > 0 OR unsealed >= 1000 ORDER BY tenant_id
"""
"""By the index `search_work_due`; 1,000 is SEAL_AT."""

TENANTS: Final[LiteralString] = """
    SELECT tenant_id FROM search_work
    WHERE %(tenant_id)s::text IS NULL OR tenant_id = %(tenant_id)s
    ORDER BY tenant_id
"""

LOCK: Final[LiteralString] = "SELECT pg_try_advisory_xact_lock(hashtextextended('search ' || %(tenant_id)s, 0))"

WAIT: Final[LiteralString] = "SELECT true FROM pg_advisory_xact_lock(hashtextextended('search ' || %(tenant_id)s, 0))"
"""The same lock, waited for."""

BEGIN: Final[LiteralString] = "UPDATE search_work SET unsealed = 0, urgent = 0 WHERE tenant_id = %(tenant_id)s"
"""What is collected from here on waits for the end of the step, and is added to what that leaves."""

LOOK: Final[LiteralString] = """
    SELECT
        (SELECT count(*) FROM (
            SELECT FROM search_tail WHERE tenant_id = %(tenant_id)s LIMIT %(most)s) AS unsealed),
        EXISTS (SELECT FROM search_tail WHERE tenant_id = %(tenant_id)s AND hides > 0),
        EXISTS (SELECT FROM search_tail WHERE tenant_id = %(tenant_id)s AND hides = 2)
"""

END: Final[LiteralString] = """
    UPDATE search_work SET unsealed = %(unsealed)s, urgent = %(urgent)s WHERE tenant_id = %(tenant_id)s
"""

TAKE_UNSEALED: Final[LiteralString] = """
    SELECT conversation_id, message_id FROM search_tail
    WHERE tenant_id = %(tenant_id)s AND hides = 0
    ORDER BY conversation_id, message_id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
"""
TAKE_HIDING: Final[LiteralString] = """
    SELECT conversation_id, message_id FROM search_tail
    WHERE tenant_id = %(tenant_id)s AND hides > 0
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
"""

DOCUMENTS: Final[LiteralString] = """
    SELECT conversation_id, message_id, (extract(epoch FROM occurred_at) * 1000000)::bigint AS micros,
        length(search) AS length, search::text AS vector
    FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[]) AS wanted (conversation_id, message_id)
    CROSS JOIN LATERAL (
        SELECT occurred_at, search FROM messages AS said
        WHERE said.tenant_id = %(tenant_id)s AND said.conversation_id = wanted.conversation_id
            AND said.message_id = wanted.message_id AND said.deleted_at IS NULL AND NOT said.removed
        OFFSET 0
    ) AS standing
    ORDER BY conversation_id, occurred_at, message_id
"""

UNTAIL: Final[LiteralString] = """
    DELETE FROM search_tail AS kept
    USING unnest(%(conversation_ids)s::text[], %(message_ids)s::text[]) AS taken (conversation_id, message_id)
    WHERE kept.tenant_id = %(tenant_id)s AND kept.conversation_id = taken.conversation_id
        AND kept.message_id = taken.message_id
"""

UNHIDE: Final[LiteralString] = """
    UPDATE search_tail AS kept SET hides = 0
    FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[]) AS taken (conversation_id, message_id)
    WHERE kept.tenant_id = %(tenant_id)s AND kept.conversation_id = taken.conversation_id
        AND kept.message_id = taken.message_id
"""

ADD_BLOCK: Final[LiteralString] = """
    INSERT INTO search_blocks (tenant_id, documents, gone, dead, conversations, conversation, lengths, times, hashes,
        names, name_ends)
    VALUES (%(tenant_id)s, %(documents)s, 0, %(dead)b, %(conversations)s, %(conversation)b, %(lengths)b, %(times)b,
        %(hashes)b, %(names)b, %(name_ends)b)
    RETURNING block
"""

COPY_POSTINGS: Final[LiteralString] = """
    COPY search_postings (tenant_id, block, lexeme, documents, packed) FROM STDIN (FORMAT BINARY)
"""

BLOCKS: Final[LiteralString] = """
    SELECT block, documents, gone FROM search_blocks WHERE tenant_id = %(tenant_id)s ORDER BY block
"""

HASHES: Final[LiteralString] = """
    SELECT block, documents, dead, hashes FROM search_blocks WHERE tenant_id = %(tenant_id)s ORDER BY block
"""

KEYS: Final[LiteralString] = """
    SELECT conversations, conversation, names, name_ends, dead FROM search_blocks
    WHERE tenant_id = %(tenant_id)s AND block = ANY(%(blocks)s::bigint[])
    ORDER BY block
"""

POSTINGS: Final[LiteralString] = """
    SELECT lexeme, documents, packed FROM search_postings
    WHERE tenant_id = %(tenant_id)s AND block = %(block)s
"""

REPLACE_POSTINGS: Final[LiteralString] = """
    UPDATE search_postings AS kept SET documents = rest.documents, packed = rest.packed
    FROM unnest(%(lexemes)s::text[], %(documents)s::int[], %(packed)b::bytea[]) AS rest (lexeme, documents, packed)
    WHERE kept.tenant_id = %(tenant_id)s AND kept.block = %(block)s AND kept.lexeme = rest.lexeme
"""

DROP_POSTINGS: Final[LiteralString] = """
    DELETE FROM search_postings
    WHERE tenant_id = %(tenant_id)s AND block = %(block)s AND lexeme = ANY(%(lexemes)s::text[])
"""

BURY: Final[LiteralString] = """
    UPDATE search_blocks SET dead = %(dead)b, gone = %(gone)s WHERE tenant_id = %(tenant_id)s AND block = %(block)s
"""

DROP_BLOCKS: Final[LiteralString] = """
    WITH dropped AS (
        DELETE FROM search_postings WHERE tenant_id = %(tenant_id)s AND block = ANY(%(blocks)s::bigint[])
    )
    DELETE FROM search_blocks WHERE tenant_id = %(tenant_id)s AND block = ANY(%(blocks)s::bigint[])
"""

STANDING: Final[LiteralString] = """
    SELECT conversation_id, message_id FROM messages
    WHERE tenant_id = %(tenant_id)s AND deleted_at IS NULL AND NOT removed
        AND (conversation_id, message_id) > (%(conversation_id)s, %(message_id)s)
    ORDER BY conversation_id, message_id
    LIMIT %(most)s
"""

ADD_MISSING: Final[LiteralString] = """
    INSERT INTO search_tail AS kept (tenant_id, conversation_id, message_id, hides)
    SELECT %(tenant_id)s, conversation_id, message_id, 0
    FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[]) AS missing (conversation_id, message_id)
    ON CONFLICT (tenant_id, conversation_id, message_id) DO NOTHING
"""

VACUUM: Final[LiteralString] = "VACUUM search_tail"
