"""Messages written as a sink writes them, what is sealed of them, and what a search over all of them must tell.

The judge reads `messages` alone: it knows of no blocks and no tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any, Final, TypeAlias

import psycopg

from api.ranking.candidates import Cut
from api.readers.database import Database
from api.readers.index.scoring import Words
from api.readers.index.wide import WideCandidates, WideIndex, WideScope
from schemas.ids import TenantId

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

NOON: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
VOCABULARY: Final = (
    "harbour",
    "o'clock",
    "back\\slash",
    "river",
    "chess",
    "violin",
    "tomato",
    "winter",
    "https://a.b/c",
)
EVERYTHING: Final = Cut(most=100_000, shown=100_000)
"""More candidates than a test has messages."""

_ADD: Final = """
    INSERT INTO messages (tenant_id, conversation_id, message_id, user_id, speaker_name, role, text, occurred_at,
        remember, recalled, attributes, redactions, recorded_at, revision, removed, generation, version_offset,
        source_topic, source_partition, source_offset)
    SELECT %(tenant)s, conversation_id, message_id, user_id, initcap(user_id), 'USER', text,
        %(at)s + minute * interval '1 minute', true, false, '{}', '{}', %(at)s, 1, false, 1, 1, 'e', 0, 0
    FROM unnest(%(conversations)s::text[], %(names)s::text[], %(users)s::text[], %(texts)s::text[], %(minutes)s::int[])
        AS said (conversation_id, message_id, user_id, text, minute)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    conversation: str
    name: str
    user: str
    text: str
    minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Somebody's random words in some conversations."""

    random: Random
    numbers: count[int] = field(default_factory=count)

    def one(self) -> Said:
        number = next(self.numbers)
        conversation = f"c{self.random.randrange(4)}"
        user = f"u{self.random.randrange(3)}" if conversation != "c0" else "u0"
        return Said(
            conversation=conversation,
            name=f"m{number}",
            user=user,
            text=self.text(),
            minute=self.random.randrange(5_000),
        )

    def text(self) -> str:
        return " ".join(self.random.choices(VOCABULARY, k=self.random.randrange(1, 12)))

    def several(self, number: int) -> list[Said]:
        return [self.one() for _ in range(number)]


def add(connection: Connection, tenant: str, said: Sequence[Said]) -> None:
    """One statement, as a sink's."""
    connection.execute(
        _ADD,
        {
            "tenant": tenant,
            "at": NOON,
            "conversations": [one.conversation for one in said],
            "names": [one.name for one in said],
            "users": [one.user for one in said],
            "texts": [one.text for one in said],
            "minutes": [one.minute for one in said],
        },
    )


_WHICH: Final = " WHERE tenant_id = %s AND (conversation_id, message_id) = (%s, %s)"


def edit(connection: Connection, tenant: str, said: Said, text: str) -> None:
    connection.execute("UPDATE messages SET text = %s" + _WHICH, (text, tenant, said.conversation, said.name))


def delete(connection: Connection, tenant: str, said: Said) -> None:
    """As the row of a deleted message is: its words are gone, who spoke is known."""
    changed = "UPDATE messages SET text = NULL, deleted_at = now()"
    connection.execute(changed + _WHICH, (tenant, said.conversation, said.name))


def remove(connection: Connection, tenant: str, said: Said) -> None:
    """As the row of a tombstone is: only its key is left."""
    changed = "UPDATE messages SET removed = true, text = NULL, user_id = NULL, speaker_name = NULL, occurred_at = NULL"
    connection.execute(changed + _WHICH, (tenant, said.conversation, said.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Of a scope, by its messages alone."""

    count: int
    average_length: float
    having: tuple[int, ...]
    matching: frozenset[tuple[str, str]]


def truth(connection: Connection, scope: WideScope, lexemes: Sequence[str]) -> Truth:
    rows = connection.execute(
        """
        SELECT conversation_id, message_id, tsvector_to_array(search) FROM messages
        WHERE tenant_id = %(tenant)s AND deleted_at IS NULL AND NOT removed
            AND (%(conversation)s::text IS NULL OR conversation_id = %(conversation)s)
            AND (%(user)s::text IS NULL OR conversation_id IN (
                SELECT conversation_id FROM messages WHERE tenant_id = %(tenant)s AND user_id = %(user)s))
        """,
        {"tenant": scope.tenant_id, "conversation": scope.conversation_id, "user": scope.user_id},
    ).fetchall()
    return Truth(
        count=len(rows),
        average_length=sum(len(words) for *_, words in rows) / len(rows) if rows else 0.0,
        having=tuple(sum(lexeme in words for *_, words in rows) for lexeme in lexemes),
        matching=frozenset((c, m) for c, m, words in rows if not set(lexemes).isdisjoint(words)),
    )


def standing(connection: Connection, tenant: str) -> set[tuple[str, str]]:
    found = connection.execute(
        "SELECT conversation_id, message_id FROM messages WHERE tenant_id = %s AND deleted_at IS NULL AND NOT removed",
        (tenant,),
    )
    return {(conversation, message) for conversation, message in found}


def words_of(connection: Connection, *texts: str) -> Words:
    """The words of a question, each in one form."""
    found = connection.execute("SELECT lexeme FROM unnest(to_tsvector('english', %s))", (" ".join(texts),))
    lexemes = [lexeme for (lexeme,) in found]
    return Words(lexemes=lexemes, word=list(range(len(lexemes))), weights=[1.0] * len(lexemes))


async def candidates(
    database: Database, index: WideIndex, scope: WideScope, words: Words, cut: Cut = EVERYTHING
) -> WideCandidates:
    async with database.read(scope.tenant_id) as rows:
        return await index.candidates(rows, scope, words, cut)


def scopes(tenant: str) -> list[WideScope]:
    """Every kind of scope that somebody of `Speech` has, and some that are empty."""
    of = TenantId(tenant)
    return [
        WideScope(tenant_id=of),
        *(WideScope(tenant_id=of, user_id=user) for user in ("u0", "u2", "nobody")),
        *(WideScope(tenant_id=of, conversation_id=conversation) for conversation in ("c0", "c3", "nowhere")),
        WideScope(tenant_id=of, conversation_id="c1", user_id="u1"),
    ]


async def assert_exact(connection: Connection, database: Database, index: WideIndex, tenant: str) -> None:
    """Every scope has its true statistics, finds all that matches, and nothing that does not stand in it."""
    there = standing(connection, tenant)
    for scope in scopes(tenant):
        words = words_of(connection, "harbour o'clock", "back\\slash https://a.b/c u1")
        found, true = await candidates(database, index, scope, words), truth(connection, scope, words.lexemes)
        told = found.statistics
        assert (told.count, told.having) == (true.count, true.having), scope
        assert abs(told.average_length - true.average_length) < 1e-6, scope
        assert true.matching <= set(found.keys) <= there, scope
        assert len(set(found.keys)) == len(found.keys), scope


def sealed_words(connection: Connection, tenant: str) -> set[str]:
    """Every lexeme that a block of the tenant holds."""
    found = connection.execute("SELECT DISTINCT lexeme FROM search_postings WHERE tenant_id = %s", (tenant,))
    return {lexeme for (lexeme,) in found}
