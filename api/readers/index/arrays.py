"""What is known of every sealed message of a tenant, as arrays over all its blocks; made anew, never changed.

Pure. A document is a place in these arrays: those of one block are together, in the order of (conversation, time).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Lock
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from api.ranking.neighbours import REACH, SESSION_GAP
from sinks.postgres.sealing import packing

Documents: TypeAlias = NDArray[np.int32]
Flags: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.int64]
Key: TypeAlias = tuple[str, str]

_GAP_MICROS: Final = SESSION_GAP // timedelta(microseconds=1)


class Codes:
    """A number a conversation of the tenant. They are only ever added to, by any thread."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._ids: list[str] = []
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._ids)

    def of(self, conversation_ids: Sequence[str]) -> NDArray[np.int32]:
        """Their numbers, new where they are new."""
        with self._lock:
            for conversation_id in conversation_ids:
                if conversation_id not in self._codes:
                    self._codes[conversation_id] = len(self._ids)
                    self._ids.append(conversation_id)
            return np.array([self._codes[one] for one in conversation_ids], np.int32)

    def known(self, conversation_ids: Iterable[str]) -> list[int]:
        """The numbers of those that have one."""
        return [code for one in conversation_ids if (code := self._codes.get(one)) is not None]

    def flags(self, conversation_ids: Iterable[str]) -> Flags:
        """By number, whether a conversation is one of them. Those that another thread adds meanwhile are of none."""
        flags = np.zeros(len(self), bool)
        flags[[code for code in self.known(conversation_ids) if code < len(flags)]] = True
        return flags

    def conversation(self, code: int) -> str:
        return self._ids[code]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The conversations of a block, or of many: where the documents of each begin and end, when those were said."""

    codes: NDArray[np.int32]
    begins: Integers
    ends: Integers
    first: Integers
    """In microseconds, as `last`."""
    last: Integers

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in (self.codes, self.begins, self.ends, self.first, self.last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block, by tenant-wide codes. `alive` is false for what has been taken out of its postings."""

    number: int
    gone: int
    conversations: NDArray[np.int32]
    """Those it has, each once."""
    codes: NDArray[np.int32]
    lengths: Floats
    sessions: NDArray[np.int32]
    """Those of one session have one number, and neighbouring sessions different ones."""
    hashes: NDArray[np.uint64]
    runs: Runs
    alive: Flags
    names: bytes
    name_ends: NDArray[np.uint32]

    @property
    def documents(self) -> int:
        return len(self.codes)

    def buried(self, dead: bytes) -> Block:
        alive, gone = np.ones(self.documents, bool), np.frombuffer(dead, "<u2")
        alive[gone] = False
        return replace(self, alive=alive, gone=len(gone))


def decode(row: Sequence[object], codes: Codes) -> Block:
    """A block, from its row as `statements.BLOCKS` has it."""
    number, documents, dead, conversation_ids, conversation, lengths, times, hashes, names, name_ends = row
    local = codes.of(conversation_ids)  # type: ignore[arg-type]
    own = np.frombuffer(conversation, "<u2")  # type: ignore[call-overload]
    micros = np.frombuffer(times, "<i8")  # type: ignore[call-overload]
    other = np.ones(len(own), bool)
    other[1:] = own[1:] != own[:-1]
    breaks = other.copy()
    breaks[1:] |= np.diff(micros) > _GAP_MICROS
    begins = np.flatnonzero(other)
    ends = np.append(begins[1:], len(own))
    block = Block(
        number=int(number),  # type: ignore[call-overload]
        gone=0,
        conversations=local,
        codes=local[own],
        lengths=np.frombuffer(lengths, "<u2").astype(np.float32),  # type: ignore[call-overload]
        sessions=np.cumsum(breaks, dtype=np.int32),
        hashes=np.frombuffer(hashes, "<u8"),  # type: ignore[call-overload]
        runs=Runs(codes=local[own[begins]], begins=begins, ends=ends, first=micros[begins], last=micros[ends - 1]),
        alive=np.ones(0, bool),
        names=names,  # type: ignore[arg-type]
        name_ends=np.frombuffer(name_ends, "<u4"),  # type: ignore[call-overload]
    )
    assert block.documents == documents, "a block has as many codes as documents"
    return block.buried(dead)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrays:
    """All blocks of a tenant, one after the other."""

    blocks: tuple[Block, ...]
    codes: NDArray[np.int32]
    lengths: Floats
    sessions: NDArray[np.int32]
    alive: Flags
    scattered: Flags
    """Of which the neighbours may be others than those that stand beside them here."""
    counts: Integers
    """Messages, by conversation code."""
    sums: NDArray[np.float64]
    """Lexemes of those, by conversation code."""
    name_ends: NDArray[np.uint32]
    """Where the name of each ends, among those of its block."""
    begins: Mapping[int, int]
    """The first document of each block, by its number."""
    nbytes: int

    @property
    def state(self) -> tuple[tuple[int, int], ...]:
        return tuple((block.number, block.gone) for block in self.blocks)

    @property
    def size(self) -> int:
        """How many documents there are, alive or not."""
        return len(self.codes)

    def holding(self, allowed: Flags | None) -> list[int]:
        """The numbers of the blocks that hold messages of these conversations, by code."""
        return [block.number for block in self.blocks if allowed is None or allowed[block.conversations].any()]

    def keys(self, documents: Documents, codes: Codes) -> dict[int, Key]:
        """The (conversation, message) ids of documents, by document."""
        if not len(documents):
            return {}
        firsts = np.array(list(self.begins.values()), np.int64)
        ordered = np.sort(documents)
        blocks = np.searchsorted(firsts, ordered, side="right") - 1
        begins = np.where(ordered == firsts[blocks], 0, self.name_ends[ordered - 1]).tolist()
        ends = self.name_ends[ordered].tolist()
        written = [self.blocks[block].names for block in blocks.tolist()]
        names = [name[begin:end].decode() for name, begin, end in zip(written, begins, ends, strict=True)]
        where = [codes.conversation(code) for code in self.codes[ordered].tolist()]
        return dict(zip(ordered.tolist(), zip(where, names, strict=True), strict=True))

    def find(self, keys: Sequence[Key], codes: Codes) -> Documents:
        """The documents that are these messages, alive or not."""
        if not keys or not self.blocks:
            return np.empty(0, np.int32)
        wanted = packing.digests(keys)
        there = codes.flags({conversation for conversation, _ in keys})
        found = [
            self.begins[block.number] + np.flatnonzero(near)[np.isin(block.hashes[near], wanted)]
            for block in self.blocks
            if there[block.conversations].any() and (near := there[block.codes]).any()
        ]
        return np.concatenate([np.empty(0, np.int64), *found]).astype(np.int32)


