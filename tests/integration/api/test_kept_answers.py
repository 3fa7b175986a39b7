"""Kept answers over real rows: whatever a sink lands ends them, in the transaction that lands it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from api.answers.cache import CachedRecall
from api.models.recall import RecallRequest
from api.readers.database import Database
from api.readers.landed import LandedReader
from api.readers.recall import RecallReader
from schemas.keys import join_key
from support.api_story import ACME, FAMILY, LATER, OTHER, TURNS, Landed, land, message
from topology.metrics import build
from topology.retention import RetentionPolicies
from topology.settings import Settings
from topology.topics import TopicName

pytestmark = pytest.mark.integration

REVISIONS: Iterator[int] = count(1_000)


class Asked:
    """Recall that keeps its answers, and how often it had to look."""

    def __init__(self, database: Database) -> None:
        self.meters = build("api")
        reader = RecallReader(database, RetentionPolicies())
        self.recall = CachedRecall(reader, LandedReader(database).mark, Settings(), self.meters)

    async def texts(self, query: str = "chess") -> list[str]:
        request = RecallRequest(query=query, conversation_id=FAMILY, kinds=["message"], asked_at=LATER)
        return [found.text for found in await self.recall.recall(ACME, request, LATER)]

    def told(self, result: str) -> float:
        return self.meters.registry.get_sample_value("alluvium_api_recall_cache_total", {"result": result}) or 0.0


def said(text: str | None) -> list[Landed]:
    """The fourth turn, with another text, or deleted."""
    revision = next(REVISIONS)
    words = message(ACME, 3, *TURNS[3])
    changed = replace(words, text=text, revision=revision, deleted_at=None if text else LATER)
    return [Landed(topic=TopicName.MESSAGES, key=join_key(ACME, FAMILY, "m-4"), value=changed)]


async def test_an_edit_and_a_deletion_are_seen_at_once(database: Database, database_url: str) -> None:
    asked = Asked(database)
    before = await asked.texts()
    assert await asked.texts() == before
    assert (asked.told("miss"), asked.told("hit")) == (1, 1)
    land(database_url, said("I gave up chess for good."), first_offset=next(REVISIONS))
    assert "I gave up chess for good." in await asked.texts()
    land(database_url, said(None), first_offset=next(REVISIONS))
    assert not any("chess" in text for text in await asked.texts())
    land(database_url, said(TURNS[3][2]), first_offset=next(REVISIONS))
    assert await asked.texts() == before
    assert asked.told("hit") == 1


async def test_what_lands_for_another_tenant_ends_it_too(database: Database, database_url: str) -> None:
    """The mark is coarse, on purpose: it can be too careful, and never too careless."""
    asked = Asked(database)
    await asked.texts()
    other = message(OTHER, 3, *TURNS[3], mark=" elsewhere")
    record = Landed(topic=TopicName.MESSAGES, key=join_key(OTHER, FAMILY, "m-4"), value=other)
    land(database_url, [record], first_offset=next(REVISIONS))
    await asked.texts()
    assert (asked.told("miss"), asked.told("hit")) == (2, 0)
