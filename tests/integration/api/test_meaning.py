"""Recall with meaning over real rows: fused where vectors are there, and said where they are not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any, ClassVar, LiteralString

import psycopg
import pytest

from api.models.recall import RecallAnswer, RecallRequest
from api.ranking.asked import Asked
from api.ranking.candidates import Cut
from api.readers import meaning, meaning_statements, turns
from api.readers.candidates import Likely, MatchingMessages, Scope
from api.readers.database import Database, Rows
from api.readers.meaning import Asker
from api.readers.recall import RecallReader
from benchmarks.service import vectors as synthetic
from schemas.ids import ConversationId, UserId
from schemas.keys import join_key
from sinks.embeddings.hashing import Hashing
from sinks.embeddings.models import Models
from sinks.embeddings.ports import Embedder, Vectors
from sinks.embeddings.writer import VectorSink
from sinks.ports import Batch, Partition, SinkRecord
from support.api_story import ACME, ANA, FAMILY, LATER, OTHER, TURNS, Landed, land, message, story
from topology.errors import Retryable
from topology.retention import RetentionPolicies
from topology.topics import TopicName

pytestmark = pytest.mark.integration

HERE = Partition(topic=TopicName.MESSAGES, number=0)
ELSEWHERE = Partition(topic=TopicName.OUTCOMES, number=98)


class Broken(Hashing):
    def embed(self, texts: Sequence[str]) -> Vectors:
        raise RuntimeError("out of memory")


@pytest.fixture
def models(database_url: str) -> Iterator[Models]:
    models = Models(url=database_url)
    models.create(Hashing.name)
    yield models
    for one in sorted(models.every(), key=lambda one: one.state == "serving"):
        models.drop(one.name)


@pytest.fixture
async def told() -> list[str]:
    return []


@pytest.fixture
async def asker(database: Database, told: list[str]) -> AsyncIterator[Asker]:
    asker = Asker(database, report=told.append)
    yield asker
    asker.close()


def embed(url: str, *names: str, offset: int | None = None) -> None:
    """Land the vectors of these messages of both tenants; at another offset than the rows', where one is given."""
    landed = [one for tenant in (ACME, OTHER) for one in story(tenant, "" if tenant == ACME else " elsewhere")]
    land_vectors(
        url,
        [one for one in landed if one.topic == TopicName.MESSAGES and one.key.rsplit("/", 1)[1] in names],
        offset,
    )


def land_vectors(url: str, messages: Sequence[Landed], offset: int | None = None) -> None:
    sink = VectorSink(url, sink="embeddings-under-test", embedder=Hashing())
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT tenant_id || '/' || conversation_id || '/' || message_id, version_offset FROM messages"
        )
        versions: dict[str, int] = dict(found.fetchall())
    records = [
        SinkRecord(
            partition=HERE,
            offset=versions[one.key] if offset is None else offset,
            timestamp=LATER,
            key=one.key,
            value=one.value,
        )
        for one in messages
    ]
    at = sink.start([ELSEWHERE])[ELSEWHERE]
    sink.write(Batch(records=tuple(records), progress={ELSEWHERE: at + 1}))
    sink.stop()


ALL = [name for name, *_ in TURNS]


async def ask(database: Database, asker: Asker | None, query: str, tenant: Any = ACME, **narrowed: Any) -> RecallAnswer:
    reader = RecallReader(database, RetentionPolicies(), meaning=asker)
    return await reader.ask(tenant, RecallRequest(query=query, **narrowed), LATER)


def ids(answer: RecallAnswer) -> list[str]:
    return [result.id for result in answer.results if result.kind == "message"]


SCOPES: list[dict[str, Any]] = [{"conversation_id": FAMILY}, {"user_id": ANA}, {}]


@pytest.mark.parametrize("scope", SCOPES)
async def test_what_shares_no_word_is_found_by_its_meaning(
    database: Database, database_url: str, models: Models, asker: Asker, scope: dict[str, Any]
) -> None:
    """Of `hashing@1` that is spelling: `chessboards` has no stem in common with `chess`."""
    embed(database_url, *ALL)
    assert "m-4" not in ids(await ask(database, None, "chessboards", **scope))
    answer = await ask(database, asker, "chessboards", **scope)
    assert ids(answer)[0] == "m-4"
    assert answer.semantic is not None
    assert (answer.semantic.model, answer.semantic.used, answer.semantic.missing) == ("hashing@1", True, 0)
    parts = {part.kind: part.score for part in answer.results[0].explanation}
    assert parts["meaning"] > 0
    assert sum(parts.values()) == pytest.approx(answer.results[0].score)


