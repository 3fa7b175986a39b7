"""Answers that are kept: only while they are true, and no larger than they may be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.answers.cache import MOST_ANSWER_BYTES, CachedRecall
from api.models.recall import RecallRequest, RecallResult, SemanticShape
from api.readers.landed import Mark, Marked
from schemas.ids import TenantId
from support.api_fakes import FakeRecall
from topology.errors import Retryable
from topology.metrics import build
from topology.settings import Settings

ACME, OTHER = TenantId("acme"), TenantId("other")
NOON = datetime(2026, 11, 29, 12, 0, 10, tzinfo=UTC)


@dataclass
class Kitchen:
    """A recall before a fake, with everything that an answer rests on in the test's hands."""

    settings: dict[str, Any] = field(default_factory=dict)
    landed: str = "1"
    model: str | None = None
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.inner = FakeRecall()
        self.inner.results = [a_result("one")]
        self.meters = build("api")
        settings = Settings(**self.settings)
        self.recall = CachedRecall(self, self._mark, settings, self.meters, clock=lambda: self.seconds)

    async def marked(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> Marked:
        mark = await self._mark()
        return Marked(answer=await self.inner.ask(tenant_id, request, now), mark=mark)

    async def semantic_pending(self) -> int | None:
        return await self.inner.semantic_pending()

    async def _mark(self) -> Mark:
        return Mark(landed=self.landed, model=self.model)

    async def ask(self, tenant: TenantId = ACME, now: datetime = NOON, **fields: Any) -> list[str]:
        request = RecallRequest(**{"query": "q", "asked_at": NOON} | fields)
        return [result.text for result in await self.recall.recall(tenant, request, now)]

    @property
    def asked(self) -> int:
        return len(self.inner.asked)

    def told(self, result: str) -> float:
        value = self.meters.registry.get_sample_value("alluvium_api_recall_cache_total", {"result": result})
        return value or 0.0


def a_result(text: str) -> RecallResult:
    return RecallResult(
        kind="message", id="m", score=1.0, text=text, message_ids=["m"], user_id="ana", occurred_at=NOON
    )


@pytest.mark.asyncio
async def test_the_same_question_is_answered_from_memory_and_the_hit_is_counted() -> None:
    kitchen = Kitchen()
    assert [await kitchen.ask(), await kitchen.ask()] == [["one"], ["one"]]
    assert (kitchen.asked, kitchen.told("miss"), kitchen.told("hit")) == (1, 1, 1)


@pytest.mark.asyncio
async def test_whatever_lands_ends_what_was_kept() -> None:
    kitchen = Kitchen()
    await kitchen.ask()
    kitchen.landed, kitchen.inner.results = "2", [a_result("edited")]
    assert await kitchen.ask() == ["edited"]


@pytest.mark.asyncio
async def test_an_answer_made_while_something_lands_is_not_kept_for_it() -> None:
    kitchen = Kitchen()

    class Landing(FakeRecall):
        async def recall(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> list[RecallResult]:
            found = await super().recall(tenant_id, request, now)
            kitchen.landed = "2"
            return found

    kitchen.inner = Landing()
    kitchen.inner.results = [a_result("before")]
    await kitchen.ask()
    kitchen.inner.results = [a_result("after")]
    assert await kitchen.ask() == ["after"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "other",
    [
        {"tenant": OTHER},
        {"query": "another"},
        {"user_id": "ana"},
        {"conversation_id": "c"},
        {"kinds": ["message"]},
        {"limit": 11},
        {"asked_at": NOON + timedelta(seconds=1)},
        {"valid_at": NOON},
        {"known_at": NOON},
    ],
)
async def test_another_question_is_another_answer(other: dict[str, Any]) -> None:
    kitchen = Kitchen()
    await kitchen.ask()
    await kitchen.ask(**other)
    assert kitchen.asked == 2


@pytest.mark.asyncio
async def test_how_long_somebody_waits_makes_no_other_answer() -> None:
    kitchen = Kitchen()
    await kitchen.ask(wait_seconds=1)
    await kitchen.ask(wait_seconds=2, after={"topic": "t", "partition": 0, "offset": 1})
    assert kitchen.asked == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("known_at", [None, NOON - timedelta(days=9)])
async def test_an_answer_without_a_clock_of_its_own_holds_for_the_minute(known_at: datetime | None) -> None:
    """Words like "yesterday" count from now also where it is asked what was known."""
    kitchen = Kitchen()
    await kitchen.ask(asked_at=None, known_at=known_at)
    await kitchen.ask(asked_at=None, known_at=known_at, now=NOON + timedelta(seconds=49))
    assert kitchen.asked == 1
    await kitchen.ask(asked_at=None, known_at=known_at, now=NOON + timedelta(seconds=50))
    assert kitchen.asked == 2


@pytest.mark.asyncio
async def test_a_clock_in_the_question_holds_until_the_end_of_its_time() -> None:
    kitchen = Kitchen(settings={"cache_ttl": 100})
    await kitchen.ask()
    kitchen.seconds = 99.0
    await kitchen.ask(now=NOON + timedelta(seconds=99))
    assert kitchen.asked == 1
    kitchen.seconds = 100.0
    await kitchen.ask()
    assert kitchen.asked == 2


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("semantic", "kept"),
    [
        (None, True),
        (SemanticShape(model="a@1", used=True, missing=0), True),
        (SemanticShape(model="a@1", used=True, missing=1), False),
        (SemanticShape(model="a@1", used=False, reason="failed"), False),
        (SemanticShape(model="a@1", used=False, reason="busy"), False),
        (SemanticShape(model="a@1", used=False, reason="known_at"), True),
        (SemanticShape(model="before@1", used=True, missing=0), False),
        (SemanticShape(model="before@1", used=False, reason="known_at"), False),
        (SemanticShape(model=None, used=False, reason="no_model"), False),
    ],
)
async def test_an_answer_that_lacks_a_part_is_not_kept(semantic: SemanticShape | None, kept: bool) -> None:
    kitchen = Kitchen(model="a@1")
    kitchen.inner.semantic = semantic
    await kitchen.ask()
    await kitchen.ask()
    assert kitchen.asked == (1 if kept else 2)


@pytest.mark.asyncio
async def test_what_meaning_did_is_told_of_a_kept_answer_too() -> None:
    kitchen = Kitchen(model="a@1")
    kitchen.inner.semantic = SemanticShape(model="a@1", used=True, missing=0)
    request = RecallRequest(query="q", asked_at=NOON)
    first, again = [await kitchen.recall.ask(ACME, request, NOON) for _ in range(2)]
    assert first == again
    assert kitchen.asked == 1


@pytest.mark.asyncio
async def test_huge_answers_are_not_kept() -> None:
    kitchen = Kitchen()
    kitchen.inner.results = [a_result("x" * MOST_ANSWER_BYTES)]
    await kitchen.ask()
    await kitchen.ask()
    assert (kitchen.asked, kitchen.told("unkept")) == (2, 2)


@pytest.mark.asyncio
async def test_entries_and_bytes_are_bounded() -> None:
    few = Kitchen(settings={"cache_max_size": 2})
    for query in ("a", "b", "c"):
        await few.ask(query=query)
    assert len(few.recall._kept) == 2
    small = Kitchen(settings={"cache_megabytes": 1})
    small.inner.results = [a_result("x" * 200_000)]
    for number in range(20):
        await small.ask(query=str(number))
    assert small.recall._kept.currsize <= 1024 * 1024
    assert len(small.recall._kept) == 5


@pytest.mark.asyncio
async def test_a_size_of_nothing_keeps_nothing() -> None:
    kitchen = Kitchen(settings={"cache_max_size": 0})
    await kitchen.ask()
    await kitchen.ask()
    assert kitchen.asked == 2


@pytest.mark.asyncio
async def test_without_the_database_nothing_old_is_told() -> None:
    kitchen = Kitchen()
    await kitchen.ask()

    async def away() -> Mark:
        raise Retryable("gone", retry_after_seconds=1)

    kitchen.recall._mark = away
    kitchen.inner.results = [a_result("from the replica")]
    assert await kitchen.ask() == ["from the replica"]
    kitchen.inner.error = Retryable("gone", retry_after_seconds=1)
    with pytest.raises(Retryable):
        await kitchen.ask()
