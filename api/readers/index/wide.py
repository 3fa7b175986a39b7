"""Candidates of a scope too wide to be read whole, from the blocks and the tail, as one transaction sees them.

Keeps what is decoded of tenants, up to a number of bytes; what is kept is never changed, only replaced, and only by
what is complete. Decoding and long scoring run beside the event loop.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeAlias
from weakref import WeakValueDictionary

import numpy as np

from api.ranking.candidates import Cut
from api.readers import vectors
from api.readers.index import arrays, scoring, statements
from api.readers.index.arrays import Arrays, Codes, Key
from api.readers.index.postings import Postings, Row
from api.readers.index.scoring import Best, Posting, Statistics, Unsealed, Words
from schemas.ids import TenantId
from sinks.postgres.sealing import packing

TAIL_BOOST: Final = 1.6
"""What neighbours lend at the most where both sides match as well: those of the tail are not looked at here."""


AT_ONCE: Final = 50_000
"""Documents in the postings of a question that are scored in a millisecond: to hand them to a thread takes as long."""
LIKE_DOCUMENTS: Final = 200
"""As many documents in postings as a message of the tail takes time."""
BLOCKS_AT_ONCE: Final = 4
"""Of the largest some 15 MB: however many a tenant has, no statement is so long that it is ended for its time."""


class Snapshot(Protocol):
    """A transaction that sees one state of the database throughout."""

    async def packed(self, statement: Any, parameters: Any) -> list[tuple[Any, ...]]:
        """Rows as tuples, with bytes as they are."""
        ...


Read: TypeAlias = Callable[[TenantId], AbstractAsyncContextManager[Snapshot]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WideScope:
    """Where candidates are looked for: a conversation, what a user takes part in, both, or (neither) all."""

    tenant_id: TenantId
    conversation_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WideCandidates:
    """The messages that are likeliest to answer, best first, and the exact statistics of the scope."""

    statistics: Statistics
    keys: Sequence[Key]
    unsealed: int
    """How many messages of the tail were read for it."""
    places: Mapping[Key, int]
    """Where messages stand whose neighbours are sealed with them, candidates and those that are to be read beside them:
    two of a conversation that are near are as far apart as their numbers. Of other candidates that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """Of a tenant."""

    codes: Codes
    arrays: Arrays
    postings: Postings
    seen: int
    """By a snapshot of this age; a newer one has a greater number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tail:
    """What `statements.STATE` tells beside the blocks."""

    hiding: Sequence[Key]
    unsealed: Sequence[str]
    """Conversations of which it has something."""
    conversations: Sequence[str]
    count: int
    lengths: int
    keys: Sequence[Key]
    own_lengths: Sequence[int]
    vectors: Sequence[str]


@dataclass(slots=True)
class WideIndex:
    """The blocks of tenants, decoded, the latest asked for last; at most `most_bytes` beside those of one tenant."""

    most_bytes: int
    report: Callable[[int], None] = lambda _: None
    """Told how many bytes are kept."""
    _kept: OrderedDict[TenantId, _Kept] = field(default_factory=OrderedDict)
    _locks: WeakValueDictionary[TenantId, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def candidates(self, rows: Snapshot, scope: WideScope, words: Words, cut: Cut) -> WideCandidates:
        """The likeliest messages for the words of a query."""
        kept, tail = await self._look(rows, scope, words)
        within = kept.arrays.holding(_allowed(kept.codes, scope, tail))
        found = await self._postings(rows, scope.tenant_id, kept, within, words.lexemes)
        unsealed = len(tail.keys) + len(tail.hiding)
        if sum(row[2] for row in found) + LIKE_DOCUMENTS * unsealed <= AT_ONCE:
            return _answer(kept, scope, tail, found, words, cut)
        return await asyncio.to_thread(_answer, kept, scope, tail, found, words, cut)

    async def _postings(
        self, rows: Snapshot, tenant_id: TenantId, kept: _Kept, within: Sequence[int], lexemes: Sequence[str]
    ) -> list[Row]:
        """What these blocks hold of the words, by block: from memory, and the rest from the database."""
        inside = set(within)
        state = {number: gone for number, gone in kept.arrays.state if number in inside}
        missing = kept.postings.missing(state, lexemes)
        found = kept.postings.of(state, set(lexemes).difference(missing))
        if missing and state:
            asked = {"tenant_id": tenant_id, "blocks": list(state), "lexemes": missing}
            read: list[Row] = await rows.packed(statements.POSTINGS, asked)
            if self._kept.get(tenant_id) is kept:
                kept.postings.keep(state, missing, read)
            found += read
        return sorted(found, key=lambda row: row[0])

    async def prepare(self, read: Read, tenant_id: TenantId) -> None:
        """Decode the blocks of a tenant of whom nothing is kept: once, however many questions wait for it.

        To be called before a question takes its connection, which it would hold while it waits.
        """
        if tenant_id in self._kept:
            return
        async with self._locks.setdefault(tenant_id, asyncio.Lock()):
            if tenant_id not in self._kept:
                async with read(tenant_id) as rows:
                    ((seen, blocks, gone),) = await rows.packed(statements.KEPT, {"tenant_id": tenant_id})
                    await self._current(rows, tenant_id, _state(blocks, gone), seen)

    async def _look(self, rows: Snapshot, scope: WideScope, words: Words) -> tuple[_Kept, _Tail]:
        asked = {
            "tenant_id": scope.tenant_id,
            "conversation_id": scope.conversation_id,
            "user_id": scope.user_id,
            "matching": vectors.or_query(words.lexemes),
        }
        ((seen, blocks, gone, *told),) = await rows.packed(statements.STATE, asked)
        return await self._current(rows, scope.tenant_id, _state(blocks, gone), seen), _tail(told)

    async def _current(self, rows: Snapshot, tenant_id: TenantId, state: list[tuple[int, int]], seen: int) -> _Kept:
        """The arrays of the blocks that this transaction sees. What is newer than that stays kept, and unused."""
        kept = self._kept.get(tenant_id)
        if kept is None:
            kept = _Kept(codes=Codes(), arrays=arrays.join(()), postings=Postings(), seen=seen)
        elif kept.arrays.state == tuple(state):
            self._kept.move_to_end(tenant_id)
            return kept
        known = {block.number: block for block in kept.arrays.blocks}
        asked: dict[str, object] = {"tenant_id": tenant_id}
        new = [number for number, _ in state if number not in known]
        changed = [number for number, gone in state if number in known and known[number].gone != gone]
        added: list[tuple[Any, ...]] = []
        for begin in range(0, len(new), BLOCKS_AT_ONCE):
            added += await rows.packed(statements.BLOCKS, asked | {"blocks": new[begin : begin + BLOCKS_AT_ONCE]})
        dead = await rows.packed(statements.DEAD, asked | {"blocks": changed}) if changed else []
        same = [known[number] for number, _ in state if number in known and number not in changed]
        buried = [(known[number], gone) for number, gone in dead]
        current = replace(await asyncio.to_thread(_refreshed, kept, same, added, buried), seen=seen)
        self._keep(tenant_id, current)
        return current

    def _keep(self, tenant_id: TenantId, current: _Kept) -> None:
        """Unless another question has brought something newer meanwhile."""
        before = self._kept.get(tenant_id)
        if before is None or before.seen <= current.seen:
            self._kept[tenant_id] = current
            current.postings.forget_others(dict(current.arrays.state))
            self._kept.move_to_end(tenant_id)
        while len(self._kept) > 1 and self._bytes() > self.most_bytes:
            self._kept.popitem(last=False)
        self.report(self._bytes())

    def _bytes(self) -> int:
        return sum(kept.arrays.nbytes + kept.postings.nbytes for kept in self._kept.values())


def _state(blocks: Sequence[int] | None, gone: Sequence[int] | None) -> list[tuple[int, int]]:
    return list(zip(blocks or (), gone or (), strict=True))


def _refreshed(
    kept: _Kept,
    same: Sequence[arrays.Block],
    added: Sequence[Sequence[object]],
    buried: Sequence[tuple[arrays.Block, bytes]],
) -> _Kept:
    new = [arrays.decode(row, kept.codes) for row in added]
    changed = [block.buried(dead) for block, dead in buried]
    return replace(kept, arrays=arrays.join([*same, *new, *changed]))


def _tail(told: Sequence[Any]) -> _Tail:
    (hiding, hidden, conversations, unsealed, count, lengths, *matching) = told
    conversation_ids, message_ids, own_lengths, found = (one or () for one in matching)
    return _Tail(
        hiding=list(zip(hiding or (), hidden or (), strict=True)),
        unsealed=[*(unsealed or ()), *(hiding or ())],
        conversations=conversations or (),
        count=count,
        lengths=lengths,
        keys=list(zip(conversation_ids, message_ids, strict=True)),
        own_lengths=own_lengths,
        vectors=found,
    )


def _answer(
    kept: _Kept,
    scope: WideScope,
    tail: _Tail,
    found: Sequence[tuple[Any, ...]],
    words: Words,
    cut: Cut,
) -> WideCandidates:
    """What a question costs in processor time; on a thread where that is much."""
    places = {lexeme: place for place, lexeme in enumerate(words.lexemes)}
    postings = [Posting(block=b, lexeme=places[lexeme], documents=n, packed=packed) for b, lexeme, n, packed in found]
    within = scoring.Scope(
        allowed=_allowed(kept.codes, scope, tail),
        hidden=kept.arrays.find(tail.hiding, kept.codes),
        unsealed=kept.codes.known(set(tail.unsealed)),
    )
    best = scoring.best(kept.arrays, postings, within, _unsealed(tail, places), words, cut)
    names = kept.arrays.keys(np.union1d(best.documents, best.placed), kept.codes)
    return WideCandidates(
        statistics=best.statistics,
        keys=_merged(best, [names[one] for one in best.documents.tolist()], tail.keys, cut),
        unsealed=tail.count,
        places={names[one]: one for one in best.placed.tolist()},
    )


def _allowed(codes: Codes, scope: WideScope, tail: _Tail) -> arrays.Flags | None:
    if scope.user_id is not None:
        conversations = tail.conversations
    elif scope.conversation_id is not None:
        conversations = [scope.conversation_id]
    else:
        return None
    return codes.flags(conversations)


def _unsealed(tail: _Tail, places: Mapping[str, int]) -> Unsealed:
    frequencies = np.zeros((len(tail.keys), len(places)), np.float32)
    for at, (vector, length) in enumerate(zip(tail.vectors, tail.own_lengths, strict=True)):
        for written, positions in packing.entries(vector, length):
            place = places.get(packing.read(written))
            if place is not None:
                frequencies[at, place] = packing.times_in(positions)
    lengths = np.array(tail.own_lengths, np.float32)
    return Unsealed(count=tail.count, lengths=tail.lengths, frequencies=frequencies, own_lengths=lengths)


def _merged(best: Best, sealed: Sequence[Key], unsealed: Sequence[Key], cut: Cut) -> list[Key]:
    keys = [*sealed, *unsealed]
    scores = np.concatenate([best.scores, TAIL_BOOST * best.unsealed])
    least = scoring.least(np.concatenate([best.scores, best.unsealed]), cut)
    order = np.argsort(-scores, kind="stable")[: min(cut.most, np.count_nonzero(scores >= least))]
    return [keys[at] for at in order.tolist()]
