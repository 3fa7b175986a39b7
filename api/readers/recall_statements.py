"""The statements of a recall over messages, as constants; `known_statements` runs the same over what was known.

Each begins with the tenant.
"""

# ruff: noqa: S608 - constants are joined to constants; values are parameters

from __future__ import annotations

from typing import LiteralString

from api.readers.statements import LANDED_COLUMNS

_STANDING: LiteralString = "tenant_id = %(tenant_id)s AND deleted_at IS NULL AND NOT removed"

_SCOPE: LiteralString = (
    _STANDING
    + """
        AND (%(conversation_id)s::text IS NULL OR conversation_id = %(conversation_id)s)
        AND (%(user_id)s::text IS NULL OR conversation_id IN (
            SELECT said.conversation_id FROM messages AS said
            WHERE said.tenant_id = %(tenant_id)s AND said.user_id = %(user_id)s))
"""
)
"""Messages that may be recalled: of a conversation, of every conversation the user takes part in, or of the tenant."""

QUESTION: LiteralString = (
    """
    SELECT """
    + LANDED_COLUMNS
    + """,
        array(SELECT lexeme FROM unnest(to_tsvector('english', %(query)s)) ORDER BY positions[1]) AS lexemes,
        array(SELECT positions[1] FROM unnest(to_tsvector('english', %(query)s)) ORDER BY positions[1]) AS places,
        CASE WHEN %(counted)s THEN (SELECT count(*) FROM (SELECT FROM messages WHERE """
    + _SCOPE
    + """ LIMIT %(most)s) AS counted) END AS size
"""
)
"""What has landed, the words that are searched for, in their order, and where it is asked for, how many messages there
are, up to a limit."""

_SHOWN: LiteralString = """
    conversation_id, message_id, user_id, coalesce(speaker_name, '') AS speaker_name, role, occurred_at
"""
_READ: LiteralString = """
    conversation_id, message_id, user_id, speaker_name, role, occurred_at, tells_time, length,
    CASE WHEN hit THEN words::text ELSE '' END AS vector, place
"""
"""What a turn is read from: the fields of `api.readers.placing.TurnRow`, in their order."""

TURNS: LiteralString = (
    """
    dated AS (
        SELECT """
    + _SHOWN
    + """, search || CASE
            WHEN %(dated)s THEN to_tsvector('english', to_char(occurred_at AT TIME ZONE 'UTC', 'FMDD FMMonth YYYY'))
            ELSE ''::tsvector
        END AS words, %(when)s AND search @@ %(time_words)s::tsquery AS tells_time
        FROM messages
        WHERE """
    + _SCOPE
    + """
    ), turns AS (
        SELECT *, words @@ %(matching)s::tsquery AS hit,
            (conversation_id, message_id) IN (
                SELECT * FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[])) AS also
        FROM dated
    ), placed AS (
        SELECT *, length(words) AS length, row_number() OVER by_time AS place, avg(length(words)) OVER () AS average,
            bool_or(hit OR also) OVER (by_time ROWS BETWEEN %(reach)s PRECEDING AND %(reach)s FOLLOWING) AS near
        FROM turns
        WINDOW by_time AS (PARTITION BY conversation_id ORDER BY occurred_at, message_id)
    )
    SELECT """
    + _READ
    + """, average::float8
    FROM placed
    WHERE near
    ORDER BY conversation_id, place
"""
)
SCOPE_TURNS: LiteralString = "WITH" + TURNS
"""Of a scope that is read whole: the turns that match, those that are asked for by name, and those so near that they
may be lent score. Where a question names a date, the words of a turn's own date are words of the turn: so one that
shares no other word with it is found."""

LIKELIEST_OF: LiteralString = """
    SELECT conversation_id, message_id, length(search) AS length, search::text AS vector
    FROM """
LIKELIEST: LiteralString = (
    """
    WHERE search @@ %(matching)s::tsquery AND """
    + _SCOPE
    + """
    ORDER BY ts_rank(search, %(matching)s::tsquery, 1) DESC, conversation_id, message_id
    LIMIT %(most)s
"""
)
MATCHING_MESSAGES: LiteralString = LIKELIEST_OF + "messages_to_search" + LIKELIEST
"""Messages of a scope too wide to be read whole that hold any of the words, those first that PostgreSQL ranks first. A
statement that searches words asks the view that may use their index (migration 0006)."""

SCOPE: LiteralString = (
    "SELECT count(*) AS messages, coalesce(avg(length(search)), 0)::float8 AS average FROM messages WHERE " + _SCOPE
)