def join(blocks: Sequence[Block]) -> Arrays:
    """The arrays over these blocks, in the order of their numbers. The blocks it has are views of it."""
    ordered = sorted(blocks, key=lambda block: block.number)
    ends = np.cumsum([0, *(block.documents for block in ordered)]).tolist()
    size = ends[-1]
    codes, lengths = np.zeros(size, np.int32), np.ones(size, np.float32)
    sessions, alive, name_ends = np.full(size, -1, np.int32), np.zeros(size, bool), np.zeros(size, np.uint32)
    last = 0
    parts: list[Block] = []
    for block, begin, end in zip(ordered, ends, ends[1:], strict=False):
        codes[begin:end], lengths[begin:end], alive[begin:end] = block.codes, block.lengths, block.alive
        sessions[begin:end] = block.sessions - block.sessions[0] + last + 1
        name_ends[begin:end] = block.name_ends
        last = int(sessions[end - 1])
        own = slice(begin, end)
        part = replace(block, codes=codes[own], lengths=lengths[own], sessions=sessions[own], alive=alive[own])
        parts.append(replace(part, name_ends=name_ends[own]))
    kept = sum(block.hashes.nbytes + len(block.names) + block.runs.nbytes for block in ordered)
    conversations = int(codes.max(initial=-1)) + 1
    return Arrays(
        blocks=tuple(parts),
        codes=codes,
        lengths=lengths,
        sessions=sessions,
        alive=alive,
        scattered=_scattered(_all_runs(ordered, ends), alive),
        counts=np.bincount(codes[alive], minlength=conversations),
        sums=np.bincount(codes[alive], lengths[alive].astype(np.float64), minlength=conversations).astype(np.float64),
        name_ends=name_ends,
        begins={block.number: begin for block, begin in zip(ordered, ends, strict=False)},
        nbytes=kept + codes.nbytes + lengths.nbytes + sessions.nbytes + name_ends.nbytes + 2 * alive.nbytes,
    )


def _all_runs(blocks: Sequence[Block], begins: Sequence[int]) -> Runs:
    """Those of all blocks, by conversation and time."""
    nothing = np.empty(0, np.int64)
    codes = np.concatenate([np.empty(0, np.int32), *(block.runs.codes for block in blocks)])
    first = np.concatenate([nothing, *(block.runs.first for block in blocks)])
    order = np.lexsort((first, codes))
    return Runs(
        codes=codes[order],
        begins=np.concatenate([nothing, *(one.runs.begins + at for one, at in zip(blocks, begins, strict=False))])[
            order
        ],
        ends=np.concatenate([nothing, *(one.runs.ends + at for one, at in zip(blocks, begins, strict=False))])[order],
        first=first[order],
        last=np.concatenate([nothing, *(block.runs.last for block in blocks)])[order],
    )


def _scattered(runs: Runs, alive: Flags) -> Flags:
    """Documents near which something is not as it seems: something is gone, another block goes on with the run, or the
    runs of the conversation overlap in time."""
    found = _near(~alive)
    goes_on = runs.codes[1:] == runs.codes[:-1]
    overlapping = runs.codes[1:][goes_on & (runs.last[:-1] >= runs.first[1:])]
    mixed = np.isin(runs.codes, overlapping)
    for begin, end in zip(runs.begins[mixed].tolist(), runs.ends[mixed].tolist(), strict=True):
        found[begin:end] = True
    for step in range(min(REACH, len(found))):
        found[np.maximum(runs.ends[:-1][goes_on] - 1 - step, runs.begins[:-1][goes_on])] = True
        found[np.minimum(runs.begins[1:][goes_on] + step, runs.ends[1:][goes_on] - 1)] = True
    return _near(found)


def _near(flags: Flags) -> Flags:
    """These, and those so near that one may lend to the other."""
    near = flags.copy()
    for step in range(1, min(REACH, len(flags) - 1) + 1):
        near[step:] |= flags[:-step]
        near[:-step] |= flags[step:]
    return near
