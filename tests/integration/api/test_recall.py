"""Recall over real rows: what is found, in which scope, as of when."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from api.models.recall import RecallRequest, RecallResult
from api.ranking.asked import Asked, Term
from api.ranking.candidates import Cut
from api.ranking.words import EMPTY, OTHER_FORMS, TIME_WORDS
from api.readers import recall, recall_statements, turns
from api.readers.candidates import AS_KNOWN, Likely, MatchingMessages, Scope
from api.readers.database import Database, Rows
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


async def test_a_wide_scope_ranks_as_a_conversation_does(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates with those around them and the scope's statistics, against all turns of the only conversation."""
    queries = (
        "How is the flat?",
        "Does Rui play chess?",
        "When did we move to Porto?",
        "two cats of my sister",
        "river",
    )
    whole = [await ask(database, query, conversation_id=FAMILY, limit=50) for query in queries]
    monkeypatch.setattr(turns, "WHOLE_TURNS", 2)
    for scope in ({"conversation_id": FAMILY}, {"user_id": ANA}, {}):
        wide = [await ask(database, query, limit=50, **scope) for query in queries]
        for mine, theirs in zip(wide, whole, strict=True):
            assert ids(mine) == ids(theirs)
            assert [r.score for r in mine] == pytest.approx([r.score for r in theirs])


async def test_every_score_is_explained(database: Database) -> None:
    for query in ("Where did Ana move, and when?", "Did I play chess in May 2024?"):
        found = await ask(database, query, conversation_id=FAMILY)
        assert found
        for result in found:
            assert sum(part.score for part in result.explanation) == pytest.approx(result.score)


async def test_the_turns_around_a_message_come_with_it(database: Database) -> None:
    for known_at in (None, RECORDED):
        best, *_ = await ask(database, "chess", conversation_id=FAMILY, neighbours=2, known_at=known_at)
        assert [(turn.distance, turn.message_id) for turn in best.context] == [
            (-2, "m-2"),
            (-1, "m-3"),
            (1, "m-5"),
            (2, "m-6"),
        ]
    assert (best.context[0].speaker_name, best.context[0].role) == ("Rui", "user")
    assert (await ask(database, "chess", conversation_id=FAMILY))[0].context == []


async def test_statistics_are_those_of_the_scope(database: Database) -> None:
    """Of ana's conversations and of what was known, not of the tenant or of what has been learnt since."""
    one = Asked(terms=(Term(lexemes=("chess",)),))
    async with database.read(ACME) as rows:
        nobody = await MatchingMessages().likeliest(
            rows, Scope(tenant_id=ACME, user_id="nobody"), one, Cut(most=9, shown=9)
        )
        ana = await MatchingMessages().likeliest(rows, Scope(tenant_id=ACME, user_id=ANA), one, Cut(most=9, shown=9))
        before = Scope(tenant_id=ACME, user_id=ANA, known_at=RECORDED - timedelta(seconds=1))
        unknown = await AS_KNOWN.likeliest(rows, before, one, Cut(most=9, shown=9))
    assert (nobody.keys, nobody.corpus.count, nobody.corpus.having) == ([], 0, {"chess": 0})
    assert (ana.keys, ana.corpus.count, ana.corpus.having) == ([(FAMILY, "m-4")], 6, {"chess": 1})
    assert (unknown.keys, unknown.corpus.count) == ([], 0)


def test_the_words_of_the_ranking_are_as_postgresql_stems_them(database_url: str) -> None:
    listed = sorted({*OTHER_FORMS, *TIME_WORDS, *EMPTY})
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT word, (ts_lexize('english_stem', word))[1] FROM unnest(%s::text[]) AS word", [listed]
        ).fetchall()
    # The stem of `choose`; a stem need not be its own.
    assert {word: stem for word, stem in found if stem != word} == {"choos": "choo"}


def test_surroundings_are_read_by_index(database_url: str) -> None:
    asked = {"tenant_id": ACME, "conversation_ids": [FAMILY], "message_ids": ["m-4"], "around": 1, "reach": 2}
    words = {"when": False, "time_words": "'may'", "matching": "'chess'"}
    with psycopg.connect(database_url) as connection:
        connection.execute("SET enable_seqscan = off")
        explained = connection.execute("EXPLAIN " + recall_statements.CANDIDATES_IN_PLACE, asked | words).fetchall()
    plan = "\n".join(line for (line,) in explained)
    assert plan.count("messages_by_time") >= 2, plan
    assert plan.count("ROW(occurred_at, message_id)") == 2, plan
    assert "Seq Scan on messages" not in plan, plan


class Waiting:
    """A `CandidateSource` that notes who has come, and holds everyone until `go`."""

    def __init__(self) -> None:
        self.come: list[str] = []
        self.go = asyncio.Event()

    async def prepare(self, tenant_id: TenantId) -> None:
        """Nothing is shared."""

    async def likeliest(self, rows: Rows, scope: Scope, asked: Asked, cut: Cut) -> Likely:
        self.come.append(asked.terms[0].name)
        await self.go.wait()
        return await MatchingMessages().likeliest(rows, scope, asked, cut)


async def test_so_many_questions_are_worked_on_and_the_next_waits_its_turn(database: Database) -> None:
    source = Waiting()
    reader = recall.RecallReader(database, RetentionPolicies(), source=source)
    words = ["chess", "cat", "flat", "porto"]
    asked = [asyncio.create_task(reader.recall(ACME, RecallRequest(query=word), LATER)) for word in words]
    while len(source.come) < 2:
        await asyncio.sleep(0.01)
    known = await reader.recall(ACME, RecallRequest(query="chess", known_at=LATER), LATER)
    await asyncio.sleep(0.1)
    assert set(source.come) == set(words[: recall.AT_ONCE])
    assert ids(known)[0] == "m-4", "it waits for nobody"
    source.go.set()
    answers = await asyncio.gather(*asked)
    assert set(source.come) == set(words)
    assert ids(answers[0])[0] == "m-4"
