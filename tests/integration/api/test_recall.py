"""Recall over real rows: what is found, in which scope, as of when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.models.recall import RecallRequest, RecallResult
from api.readers import recall
from api.readers.database import Database
from schemas.ids import TenantId
from support.api_story import ACME, ANA, FAMILY, LATER, OTHER, PORTO, RECORDED, START
from topology.retention import RetentionPolicies

pytestmark = pytest.mark.integration


async def ask(database: Database, query: str, tenant: TenantId = ACME, **narrowed: Any) -> list[RecallResult]:
    return await recall.RecallReader(database, RetentionPolicies()).recall(
        tenant, RecallRequest(query=query, **narrowed), LATER
    )


def ids(results: list[RecallResult]) -> list[str]:
    return [result.id for result in results]


async def test_the_turn_that_answers_comes_first_and_shows_where_it_stands(database: Database) -> None:
    best, *_ = await ask(database, "Does anybody play chess?", conversation_id=FAMILY)
    assert (best.kind, best.id, best.message_ids) == ("message", "m-4", ["m-4"])
    assert (best.user_id, best.conversation_id, best.role) == ("rui", "family", "user")
    assert best.position is not None
    assert best.position.offset == 3


async def test_a_reply_is_found_by_the_question_before_it(database: Database) -> None:
    found = await ask(database, "How is the flat?", conversation_id=FAMILY)
    assert ids(found)[0] == "m-2"
    assert "m-3" in ids(found)[:3]


async def test_a_turn_is_found_by_its_date(database: Database) -> None:
    assert len(await ask(database, "What happened on 17 May 2024?", conversation_id=FAMILY, kinds=["message"])) == 6
    assert await ask(database, "What happened in June 1999?", conversation_id=FAMILY) == []


async def test_an_item_answers_with_its_words(database: Database) -> None:
    found = await ask(database, "Porto", conversation_id=FAMILY)
    item = next(result for result in found if result.kind == "item")
    assert (item.id, item.text, item.status, item.message_ids) == (PORTO, "home city: Porto", "active", ["m-1"])
    assert [source.quote for source in item.evidence] == ["Porto"]


@pytest.mark.parametrize("scope", [{"conversation_id": FAMILY}, {"user_id": ANA}, {}])
async def test_every_scope_stays_in_its_tenant(database: Database, scope: dict[str, Any]) -> None:
    mine = await ask(database, "Porto", **scope)
    theirs = await ask(database, "Porto", OTHER, **scope)
    assert mine
    assert all("elsewhere" not in result.text for result in mine)
    assert theirs
    assert all("elsewhere" in result.text for result in theirs)


async def test_a_user_s_scope_holds_the_conversations_the_user_takes_part_in(database: Database) -> None:
    assert "m-4" in ids(await ask(database, "chess", user_id=ANA))
    assert await ask(database, "chess", user_id="nobody") == []
    assert await ask(database, "chess", user_id="nobody", conversation_id=FAMILY) == []


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (["message"], {"message"}),
        (["item"], {"item"}),
        (["fact"], {"item"}),
        (["event"], set()),
        (None, {"message", "item"}),
    ],
)
async def test_kinds(database: Database, kinds: list[str] | None, found: set[str]) -> None:
    assert {r.kind for r in await ask(database, "Porto", conversation_id=FAMILY, kinds=kinds)} == found


async def test_items_as_of_a_time(database: Database) -> None:
    async def items(**when: Any) -> set[str | None]:
        found = await ask(database, "home city Lisbon Porto", user_id=ANA, kinds=["item"], **when)
        return {result.value for result in found}

    assert await items() == {"Porto"}
    assert await items(valid_at=START - timedelta(days=1)) == {"Lisbon"}
    assert await items(known_at=RECORDED) == {"Lisbon"}
    assert await items(known_at=LATER) == {"Porto"}


async def test_nothing_was_known_before_it_was_recorded(database: Database) -> None:
    assert await ask(database, "chess Porto", conversation_id=FAMILY, known_at=RECORDED - timedelta(seconds=1)) == []
    assert "m-4" in ids(await ask(database, "chess", conversation_id=FAMILY, known_at=RECORDED))


@pytest.mark.parametrize(
    "query",
    ["the of and", "?!", "''' \\ | & ! <-> :*", "a'b\\c | d", "https://example.org/?a=1&b='x'", "\U0001f600", "ação"],
)
async def test_no_query_is_syntax(database: Database, query: str) -> None:
    for scope in ({"conversation_id": FAMILY}, {"user_id": ANA}, {}):
        assert isinstance(await ask(database, query, **scope), list)


async def test_the_limit_is_kept(database: Database) -> None:
    assert len(await ask(database, "Porto flat river chess sister", conversation_id=FAMILY, limit=2)) == 2


async def test_a_long_conversation_is_still_searched(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "WHOLE_TURNS", 2)
    assert ids(await ask(database, "chess", conversation_id=FAMILY)) == ["m-4"]
