"""Recall that keeps its answers: the same question is answered from memory while nothing new has landed.

An answer is kept under a mark of what the database held: how far every sink had landed every partition, and which
generation and model of embeddings served. The mark is read in the transaction that the answer is made in, and from the
primary before a kept answer is given; sinks move it in the transaction of their rows, so an edit, a deletion or an
erasure that can be seen has changed it, also where a replica made the answer. It is coarse: whatever lands, of whatever
tenant, ends all that was kept before.

Who embeds questions hears of a switch of models a moment after the database: what was made with another model than the
mark names is not kept.

The clock is in the question: an answer to one with `asked_at` holds for CACHE_TTL; without, for the minute in which it
was made, since lifetimes and words like "yesterday" are counted from now, with `known_at` too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final, Protocol

from cachetools import TLRUCache

from api.models.recall import RecallAnswer, RecallRequest, RecallResult
from api.readers.landed import Mark, Marked
from schemas.ids import TenantId
from topology.errors import Retryable
from topology.metrics import API_CACHE, API_CACHE_BYTES, Meters
from topology.settings import Settings

MOST_ANSWER_BYTES: Final = 256 * 1024
"""A larger answer is rare, and pushes out many small ones."""
MINUTE_SECONDS: Final = 60.0
ENTRY_BYTES: Final = 512
"""What an entry costs beside its answer."""
_FOR_GOOD: Final = {"known_at", "no_messages", "no_model"}
"""Reasons to recall by words alone that belong to the question, or to what the mark tells."""
UNASKED: Final = {"after", "wait_seconds"}
"""Fields of a request that say when to answer, not what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer as JSON, the mark it was made under, and for how long it holds."""

    mark: Mark
    answer: bytes
    seconds: float


class MarkedRecall(Protocol):
    """Recall that tells what its answers rest on."""

    async def marked(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> Marked: ...

    async def semantic_pending(self) -> int | None:
        """As `api.ports.Recall` says."""
        ...


class CachedRecall:
    """`api.ports.Recall` before one that tells what its answers rest on."""

    def __init__(
        self,
        recall: MarkedRecall,
        mark: Callable[[], Awaitable[Mark]],
        settings: Settings,
        meters: Meters,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._recall, self._mark, self._meters = recall, mark, meters
        self._seconds, self._entries = float(settings.cache_ttl), settings.cache_max_size
        self._kept: TLRUCache[bytes, Kept] = TLRUCache(
            maxsize=settings.cache_megabytes * 1024 * 1024,
            ttu=lambda _, kept, now: now + kept.seconds,
            timer=clock,
            getsizeof=lambda kept: len(kept.answer) + ENTRY_BYTES,
        )

    async def recall(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> list[RecallResult]:
        return (await self.ask(tenant_id, request, now)).results

    async def semantic_pending(self) -> int | None:
        return await self._recall.semantic_pending()

    async def ask(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> RecallAnswer:
        if self._entries == 0:
            return (await self._recall.marked(tenant_id, request, now)).answer
        key = self._key(tenant_id, request, now)
        kept = self._kept.get(key)
        if kept is not None and kept.mark == await self._now():
            self._meters.add(API_CACHE, result="hit")
            return RecallAnswer.model_validate_json(kept.answer)
        found = await self._recall.marked(tenant_id, request, now)
        self._keep(key, found, self._lasting(request, now))
        return found.answer

    async def _now(self) -> Mark | None:
        """What the primary holds; None where that cannot be found out: whoever answers then, a replica maybe, tells."""
        try:
            return await self._mark()
        except Retryable:
            return None

    def _keep(self, key: bytes, found: Marked, seconds: float) -> None:
        answer = found.answer.model_dump_json().encode()
        worth = len(answer) <= MOST_ANSWER_BYTES and _is_whole(found)
        self._meters.add(API_CACHE, result="miss" if worth else "unkept")
        if not worth:
            return
        while len(self._kept) >= self._entries and key not in self._kept:
            self._kept.popitem()
        self._kept[key] = Kept(mark=found.mark, answer=answer, seconds=seconds)
        self._meters.set(API_CACHE_BYTES, self._kept.currsize)

    def _key(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> bytes:
        """By digest, so that no question stays in memory longer than its answer."""
        minute = "" if request.asked_at else f"{now:%Y-%m-%dT%H:%M}"
        asked = request.model_dump_json(exclude=UNASKED)
        return hashlib.sha256("\n".join((tenant_id, minute, asked)).encode()).digest()

    def _lasting(self, request: RecallRequest, now: datetime) -> float:
        left = MINUTE_SECONDS - now.second - now.microsecond / 1e6
        return self._seconds if request.asked_at else min(self._seconds, left)


def _is_whole(found: Marked) -> bool:
    """Not where meaning should have had a part in it and had none, or another's, or where vectors are missing."""
    semantic = found.answer.semantic
    if semantic is None:
        return True
    by_itself = semantic.reason in _FOR_GOOD or (semantic.used and not semantic.missing)
    return by_itself and semantic.model == found.mark.model
