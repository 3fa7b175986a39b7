"""What the service is asked: questions by words that were said, in each scope. No two are the same, so none is cached.

Reads texts from the database that was filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import psycopg

from benchmarks.service.chatter import GROUPS, HEAVY, SMALL, Conversation, question
from benchmarks.service.filling import TENANT

SCOPES: Final = ("conversation", "user (heavy)", "user (small)", "tenant")
CONVERSATIONS_READ: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Conversations and what was said in them, by the group that speaks."""

    texts: dict[str, list[tuple[str, str]]]


def read(url: str, conversations: Sequence[Conversation], seed: int = 3) -> Said:
    """Texts of some conversations of each group that is there, with the conversation's id."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[str, str]]] = {}
    with psycopg.connect(url) as connection:
        for group in GROUPS:
            names = [one.name for one in conversations if one.group == group]
            some = [names[n] for n in rng.permutation(len(names))[:CONVERSATIONS_READ].tolist()]
            statement = "SELECT conversation_id, text FROM messages WHERE tenant_id = %s AND conversation_id = ANY(%s)"
            found[group] = connection.execute(statement + " ORDER BY 1, message_id", (TENANT, some)).fetchall()
    return Said(texts=found)


def bodies(said: Said, scope: str, count: int, seed: int) -> list[dict[str, Any]]:
    """So many requests in the scope."""
    rng = np.random.default_rng((seed, SCOPES.index(scope)))
    everywhere = [text for group in GROUPS for text in said.texts[group]]
    texts = {"user (heavy)": said.texts[HEAVY], "user (small)": said.texts[SMALL]}.get(scope, everywhere)
    found = []
    for number in rng.integers(0, len(texts), size=count).tolist():
        conversation, text = texts[number]
        narrowed = {
            "conversation": {"conversation_id": conversation},
            "user (heavy)": {"user_id": HEAVY},
            "user (small)": {"user_id": SMALL},
        }.get(scope, {})
        found.append({"query": question(rng, text), **narrowed})
    return found
