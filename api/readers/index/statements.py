"""What is asked of the blocks and the tail, as constants. Each begins with the tenant; one snapshot holds for all."""

from __future__ import annotations

from typing import Final, LiteralString

KEPT: Final[LiteralString] = """
    SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
        array_agg(block ORDER BY block), array_agg(gone ORDER BY block)
    FROM search_blocks WHERE tenant_id = %(tenant_id)s
"""
"""One row: how new the snapshot is, which blocks there are and how many of each are gone. Does not look at the tail,
which may be long."""

STATE: Final[LiteralString] = """
    WITH kept AS (
        SELECT array_agg(block ORDER BY block) AS blocks, array_agg(gone ORDER BY block) AS gone
        FROM search_blocks WHERE tenant_id = %(tenant_id)s
    ), hiding AS (
        SELECT array_agg(conversation_id ORDER BY conversation_id, message_id) AS conversation_ids,
            array_agg(message_id ORDER BY conversation_id, message_id) AS message_ids
        FROM search_tail WHERE tenant_id = %(tenant_id)s AND hides > 0
    ), scope AS (
        SELECT array_agg(conversation_id) AS conversation_ids
        FROM search_participants
        WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s
            AND (%(conversation_id)s::text IS NULL OR conversation_id = %(conversation_id)s)
    ), unsealed AS (
        SELECT tail.conversation_id, tail.message_id, said.length, said.hit,
            CASE WHEN said.hit THEN said.search::text END AS vector
        FROM search_tail AS tail
        CROSS JOIN LATERAL (
            SELECT search, length(search) AS length, search @@ %(matching)s::tsquery AS hit
            FROM messages
            WHERE messages.tenant_id = tail.tenant_id AND messages.conversation_id = tail.conversation_id
                AND messages.message_id = tail.message_id AND deleted_at IS NULL AND NOT removed
            OFFSET 0
        ) AS said
        WHERE tail.tenant_id = %(tenant_id)s
            AND (%(conversation_id)s::text IS NULL OR tail.conversation_id = %(conversation_id)s)
            AND (%(user_id)s::text IS NULL OR EXISTS (
                SELECT FROM search_participants AS taking_part
                WHERE taking_part.tenant_id = %(tenant_id)s AND taking_part.user_id = %(user_id)s
                    AND taking_part.conversation_id = tail.conversation_id))
    ), told AS (
        SELECT array_agg(DISTINCT conversation_id) AS talking, count(*) AS unsealed,
            coalesce(sum(length), 0) AS lengths_unsealed,
            array_agg(conversation_id ORDER BY conversation_id, message_id) FILTER (WHERE hit) AS conversations,
            array_agg(message_id ORDER BY conversation_id, message_id) FILTER (WHERE hit) AS messages,
            array_agg(length ORDER BY conversation_id, message_id) FILTER (WHERE hit) AS lengths,
            array_agg(vector ORDER BY conversation_id, message_id) FILTER (WHERE hit) AS vectors
        FROM unsealed
    )
    SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, kept.blocks, kept.gone,
        hiding.conversation_ids, hiding.message_ids, scope.conversation_ids,
        told.talking, told.unsealed, told.lengths_unsealed::bigint, told.conversations, told.messages,
        told.lengths, told.vectors
    FROM kept, hiding, scope, told
"""
"""One row: how new the snapshot is, which blocks there are and how many of each are gone, what the tail hides, where
the user takes part, and the messages of the tail in the scope: of which conversations they are, how many, how long, and
those that match."""

BLOCKS: Final[LiteralString] = """
    SELECT block, documents, dead, conversations, conversation, lengths, times, hashes, names, name_ends
    FROM search_blocks
    WHERE tenant_id = %(tenant_id)s AND block = ANY(%(blocks)s::bigint[])
"""

DEAD: Final[LiteralString] = """
    SELECT block, dead FROM search_blocks
    WHERE tenant_id = %(tenant_id)s AND block = ANY(%(blocks)s::bigint[])
"""

POSTINGS: Final[LiteralString] = """
    SELECT block, lexeme, documents, packed FROM search_postings
    WHERE tenant_id = %(tenant_id)s AND block = ANY(%(blocks)s::bigint[]) AND lexeme = ANY(%(lexemes)s::text[])
    ORDER BY block
"""
