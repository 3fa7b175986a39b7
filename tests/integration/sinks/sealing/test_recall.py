"""Recall over sealed messages answers as recall does that reads them all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from api.models.recall import RecallRequest
from api.ranking.asked import Asked
from api.ranking.candidates import Cut
from api.readers import turns
from api.readers.candidates import CandidateSource, Likely, MatchingMessages, Scope
from api.readers.database import Database, Rows
from api.readers.index.source import SealedMessages
from api.readers.index.wide import WideIndex, WideScope
from api.readers.recall import RecallReader
from schemas.ids import TenantId
from sinks.postgres.sealing.steps import Sealing
from support import sealed
from support.sealed import NOON, Connection, Said, Speech
from topology.metrics import build
from topology.retention import RetentionPolicies

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("small")]

QUESTIONS = ("Who sees the river from the harbour?", "chess o'clock", "Did U1 play the violin in winter?", "a tomato")


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """No conversation is so short that it is read whole."""
    monkeypatch.setattr(turns, "WHOLE_TURNS", 3)


async def answers(database: Database, source: CandidateSource, tenant: TenantId) -> list[list[tuple[str, float]]]:
    reader, told = RecallReader(database, RetentionPolicies(), source=source), []
    for query in QUESTIONS:
        for scope in ({}, {"user_id": "u0"}, {"user_id": "u2"}, {"conversation_id": "c1"}):
            request = RecallRequest(query=query, limit=20, **scope)
            found = await reader.recall(tenant, request, NOON + timedelta(days=9))
            told.append([(f"{one.conversation_id}/{one.id}", round(one.score, 4)) for one in found])
    return told


class Stale(MatchingMessages):
    """Names messages that are gone."""

    async def likeliest(self, rows: Rows, scope: Scope, asked: Asked, cut: Cut) -> Likely:
        found = await super().likeliest(rows, scope, asked, cut)
        return replace(found, keys=[("c1", "nobody"), ("c1", "gone"), ("c1", "removed"), *found.keys])


@pytest.mark.usefixtures("wide")
async def test_candidates_that_are_gone_are_passed_over(connection: Connection, database: Database) -> None:
    tenant = TenantId("stale")
    said = [Said(conversation="c1", name=name, user="u1", text="chess", minute=1) for name in ("gone", "removed", "m")]
    sealed.add(connection, tenant, said)
    sealed.delete(connection, tenant, said[0])
    sealed.remove(connection, tenant, said[1])
    reader = RecallReader(database, RetentionPolicies(), source=Stale())
    found = await reader.recall(tenant, RecallRequest(query="chess"), NOON + timedelta(days=9))
    assert [one.id for one in found] == ["m"]


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("rounds", [1, 4])
async def test_the_same_answers_sealed_or_not(
    sealing: Sealing, connection: Connection, database: Database, rounds: int
) -> None:
    """Sealed at once, neighbours are those of a block; in several rounds they are spread over blocks and the tail."""
    tenant, speech = TenantId(f"recalled-{rounds}"), Speech(random=Random(11))
    source = SealedMessages(database=database, index=WideIndex(most_bytes=1_000_000), meters=build("api"))
    for number in range(rounds):
        new = speech.several(36 // rounds)
        sealed.add(connection, tenant, new)
        while sealing.step(tenant):
            pass
        if number:
            sealed.edit(connection, tenant, new[0], "chess by the river")
            sealed.delete(connection, tenant, new[1])
    if rounds > 1:
        sealed.add(connection, tenant, speech.several(3))
    placed = await sealed.candidates(
        database, source.index, WideScope(tenant_id=tenant), sealed.words_of(connection, "river chess tomato")
    )
    assert bool(placed.places) == (rounds == 1)
    found = await answers(database, source, tenant)
    assert found == await answers(database, MatchingMessages(), tenant)
    assert any(found)