@pytest.mark.parametrize("scope", SCOPES)
async def test_no_vector_of_another_tenant_is_met(
    database: Database, database_url: str, models: Models, asker: Asker, scope: dict[str, Any]
) -> None:
    embed(database_url, *ALL)
    theirs = await ask(database, asker, "chessboards", OTHER, **scope)
    assert ids(theirs)[0] == "m-4"
    assert all("elsewhere" in result.text for result in theirs.results)


@pytest.mark.parametrize("scope", SCOPES)
async def test_what_has_no_vector_yet_is_ranked_by_its_words_and_counted(
    database: Database, database_url: str, models: Models, asker: Asker, scope: dict[str, Any]
) -> None:
    embed(database_url, "m-1", "m-2", "m-5", "m-6")
    answer = await ask(database, asker, "Does anybody play chess?", **scope)
    assert ids(answer)[0] == "m-4"
    assert answer.semantic is not None
    assert answer.semantic.used
    assert answer.semantic.missing in (1, 2)  # m-4, and m-3 where it is among its neighbours


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_vector_of_a_former_text_stands_for_nothing(
    database: Database, database_url: str, models: Models, asker: Asker, scope: dict[str, Any]
) -> None:
    embed(database_url, *ALL, offset=100_000)
    answer = await ask(database, asker, "chessboards", **scope)
    assert "m-4" not in ids(answer)


async def test_without_a_model_words_decide_and_it_is_said(database: Database, asker: Asker, told: list[str]) -> None:
    answer = await ask(database, asker, "chess", conversation_id=FAMILY)
    assert ids(answer)[0] == "m-4"
    assert answer.semantic is not None
    assert (answer.semantic.used, answer.semantic.reason, told) == (False, "no_model", ["no_model"])


async def test_a_model_that_fails_is_said_and_counted_and_never_an_error(
    database: Database, models: Models, told: list[str]
) -> None:
    def load(_: str) -> Embedder:
        return Broken()

    asker = Asker(database, report=told.append, load=load)
    answer = await ask(database, asker, "chess", conversation_id=FAMILY)
    asker.close()
    assert ids(answer)[0] == "m-4"
    assert answer.semantic is not None
    assert (answer.semantic.used, answer.semantic.reason, told) == (False, "failed", ["failed"])


async def test_a_model_that_takes_too_long_is_not_waited_for(
    database: Database, models: Models, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meaning, "EMBED_SECONDS", 0.0)
    asker = Asker(database, report=told.append)
    answer = await ask(database, asker, "chess", conversation_id=FAMILY)
    asker.close()
    assert ids(answer)[0] == "m-4"
    assert told == ["busy"]


