"""A context over real rows: what is told of whom, as of when, and that all of it can be traced over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.readers.context import ContextReader, Wanted
from api.readers.database import Database
from api.readers.items import ItemReader
from api.readers.people import PeopleReader
from api.readers.recall import RecallReader
from schemas.ids import TenantId
from support.api_fakes import KEY, world
from support.api_story import ACME, FAMILY, LATER, OTHER, START
from support.contexts import Judge, Place
from topology.retention import RetentionPolicies

pytestmark = pytest.mark.integration


@asynccontextmanager
async def client(database: Database, tenant: str = ACME) -> AsyncIterator[httpx.AsyncClient]:
    """An application of its own over the rows, and a client with a key to the tenant."""
    w, retention = world(), RetentionPolicies()
    w.keys.add(tenant=tenant)
    deps = replace(
        w.dependencies(),
        items=ItemReader(database, retention),
        people=PeopleReader(database),
        recall=RecallReader(database, retention),
        surroundings=ContextReader(database, retention),
    )
    transport = httpx.ASGITransport(create_app(w.settings(), deps))
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers) as found:
        yield found


async def told(database: Database, tenant: str = ACME, **asked: Any) -> list[str]:
    async with client(database, tenant) as asking:
        answer = await asking.post("/v1/context", json={"user_id": "ana"} | asked)
    return [line for line in str(answer.json()["context"]).splitlines() if line.startswith("- ")]


async def test_what_is_known_of_the_user_what_answers_and_what_was_said_last(database: Database) -> None:
    found = await told(database, query="Does anybody play chess?", conversation_id="nowhere")
    assert found[0] == "- home city: Porto (since 2024-05-17)"
    assert "- 2024-05-17 09:03 Rui: I still play chess on Sundays." in found[1:], "with the turns around it"
    cut = await told(database, query="Does anybody play chess?", conversation_id="nowhere", max_tokens=80)
    assert cut[-1] == "- 2024-05-17 09:03 Rui: I still play chess on Sundays.", "which fall first"
    turns = await told(database, conversation_id=FAMILY, max_tokens=150)
    assert turns[-1] == "- 2024-05-17 09:05 Rui: Nothing to add here."
    assert turns[1:] == sorted(turns[1:]), "by time"
    assert all(" Ana: " in line for line in (await told(database))[1:]), "without a conversation: the user's own words"


async def test_a_context_of_then_holds_what_had_been_said_by_then(database: Database) -> None:
    then = (START + timedelta(minutes=2, seconds=30)).isoformat()
    found = await told(database, conversation_id=FAMILY, query="chess cats flat", asked_at=then)
    assert [line[19:] for line in found if line.startswith("- 2024")] == [
        "Ana: We finally left Lisbon and moved to Porto.",
        "Rui: How do you like the new flat?",
        "Ana: It is small, but the balcony looks over the river.",
    ]
    before = (START - timedelta(days=1)).isoformat()
    assert await told(database, conversation_id=FAMILY, asked_at=before) == ["- home city: Lisbon (since 2022-06-17)"]


async def test_tenants_are_told_their_own(database: Database) -> None:
    mine = await told(database, query="Porto", conversation_id=FAMILY)
    theirs = await told(database, OTHER, query="Porto", conversation_id=FAMILY)
    assert mine
    assert not any("elsewhere" in line for line in mine)
    assert len(theirs) == len(mine)
    assert all("elsewhere" in line for line in theirs)
    assert await told(database, user_id="nobody", query="Porto") == []


async def test_fewer_are_read_than_there_are(database: Database) -> None:
    wanted = Wanted(user_id="ana", conversation_id=FAMILY, asked_at=None, most_items=0, most_turns=2)
    around = await ContextReader(database, RetentionPolicies()).around(TenantId(ACME), wanted, LATER)
    assert [said.message_id for said in around.recent] == ["m-6", "m-5"]
    assert (around.profile, around.items) == ([], [])


async def test_random_contexts_keep_their_promises(database: Database) -> None:
    """What `make eval-context` does to a whole stack, to a small story."""
    place = Place(
        users=("ana", "rui", "nobody"),
        conversations=(FAMILY, "nowhere"),
        words=("Porto", "flat", "river", "chess", "sister", "cats", "balcony", "Lisbon"),
        times=[START + timedelta(minutes=n) for n in (-5_000, 0, 2, 100)],
    )
    rng = Random(5)
    async with client(database) as one, client(database) as another:
        judge = Judge(client=one)
        for _ in range(25):
            question = place.question(rng)
            answer = await judge.ask(question)
            assert await judge.faults(question, answer) == []
            assert (await Judge(client=another).ask(question))["context"] == answer["context"]
