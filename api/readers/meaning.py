"""Which messages mean what a question means: its vector against theirs, exactly or by the index.

Reads only. Whatever is in the way is said in the answer, which is then one of words alone; nothing here is an error.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final, TypeAlias

from cachetools import LRUCache, TTLCache

from api.models.recall import RecallRequest, SemanticReason, SemanticShape
from api.ranking.candidates import MessageKey
from api.readers import meaning_statements as statements
from api.readers.candidates import Scope
from api.readers.database import Database, Rows
from api.readers.named import named
from sinks.embeddings.catalogue import embedder
from sinks.embeddings.ports import Embedder
from topology.errors import Misconfigured
from topology.stages import EMBEDDINGS_SINK, POSTGRES_SINK, of_model
from topology.topics import TopicName

log = logging.getLogger(__name__)

NEAREST: Final = 20
"""Of a wide scope, unless more are to be shown. With 60 recall@10 was .763 instead of .759 about users and .705 about a
tenant either way (765 questions of three public sets), and the index of a million vectors took twice as long."""
NEAREST_OF_CONVERSATION: Final = 60
"""Of one that is read whole, where all are compared anyway; unless more are to be shown."""
EXACTLY: Final = 8_000
"""Vectors that are all compared: about as fast as the index, and nothing is missed among another's vectors."""
EF_SEARCH: Final = 64
"""More than are mostly wanted; where these are not enough, the index is read on."""
MAX_SCAN_TUPLES: Final = 20_000
"""Of the index at the most, for a user with few of a tenant's vectors."""
EMBED_SECONDS: Final = 1.0
"""A question takes some 3 ms; one that waits behind many is answered by its words."""
KNOWN_SECONDS: Final = 1.0
"""After which a switch of models is heard of."""
LARGE_SECONDS: Final = 60.0


