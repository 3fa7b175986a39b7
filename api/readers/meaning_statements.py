"""What is asked of the vectors of messages, as constants.

A vector counts while it is of the text that the message has: one of before an edit belongs to nobody, and waits to be
replaced.
"""

# ruff: noqa: S608 - constants are joined to constants; values are parameters

from __future__ import annotations

from typing import Final, LiteralString

from api.readers.recall_statements import surroundings

SERVING: Final[LiteralString] = "SELECT name FROM embedding_models WHERE state = 'serving'"

BEHIND: Final[LiteralString] = """
    SELECT coalesce(sum(greatest(0, ahead.next_offset - coalesce(mine.next_offset, 0))), 0)::bigint AS messages
    FROM embedding_models AS model
    JOIN sink_offsets AS ahead ON ahead.sink = %(ahead)s AND ahead.topic = %(topic)s
    LEFT JOIN sink_offsets AS mine
        ON mine.sink = %(prefix)s || model.name AND mine.topic = ahead.topic AND mine.partition = ahead.partition
    WHERE model.state = 'serving'
"""
"""Offsets of messages that PostgreSQL has, and the sink of the model that serves has not read."""

OF_CONVERSATION: Final[LiteralString] = """
    SELECT m.conversation_id, m.message_id, v.message_id IS NULL AS missing,
        1 - (v.vector <=> %(vector)s::halfvec) AS nearness
    FROM messages AS m
    LEFT JOIN message_vectors AS v
        ON v.model = %(model)s AND v.tenant_id = m.tenant_id AND v.conversation_id = m.conversation_id
        AND v.message_id = m.message_id AND v.generation = m.generation AND v.version_offset = m.version_offset
    WHERE m.tenant_id = %(tenant_id)s AND m.conversation_id = %(conversation_id)s AND m.text IS NOT NULL
"""
"""Exact, of every message of a conversation; one without a vector has none, and no nearness."""

OF_MESSAGES: Final[LiteralString] = """
    SELECT m.conversation_id, m.message_id, v.message_id IS NULL AS missing,
        1 - (v.vector <=> %(vector)s::halfvec) AS nearness
    FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[]) AS wanted (conversation_id, message_id)
    JOIN messages AS m
        ON m.tenant_id = %(tenant_id)s AND m.conversation_id = wanted.conversation_id
        AND m.message_id = wanted.message_id
    LEFT JOIN message_vectors AS v
        ON v.model = %(model)s AND v.tenant_id = m.tenant_id AND v.conversation_id = m.conversation_id
        AND v.message_id = m.message_id AND v.generation = m.generation AND v.version_offset = m.version_offset
    WHERE m.text IS NOT NULL
"""
"""The same, of messages by their keys."""

CANDIDATES_IN_PLACE: Final[LiteralString] = (
    """
    SELECT found.conversation_id, found.message_id, user_id, speaker_name, role, occurred_at, tells_time, length,
        found.vector, place, number, v.message_id IS NULL AS missing, 1 - (v.vector <=> %(vector)s::halfvec) AS nearness
    FROM (WITH
    """
    + surroundings(", generation, version_offset")
    + """) AS found
    LEFT JOIN message_vectors AS v
        ON v.model = CASE WHEN found.vector <> '' THEN %(model)s END AND v.tenant_id = %(tenant_id)s
        AND v.conversation_id = found.conversation_id AND v.message_id = found.message_id
        AND v.generation = found.generation AND v.version_offset = found.version_offset
    """
)
"""Those of `recall_statements`, with whether the vector of one that matches is missing, and how near it is. Of another
no model's vector is looked for: a condition beside the key would be asked after it had been read."""

_OF_USER: Final[LiteralString] = """
    SELECT conversation_id FROM search_participants WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s
"""
_OF_MODEL: Final[LiteralString] = """
    WHERE model = %(model)s AND tenant_id = %(tenant_id)s AND vector IS NOT NULL
        AND (%(conversation_id)s::text IS NULL OR conversation_id = %(conversation_id)s)
        AND (%(user_id)s::text IS NULL OR conversation_id """
_BY_CONVERSATION: Final[LiteralString] = _OF_MODEL + "= ANY (ARRAY(" + _OF_USER + ")))"
"""An array is looked for in the index of keys: only the vectors of the user's conversations are read."""
_BY_ROW: Final[LiteralString] = _OF_MODEL + "IN (" + _OF_USER + "))"
"""Below OR, IN stays a question to be asked of each row, answered from a hash; it would be a join else, and sorted."""

VECTORS: Final[LiteralString] = (
    "SELECT count(*) AS vectors FROM (SELECT 1 FROM message_vectors" + _BY_CONVERSATION + "LIMIT %(most)s) AS counted"
)

_OF_NOW: Final[LiteralString] = """
    SELECT near.conversation_id, near.message_id, near.nearness
    FROM near
    JOIN messages AS m
        ON m.tenant_id = %(tenant_id)s AND m.conversation_id = near.conversation_id AND m.message_id = near.message_id
        AND m.generation = near.generation AND m.version_offset = near.version_offset
    WHERE m.text IS NOT NULL
"""

_NEAREST: Final[LiteralString] = """
    WITH near AS MATERIALIZED (
        SELECT conversation_id, message_id, generation, version_offset,
            1 - (vector <=> %(vector)s::halfvec) AS nearness
        FROM message_vectors
    """
_MOST: Final[LiteralString] = " LIMIT %(most)s )" + _OF_NOW

NEAREST: Final[LiteralString] = _NEAREST + _BY_ROW + "ORDER BY vector <=> %(vector)s::halfvec" + _MOST
"""By the index, after `BY_INDEX`."""

NEAREST_EXACTLY: Final[LiteralString] = (
    _NEAREST + _BY_CONVERSATION + "ORDER BY (vector <=> %(vector)s::halfvec) + 0" + _MOST
)
"""All compared. No index has a sum: the planner may not take the one of vectors, whose nearest may all be another's."""

BY_INDEX: Final[LiteralString] = """
    SET LOCAL enable_sort = off;
    SET LOCAL enable_seqscan = off;
    SET LOCAL enable_bitmapscan = off;
    SET LOCAL work_mem = '64MB';
    SET LOCAL hnsw.ef_search = %(ef_search)s;
    SET LOCAL hnsw.iterative_scan = relaxed_order;
    SET LOCAL hnsw.max_scan_tuples = %(max_scan_tuples)s;
"""
"""The planner knows neither how few rows are wanted nor what sorting a million vectors costs. In so much memory the
conversations of a user who is in hundreds of thousands are a hash; else all are gone through for each row."""

AS_USUAL: Final[LiteralString] = """
    SET LOCAL enable_sort = on;
    SET LOCAL enable_seqscan = on;
    SET LOCAL enable_bitmapscan = on;
    SET LOCAL work_mem TO DEFAULT
"""

NEAREST_BY_INDEX: Final[LiteralString] = BY_INDEX + NEAREST + ";" + AS_USUAL
"""As one script, with its values in it: a plan for all values compares every vector."""