HAVING_OF: LiteralString = """
    SELECT number - 1 AS number, (
        SELECT count(*) FROM """
HOLDING: LiteralString = (
    """ WHERE search @@ word.quoted::tsquery AND """
    + _SCOPE
    + """
    ) AS messages
    FROM unnest(%(quoted)s::text[]) WITH ORDINALITY AS word(quoted, number)
"""
)
HAVING: LiteralString = HAVING_OF + "messages_to_search" + HOLDING
"""How many messages of the scope hold each of the words."""


def surroundings(more: LiteralString = "") -> LiteralString:
    """Candidates, by number, and around the first of them the turns that stand there, by how far before or after: of
    each what a turn is read from, `more` columns of its message, and the candidate's number. Goes on after WITH."""
    matched, read = _matched(more), "SELECT " + _READ + more + ", number FROM "
    return (
        """
        centre AS (
            SELECT number, conversation_id AS within, message_id AS named, occurred_at AS said_at, """
        + matched
        + """, 0 AS place
            FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[])
                WITH ORDINALITY AS wanted(conversation_id, message_id, number)
            JOIN messages USING (conversation_id, message_id)
            WHERE """
        + _STANDING
        + ") "
        + read
        + "centre UNION ALL "
        + read
        + _beside(matched, "-away", "<", "occurred_at DESC, message_id DESC")
        + " UNION ALL "
        + read
        + _beside(matched, "away", ">", "occurred_at, message_id")
    )


def _matched(more: LiteralString) -> LiteralString:
    return (
        _SHOWN
        + more
        + """, search AS words, length(search) AS length, search @@ %(matching)s::tsquery AS hit,
            %(when)s AND search @@ %(time_words)s::tsquery AS tells_time
        """
    )


def _beside(matched: LiteralString, place: LiteralString, than: LiteralString, order: LiteralString) -> LiteralString:
    """The turns on one side of the first candidates, the next to each first."""
    return (
        "(SELECT number, beside.*, "
        + place
        + """ AS place
        FROM (SELECT number, within, said_at, named FROM centre WHERE number <= %(around)s) AS centre, LATERAL (
            SELECT """
        + matched
        + """, row_number() OVER by_time AS away
            FROM messages
            WHERE conversation_id = centre.within AND """
        + _STANDING
        + " AND (occurred_at, message_id) "
        + than
        + " (centre.said_at, centre.named) WINDOW by_time AS (ORDER BY "
        + order
        + ") ORDER BY "
        + order
        + " LIMIT %(reach)s) AS beside) AS side"
    )


SURROUNDINGS: LiteralString = surroundings()
CANDIDATES_IN_PLACE: LiteralString = "WITH" + SURROUNDINGS

RECALLED_MESSAGES: LiteralString = (
    """
    SELECT conversation_id, message_id, user_id, speaker_name, role, text, occurred_at, source_topic, source_partition,
        source_offset
    FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[]) AS wanted(conversation_id, message_id)
    JOIN messages USING (conversation_id, message_id)
    WHERE """
    + _STANDING
)

_TURN: LiteralString = "message_id, user_id, speaker_name, role, coalesce(text, '') AS text, occurred_at"

CONTEXT: LiteralString = (
    """
    SELECT wanted.number::int AS number, wanted.conversation_id, beside.*
    FROM unnest(%(conversation_ids)s::text[], %(message_ids)s::text[])
        WITH ORDINALITY AS wanted(conversation_id, message_id, number)
    JOIN (SELECT conversation_id, message_id, occurred_at FROM messages WHERE tenant_id = %(tenant_id)s) AS centre
        USING (conversation_id, message_id)
    CROSS JOIN LATERAL (
        (SELECT (-row_number() OVER (ORDER BY occurred_at DESC, message_id DESC))::int AS distance, """
    + _TURN
    + """
        FROM messages
        WHERE conversation_id = centre.conversation_id AND """
    + _STANDING
    + """
            AND (occurred_at, message_id) < (centre.occurred_at, centre.message_id)
        ORDER BY occurred_at DESC, message_id DESC
        LIMIT %(reach)s)
        UNION ALL
        (SELECT (row_number() OVER (ORDER BY occurred_at, message_id))::int AS distance, """
    + _TURN
    + """
        FROM messages
        WHERE conversation_id = centre.conversation_id AND """
    + _STANDING
    + """
            AND (occurred_at, message_id) > (centre.occurred_at, centre.message_id)
        ORDER BY occurred_at, message_id
        LIMIT %(reach)s)
    ) AS beside
    ORDER BY wanted.number, beside.distance
"""
)
"""The turns around messages that are shown."""