async def test_a_question_that_fails_does_not_wait_for_its_vector(
    database: Database, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Waiting(Broken):
        def embed(self, texts: Sequence[str]) -> Vectors:
            begun.set()
            told.wait(30)
            return super().embed(texts)

    async def fails(*_: object, **__: object) -> None:
        await asyncio.to_thread(begun.wait, 30)
        raise Retryable("PostgreSQL is away", retry_after_seconds=1.0)

    begun, told = threading.Event(), threading.Event()
    monkeypatch.setattr(turns, "likely", fails)
    monkeypatch.setattr(meaning, "EMBED_SECONDS", 30.0)
    asker = Asker(database, load=lambda _: Waiting())
    asker.load(Hashing.name)
    with pytest.raises(Retryable):
        await asyncio.wait_for(ask(database, asker, "chess", conversation_id=FAMILY), 10)
    told.set()
    asker.close()


async def test_who_has_to_wait_for_other_questions_or_for_the_model_waits_without_a_connection(
    database: Database, models: Models
) -> None:
    class Slow(Hashing):
        def embed(self, texts: Sequence[str]) -> Vectors:
            time.sleep(0.2)
            return super().embed(texts)

    asker = Asker(database, load=lambda _: Slow())
    request = RecallRequest(query="chess", conversation_id=FAMILY)
    async with asker.asking(request) as first:
        assert first.done(), "it had to be loaded"
    async with asker.asking(request.model_copy(update={"query": "tea"})) as second:
        assert not second.done()
        await asyncio.sleep(0.05)
        async with asker.asking(request.model_copy(update={"query": "go"})) as third:
            assert third.done()
            assert second.done()
    asker.close()


@pytest.mark.parametrize(
    ("narrowed", "reason"),
    [({"known_at": LATER - timedelta(hours=1)}, "known_at"), ({"kinds": ["item"]}, "no_messages")],
)
async def test_where_meaning_has_no_say_it_is_said(
    database: Database, database_url: str, models: Models, asker: Asker, narrowed: dict[str, Any], reason: str
) -> None:
    embed(database_url, *ALL)
    answer = await ask(database, asker, "Porto", conversation_id=FAMILY, **narrowed)
    assert answer.results
    assert answer.semantic is not None
    assert (answer.semantic.used, answer.semantic.reason) == (False, reason)


async def test_answers_move_to_another_model_when_it_serves(
    database: Database, database_url: str, models: Models, told: list[str]
) -> None:
    embed(database_url, *ALL)
    models.create("minilm@1")
    now = [0.0]
    asker = Asker(database, report=told.append, load=lambda _: Hashing(), clock=lambda: now[0])
    before = await ask(database, asker, "chessboards", conversation_id=FAMILY)
    models.serve("minilm@1")
    now[0] += 2 * meaning.KNOWN_SECONDS
    after = await ask(database, asker, "chess", conversation_id=FAMILY)
    asker.close()
    assert before.semantic is not None
    assert after.semantic is not None
    assert (before.semantic.model, after.semantic.model) == ("hashing@1", "minilm@1")
    assert (ids(after)[0], after.semantic.missing) == ("m-4", 5)


async def test_a_question_asked_again_is_not_embedded_again(
    database: Database, database_url: str, models: Models, told: list[str]
) -> None:
    embed(database_url, *ALL)
    loads: list[str] = []

    def load(name: str) -> Embedder:
        loads.append(name)
        return Hashing() if len(loads) == 1 else Broken()

    asker = Asker(database, report=told.append, load=load)
    first = await ask(database, asker, "chessboards", conversation_id=FAMILY)
    asker.load("hashing@1")
    again = await ask(database, asker, "chessboards", conversation_id=FAMILY)
    asker.close()
    assert (first, told) == (again, ["used", "used"])


async def test_a_wide_scope_is_read_off_the_index_and_finds_what_is_nearest(
    database: Database, database_url: str, models: Models, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(database_url, *ALL)
    monkeypatch.setattr(meaning, "EXACTLY", 2)
    for scope in ({"user_id": ANA}, {}):
        assert ids(await ask(database, asker, "chessboards", **scope))[0] == "m-4"
    asked = {
        "model": "hashing@1",
        "tenant_id": ACME,
        "most": 60,
        "conversation_id": None,
        "user_id": ANA,
        "vector": text_of("chess"),
    }
    async with database.read(ACME) as rows:
        await rows.script(meaning_statements.BY_INDEX, {"ef_search": 100, "max_scan_tuples": 20_000})
        plan = await explained(rows, meaning_statements.NEAREST, asked)
    assert "message_vectors_hashing_1_nearest" in plan, plan
    assert "Sort" not in plan, plan


async def test_the_nearest_by_the_index_are_the_nearest_and_the_transaction_is_as_before(
    database: Database, database_url: str, models: Models, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(database_url, *ALL)
    monkeypatch.setattr(meaning, "EXACTLY", 2)
    asked = {"model": "hashing@1", "tenant_id": ACME, "most": 4, "vector": text_of("chess")}
    searched = {"ef_search": 100, "max_scan_tuples": 20_000}
    for user_id, conversation_id in product((None, ANA), (None, FAMILY)):
        within = {**asked, "user_id": user_id, "conversation_id": conversation_id}
        async with database.read(ACME, settled=True) as rows:
            by_index = await rows.script(meaning_statements.NEAREST_BY_INDEX, {**within, **searched})
            settings = await rows.packed(SETTINGS, {})
            exactly = await rows.packed(meaning_statements.NEAREST_EXACTLY, within)
        assert {row[:2] for row in by_index} == {row[:2] for row in exactly}
        assert {row[1]: row[2] for row in by_index} == pytest.approx({row[1]: row[2] for row in exactly})
        assert settings == [("on", "on", "on", "force_generic_plan")]
    monkeypatch.setattr(meaning, "NEAREST", 4)
    monkeypatch.setattr(meaning_statements, "NEAREST_EXACTLY", "SELECT 1 / 0")
    for scope in SCOPES[1:]:
        assert ids(await ask(database, asker, "chessboards", limit=4, **scope))[0] == "m-4"


SETTINGS: LiteralString = """
    SELECT current_setting('enable_sort'), current_setting('enable_seqscan'), current_setting('enable_bitmapscan'),
        current_setting('plan_cache_mode')
"""


@pytest.mark.parametrize("scope", SCOPES[1:])
async def test_in_a_wide_scope_nearness_is_read_with_the_candidates(
    database: Database,
    database_url: str,
    models: Models,
    asker: Asker,
    monkeypatch: pytest.MonkeyPatch,
    scope: dict[str, Any],
) -> None:
    embed(database_url, *(name for name in ALL if name != "m-4"))
    missed = await ask(database, asker, "chess", **scope)
    monkeypatch.setattr(meaning_statements, "OF_MESSAGES", "SELECT 1 / 0")
    assert await ask(database, asker, "chess", **scope) == missed
    assert missed.semantic is not None
    assert missed.semantic.missing == 1


@pytest.mark.parametrize("exactly", [2, meaning.EXACTLY])
async def test_of_a_long_conversation_only_the_nearest_are_read(
    database: Database,
    database_url: str,
    models: Models,
    asker: Asker,
    monkeypatch: pytest.MonkeyPatch,
    exactly: int,
) -> None:
    embed(database_url, *ALL)
    monkeypatch.setattr(turns, "WHOLE_TURNS", 2)
    monkeypatch.setattr(meaning, "EXACTLY", exactly)
    monkeypatch.setattr(meaning_statements, "OF_CONVERSATION", "SELECT 1 / 0")
    assert ids(await ask(database, asker, "chessboards", conversation_id=FAMILY))[0] == "m-4"


@pytest.fixture
def apart(database_url: str, models: Models) -> Iterator[str]:
    """The id of a message in a conversation that ANA takes no part in; nothing is nearer to `chessboards`."""
    embed(database_url, *ALL)
    said = message(ACME, 99, "m-apart", UserId("u-cleo"), "Chessboards!")
    said = replace(said, conversation_id=ConversationId("c-apart"))
    landed = Landed(topic=TopicName.MESSAGES, key=join_key(ACME, "c-apart", "m-apart"), value=said)
    land(database_url, [landed], first_offset=1_000)
    land_vectors(database_url, [landed])
    yield "m-apart"
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM messages WHERE message_id = 'm-apart'")


@pytest.mark.parametrize("by_index", [False, True])
async def test_nothing_is_near_that_is_not_in_the_scope(
    database: Database, asker: Asker, apart: str, monkeypatch: pytest.MonkeyPatch, *, by_index: bool
) -> None:
    monkeypatch.setattr(turns, "WHOLE_TURNS", 2)
    assert not ids(await ask(database, asker, "chessboards", limit=4, user_id="nobody"))
    if by_index:
        monkeypatch.setattr(meaning, "EXACTLY", 0)
        monkeypatch.setattr(meaning, "NEAREST", 0)
        monkeypatch.setattr(meaning_statements, "NEAREST_EXACTLY", "SELECT 1 / 0")
    assert ids(await ask(database, asker, "chessboards", limit=4))[0] == apart
    both = {"conversation_id": FAMILY, "user_id": ANA}
    for scope in ({"user_id": ANA}, {"conversation_id": FAMILY}, both):
        found = ids(await ask(database, asker, "chessboards", limit=4, **scope))
        assert found[0] == "m-4"
        assert apart not in found


class Counting(MatchingMessages):
    """Notes where candidates were to end."""

    asked: ClassVar[list[Cut]] = []

    async def likeliest(self, rows: Rows, scope: Scope, asked: Asked, cut: Cut) -> Likely:
        self.asked.append(cut)
        return await super().likeliest(rows, scope, asked, cut)


async def test_where_no_model_serves_as_many_are_ranked_as_by_words(
    database: Database, database_url: str, models: Models, asker: Asker
) -> None:
    embed(database_url, *ALL)
    Counting.asked.clear()
    reader = RecallReader(database, RetentionPolicies(), source=Counting(), meaning=asker)
    await reader.ask(ACME, RecallRequest(query="Who plays chess?"), LATER)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE embedding_models SET state = 'building'")
    unserved = Asker(database)
    reader = RecallReader(database, RetentionPolicies(), source=Counting(), meaning=unserved)
    answer = await reader.ask(ACME, RecallRequest(query="Who plays chess?"), LATER)
    unserved.close()
    assert answer.semantic is not None
    assert answer.semantic.reason == "no_model"
    shown = turns.SHOWN_LEAST
    assert Counting.asked == [
        Cut(most=turns.MOST_BESIDE_MEANING, shown=shown, share=turns.LEAST_SHARE_BESIDE_MEANING),
        Cut(most=turns.MOST_CANDIDATES, shown=shown, share=turns.LEAST_SHARE),
    ]


async def test_of_a_user_only_the_vectors_of_their_conversations_are_read(
    database: Database, database_url: str, models: Models
) -> None:
    embed(database_url, *ALL)
    of_user = {"tenant_id": ACME, "user_id": ANA, "conversation_id": None}
    asked = {**of_user, "model": "hashing@1", "most": 60, "vector": text_of("chess")}
    async with database.read(ACME, settled=True) as rows:
        await rows.all("SELECT set_config('enable_seqscan', 'off', true)", {})
        for statement in (meaning_statements.NEAREST_EXACTLY, meaning_statements.VECTORS):
            plan = await explained(rows, statement, asked)
            (condition,) = [line for line in plan.splitlines() if "Index Cond" in line and "model" in line]
            assert "conversation_id = ANY" in condition, plan
        await rows.script(meaning_statements.BY_INDEX, {"ef_search": 100, "max_scan_tuples": 20_000})
        plan = await explained(rows, meaning_statements.NEAREST, asked)
        assert "message_vectors_hashing_1_nearest" in plan, plan
        assert "hashed SubPlan" in plan, plan
        assert "Sort" not in plan, plan


async def test_exactly_is_without_the_index_whatever_the_planner_would_like(
    database: Database, database_url: str, models: Models
) -> None:
    embed(database_url, *ALL)
    whole = {"tenant_id": ACME, "user_id": None, "conversation_id": None}
    asked = {**whole, "model": "hashing@1", "most": 60, "vector": text_of("chess")}
    async with database.read(ACME) as rows:
        await rows.script(meaning_statements.BY_INDEX, {"ef_search": 100, "max_scan_tuples": 20_000})
        by_index = await explained(rows, meaning_statements.NEAREST, asked)
        exactly = await explained(rows, meaning_statements.NEAREST_EXACTLY, asked)
    assert "message_vectors_hashing_1_nearest" in by_index, by_index
    assert "message_vectors_hashing_1_nearest" not in exactly, exactly


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (meaning_statements.OF_CONVERSATION, "message_vectors_hashing_1_pkey"),
        (meaning_statements.OF_MESSAGES, "message_vectors_hashing_1_pkey"),
        (meaning_statements.CANDIDATES_IN_PLACE, "message_vectors_hashing_1_pkey"),
    ],
    ids=["of a conversation", "of messages", "candidates"],
)
async def test_no_question_walks_a_table(
    database: Database, database_url: str, models: Models, statement: LiteralString, index: str
) -> None:
    embed(database_url, *ALL)
    asked = {
        "model": "hashing@1",
        "tenant_id": ACME,
        "conversation_id": FAMILY,
        "user_id": ANA,
        "vector": text_of("chess"),
        "conversation_ids": [FAMILY],
        "message_ids": ["m-4"],
        "matching": "'chess'",
        "around": 1,
        "reach": 2,
        "when": False,
        "time_words": "'may'",
    }
    async with database.read(ACME) as rows:
        await rows.all("SELECT set_config('enable_seqscan', 'off', true)", {})
        plan = await explained(rows, statement, asked)
    assert index in plan, plan
    assert "Seq Scan" not in plan, plan


async def test_what_the_model_has_yet_to_read_is_told_apart(
    database: Database, database_url: str, models: Models, asker: Asker
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO sink_offsets (sink, topic, partition, next_offset, generation, epoch) "
            "VALUES ('sink-postgres-v1', %(topic)s, 3, 7, 1, 1), "
            "('sink-embeddings-v1-hashing@1', %(topic)s, 3, 5, 1, 1)",
            {"topic": TopicName.MESSAGES},
        )
    reader = RecallReader(database, RetentionPolicies(), meaning=asker)
    assert await reader.semantic_pending() == 2
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM sink_offsets WHERE partition = 3")
    assert await RecallReader(database, RetentionPolicies()).semantic_pending() is None


async def test_synthetic_vectors_are_what_a_benchmark_asks(
    database: Database, database_url: str, models: Models
) -> None:
    assert synthetic.fill(database_url, "minilm@1") == 2 * len(TURNS)
    asker = Asker(database, load=lambda _: Hashing())
    answer = await ask(database, asker, "Does anybody play chess?")
    asker.close()
    assert answer.semantic is not None
    assert (answer.semantic.model, answer.semantic.missing) == ("minilm@1", 0)


def text_of(query: str) -> str:
    return "[" + ",".join(map(str, Hashing().embed([query])[0].tolist())) + "]"


async def explained(rows: Rows, statement: LiteralString, asked: dict[str, Any]) -> str:
    found = await rows.all("EXPLAIN (COSTS OFF) " + statement, asked)
    return "\n".join(line for row in found for line in row.values())