VectorRow: TypeAlias = tuple[str, str, bool, float | None]
"""Conversation, message, whether its vector is missing, and how near it is."""
NearRow: TypeAlias = tuple[str, str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A question as a vector of the model that serves, in pgvector's own writing; without one, why."""

    model: str | None = None
    vector: str = ""
    reason: SemanticReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """How near messages are to what is sought, at most 1; those whose vector is not there yet are `missing`."""

    sought: Sought
    nearness: Mapping[MessageKey, float] = field(default_factory=dict)
    missing: frozenset[MessageKey] = frozenset()

    @property
    def known(self) -> Mapping[MessageKey, float] | None:
        """None where words decide alone."""
        return None if self.sought.reason else self.nearness

    @property
    def used(self) -> Sought | None:
        """What is sought; None where words decide alone."""
        return None if self.sought.reason else self.sought

    def beside(self, nearness: Mapping[MessageKey, float], missing: frozenset[MessageKey]) -> Meant:
        """With what is known of more messages."""
        return replace(self, nearness={**self.nearness, **nearness}, missing=self.missing | missing)

    def nearest(self, shown: int) -> list[MessageKey]:
        """The nearest first, for an answer of so many."""
        most = max(NEAREST_OF_CONVERSATION, shown)
        return sorted(self.nearness, key=lambda key: (-self.nearness[key], key))[:most]


NOTHING: Final = Sought(reason="no_model")
"""Of a service that recalls by words alone."""


def told(sought: Sought | None, *, missing: int) -> SemanticShape | None:
    """What the answer says of it."""
    if sought is None:
        return None
    used = sought.reason is None
    return SemanticShape(model=sought.model, used=used, missing=missing if used else None, reason=sought.reason)


class Asker:
    """Makes vectors of questions, on one thread, with the model that serves; keeps those of recent questions.

    `report` is told what became of each: `used`, or the reason.
    """

    def __init__(
        self,
        database: Database,
        report: Callable[[str], None] = lambda _: None,
        load: Callable[[str], Embedder] = embedder,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._database, self._report, self._load, self._clock = database, report, load, clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedder")
        self._loaded: LRUCache[str, Embedder] = LRUCache(2)
        self._recent: LRUCache[tuple[str, str], str] = LRUCache(2_000)
        self._under_way = 0
        self._model: str | None = None
        self._asked_at = float("-inf")

    @asynccontextmanager
    async def asking(self, request: RecallRequest) -> AsyncIterator[asyncio.Task[Sought]]:
        """The vector to come, while other things are done; given up where they fail.

        Where others are embedded first, or the model has to be loaded, it has come already: whoever asks takes a
        connection next, and would hold it for so long. Raises Retryable where PostgreSQL is away, as everything else
        would; what is awaited raises nothing.
        """
        model = await self._serving()
        soon = model in self._loaded and not self._under_way
        coming = asyncio.create_task(self._sought(model, request))
        try:
            if not soon:
                await asyncio.wait({coming})
            yield coming
        finally:
            coming.cancel()
            await asyncio.wait({coming})

    async def behind(self) -> int | None:
        """Records of messages that PostgreSQL has, and the model that serves has not read; None where none serves."""
        if await self._serving() is None:
            return None
        sinks = {"ahead": POSTGRES_SINK.group, "prefix": of_model(EMBEDDINGS_SINK, "").group}
        async with self._database.read(None) as rows:
            (found,) = await rows.all(statements.BEHIND, {**sinks, "topic": TopicName.MESSAGES})
        return int(found["messages"])

    def load(self, model: str) -> None:
        """Load an embedder, so that the first question does not wait for it. Raises Misconfigured."""
        self._loaded[model] = self._load(model)

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    async def _sought(self, model: str | None, request: RecallRequest) -> Sought:
        sought = await self._found(model, request)
        self._report(sought.reason or "used")
        return sought

    async def _found(self, model: str | None, request: RecallRequest) -> Sought:
        if model is None:
            return Sought(reason="no_model")
        if request.kinds is not None and "message" not in request.kinds:
            return Sought(model=model, reason="no_messages")
        if request.known_at is not None:
            return Sought(model=model, reason="known_at")
        return await self._vector(model, request.query)

    async def _vector(self, model: str, query: str) -> Sought:
        if (known := self._recent.get((model, query))) is not None:
            return Sought(model=model, vector=known)
        self._under_way += 1
        try:
            async with asyncio.timeout(EMBED_SECONDS):
                vector = await asyncio.get_running_loop().run_in_executor(self._thread, self._embed, model, query)
        except TimeoutError:
            return Sought(model=model, reason="busy")
        except Exception as error:
            log.warning("a question was not embedded: %s", type(error).__name__, exc_info=error)
            return Sought(model=model, reason="failed")
        finally:
            self._under_way -= 1
        self._recent[model, query] = vector
        return Sought(model=model, vector=vector)

    def _embed(self, model: str, query: str) -> str:
        if model not in self._loaded:
            self.load(model)
        (vector,) = self._loaded[model].embed([query])
        return "[" + ",".join(f"{number:.5g}" for number in vector.tolist()) + "]"

    async def _serving(self) -> str | None:
        if self._clock() - self._asked_at > KNOWN_SECONDS:
            try:
                async with self._database.read(None) as rows:
                    found = await rows.one(statements.SERVING, {})
            except Misconfigured:  # not migrated so far: readiness says so
                found = None
            self._model, self._asked_at = None if found is None else str(found["name"]), self._clock()
        return self._model


class Nearness:
    """Of messages to a question."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._large: TTLCache[tuple[str, str | None, str | None], bool] = TTLCache(10_000, LARGE_SECONDS, timer=clock)

    async def in_scope(self, rows: Rows, scope: Scope, sought: Sought | None, *, whole: bool, shown: int) -> Meant:
        """Of every message of a conversation that is read whole, or of the nearest of a wider scope, for an answer of
        so many; of none where nothing is sought."""
        if sought is None or sought.reason:
            return Meant(sought=sought or NOTHING)
        asked = _parameters(scope, sought)
        if scope.conversation_id is not None and whole:
            return _meant(sought, await rows.packed(statements.OF_CONVERSATION, asked))
        found = await self._nearest(rows, scope, {**asked, "most": max(NEAREST, shown)})
        return Meant(sought=sought, nearness=found)

    async def completed(self, rows: Rows, scope: Scope, meant: Meant, keys: Sequence[MessageKey]) -> Meant:
        """With the nearness of these messages too."""
        left = [key for key in keys if key not in meant.nearness and key not in meant.missing]
        if not left or meant.known is None:
            return meant
        asked = _parameters(scope, meant.sought)
        more = _meant(meant.sought, await rows.packed(statements.OF_MESSAGES, {**asked, **named(left)}))
        return meant.beside(more.nearness, more.missing)

    async def _nearest(self, rows: Rows, scope: Scope, asked: Mapping[str, object]) -> Mapping[MessageKey, float]:
        if not await self._is_large(rows, scope, asked):
            return _near(await rows.packed(statements.NEAREST_EXACTLY, asked))
        searched = {"ef_search": EF_SEARCH, "max_scan_tuples": MAX_SCAN_TUPLES}
        found = await rows.script(statements.NEAREST_BY_INDEX, {**asked, **searched})
        if len(found) < NEAREST // 2:
            found = await rows.packed(statements.NEAREST_EXACTLY, asked)
        return _near(found)

    async def _is_large(self, rows: Rows, scope: Scope, asked: Mapping[str, object]) -> bool:
        whose = (scope.tenant_id, scope.user_id, scope.conversation_id)
        if whose not in self._large:
            (found,) = await rows.all(statements.VECTORS, {**asked, "most": EXACTLY + 1})
            if found["vectors"] <= EXACTLY:
                return False
            self._large[whose] = True
        return True


def _parameters(scope: Scope, sought: Sought) -> dict[str, object]:
    return {**scope.parameters, "model": sought.model, "vector": sought.vector}


def _near(found: Iterable[NearRow]) -> dict[MessageKey, float]:
    return {row[:2]: row[2] for row in found}


def _meant(sought: Sought, found: Sequence[VectorRow]) -> Meant:
    return Meant(
        sought=sought,
        nearness={row[:2]: row[3] for row in found if row[3] is not None},
        missing=frozenset(row[:2] for row in found if row[2]),
    )
