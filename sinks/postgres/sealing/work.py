"""What may be done in a transaction that has a tenant for itself: seal, take out, merge, look for what is missing.

Begins and commits nothing: `steps` does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import psycopg

from sinks.postgres.sealing import packing, statements
from sinks.postgres.sealing.packing import MOST_DOCUMENTS, Document, Ordinals, Posting
from sinks.postgres.sealing.plan import LARGEST_SHARE_GONE, MOST_SEALED, SEAL_AT, Block, Kind, Step, mergeable

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
Keys: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantWork:
    """What may be done in a transaction that has the tenant for itself."""

    connection: Connection
    tenant_id: str

    def look(self) -> tuple[int, bool, bool]:
        """How many are in the tail, up to SEAL_AT; whether any hides a sealed copy; whether of gone words."""
        found = self.connection.execute(statements.LOOK, self._of(most=SEAL_AT)).fetchone()
        assert found is not None, "the statement gives a row"
        return found[0], found[1], found[2]

    def next(self) -> Step | None:
        unsealed, hiding, urgent = self.look()
        if urgent or (hiding and unsealed >= SEAL_AT):
            return self._take_out()
        if unsealed >= SEAL_AT:
            return self._seal()
        blocks = blocks_of(self.connection, self.tenant_id)
        worn = [block for block in blocks if block.gone > LARGEST_SHARE_GONE * block.documents]
        if worn:
            return self.replace(Kind.REWRITTEN, worn[:1])
        alike = mergeable(blocks)
        return self.replace(Kind.MERGED, alike) if alike else None

    def replace(self, kind: Kind, blocks: Sequence[Block]) -> Step:
        """One block for these, of what stands of their messages now."""
        began = time.perf_counter()
        numbers = self._of(blocks=[block.number for block in blocks])
        keys: list[tuple[str, str]] = []
        for row in self.connection.execute(statements.KEYS, numbers, binary=True):
            keys.extend(_keys(*row))
        self.connection.execute(statements.DROP_BLOCKS, numbers)
        self._add(keys)
        return self._done(kind, len(keys), began)

    def find_missing(self) -> Step:
        began = time.perf_counter()
        known = self._hashes()
        missing: list[tuple[str, str]] = []
        after = ("", "")
        while page := self._standing_after(after):
            after = page[-1]
            missing.extend(key for key, new in zip(page, ~np.isin(packing.digests(page), known), strict=True) if new)
        added = self.connection.execute(statements.ADD_MISSING, self._keyed(missing)).rowcount
        return self._done(Kind.FOUND, added, began)

    def _seal(self) -> Step | None:
        """Seal what is in the tail; None where sinks are at all of it."""
        began = time.perf_counter()
        keys: Keys = self.connection.execute(statements.TAKE_UNSEALED, self._of(most=MOST_SEALED)).fetchall()
        if not keys:
            return None
        if len(keys) == MOST_SEALED:
            keys = _without_cut(keys)
        self._add(keys)
        self.connection.execute(statements.UNTAIL, self._keyed(keys))
        return self._done(Kind.SEALED, len(keys), began)

    def _take_out(self) -> Step | None:
        """Take the sealed copies of what has changed out of the blocks, words and all; None where sinks are at it."""
        began = time.perf_counter()
        keys = self.connection.execute(statements.TAKE_HIDING, self._of(most=MOST_DOCUMENTS)).fetchall()
        if not keys:
            return None
        wanted = packing.digests(keys)
        found = self.connection.execute(statements.HASHES, self._of(), binary=True).fetchall()
        for number, documents, dead, hashes in found:
            lost = np.isin(np.frombuffer(hashes, "<u8", documents), wanted)
            lost[np.frombuffer(dead, "<u2")] = False
            if lost.any():
                self._bury(number, dead, np.flatnonzero(lost).astype("<u2"))
        standing = [(document.conversation_id, document.message_id) for document in self._documents(keys)]
        self.connection.execute(statements.UNHIDE, self._keyed(standing))
        self.connection.execute(statements.UNTAIL, self._keyed(sorted(set(keys) - set(standing))))
        return self._done(Kind.TAKEN_OUT, len(keys), began)

    def _bury(self, number: int, dead: bytes, lost: Ordinals) -> None:
        rows = self.connection.execute(statements.POSTINGS, self._of(block=number), binary=True)
        postings = [Posting(lexeme=lexeme, documents=count, packed=packed) for lexeme, count, packed in rows]
        kept, empty = packing.without(postings, lost)
        replaced = {
            "lexemes": [posting.lexeme for posting in kept],
            "documents": [posting.documents for posting in kept],
            "packed": [posting.packed for posting in kept],
        }
        self.connection.execute(statements.REPLACE_POSTINGS, self._of(block=number, **replaced))
        self.connection.execute(statements.DROP_POSTINGS, self._of(block=number, lexemes=empty))
        all_dead = np.sort(np.concatenate([np.frombuffer(dead, "<u2"), lost]))
        self.connection.execute(
            statements.BURY, self._of(block=number, dead=all_dead.astype("<u2").tobytes(), gone=len(all_dead))
        )

    def _add(self, keys: Keys) -> None:
        documents = self._documents(keys)
        if not documents:
            return
        packed = packing.pack(documents)
        columns = self._of(documents=packed.documents, **packed.columns)
        added = self.connection.execute(statements.ADD_BLOCK, columns).fetchone()
        assert added is not None, "the statement gives a row"
        with self.connection.cursor() as cursor, cursor.copy(statements.COPY_POSTINGS) as sending:
            sending.set_types(["text", "int8", "text", "int4", "bytea"])
            for one in packed.postings:
                sending.write_row((self.tenant_id, added[0], one.lexeme, one.documents, one.packed))

    def _documents(self, keys: Keys) -> list[Document]:
        rows = self.connection.execute(statements.DOCUMENTS, self._keyed(keys), binary=True)
        return [
            Document(conversation_id=conversation, message_id=message, micros=micros, length=length, vector=vector)
            for conversation, message, micros, length, vector in rows
        ]

    def _hashes(self) -> Any:
        found = self.connection.execute(statements.HASHES, self._of(), binary=True).fetchall()
        alive = [np.delete(np.frombuffer(h, "<u8", n), np.frombuffer(dead, "<u2")) for _, n, dead, h in found]
        return np.concatenate([np.empty(0, "<u8"), *alive])

    def _standing_after(self, after: tuple[str, str]) -> list[tuple[str, str]]:
        asked = self._of(conversation_id=after[0], message_id=after[1], most=MOST_DOCUMENTS)
        return [
            (conversation, message) for conversation, message in self.connection.execute(statements.STANDING, asked)
        ]

    def _done(self, kind: Kind, messages: int, began: float) -> Step:
        seconds = time.perf_counter() - began
        return Step(kind=kind, tenant_id=self.tenant_id, messages=messages, seconds=seconds)

    def _keyed(self, keys: Keys) -> dict[str, object]:
        return self._of(conversation_ids=[key[0] for key in keys], message_ids=[key[1] for key in keys])

    def _of(self, **parameters: object) -> dict[str, object]:
        return {"tenant_id": self.tenant_id, **parameters}


def blocks_of(connection: Connection, tenant_id: str) -> list[Block]:
    rows = connection.execute(statements.BLOCKS, {"tenant_id": tenant_id})
    return [Block(number=number, documents=documents, gone=gone) for number, documents, gone in rows]


def _keys(
    conversations: Sequence[str], conversation: bytes, names: bytes, name_ends: bytes, dead: bytes
) -> Iterator[tuple[str, str]]:
    """The (conversation, message) ids of what is left of a block."""
    codes, ends = np.frombuffer(conversation, "<u2"), np.frombuffer(name_ends, "<u4")
    gone = set(np.frombuffer(dead, "<u2").tolist())
    begins = 0
    for ordinal, (code, end) in enumerate(zip(codes.tolist(), ends.tolist(), strict=True)):
        if ordinal not in gone:
            yield conversations[code], names[begins:end].decode()
        begins = end


def _without_cut(keys: Keys) -> Keys:
    """Without the last conversation, which may go on: cut by the names of its messages, neither part of it would tell
    what stands beside a message. One that fills all the keys is cut nevertheless."""
    last = keys[-1][0]
    return [key for key in keys if key[0] != last] or keys
