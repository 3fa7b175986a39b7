"""How sealed messages lie in a block: arrays of what is known of each, and postings of their lexemes.

Pure. Lexemes are taken from PostgreSQL's text vectors as they are written out: nothing is analysed here. The bytes are
little-endian, as all machines that this runs on are.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

MOST_DOCUMENTS: Final = 65_536
"""Of a block: an ordinal is a uint16."""
MOST_TIMES: Final = 255
"""That a lexeme is counted in a document: a uint8."""
MOST_LENGTH: Final = 65_535
"""Lexemes that a document is said to have: a uint16. The API takes no text that holds so many."""

Ordinals: TypeAlias = NDArray[np.uint16]

_ENTRY = re.compile(r"'((?:[^']|'')*)':([0-9A-D,]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One message. `vector` is its tsvector as text, `micros` when it was said, `length` how many lexemes it has."""

    conversation_id: str
    message_id: str
    micros: int
    length: int
    vector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Which documents hold a lexeme: ordinals, then how often each does, as they are kept."""

    lexeme: str
    documents: int
    packed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A block: columns of `search_blocks` by name, and its postings by lexeme."""

    documents: int
    columns: Mapping[str, object]
    postings: Sequence[Posting]


def pack(documents: Sequence[Document]) -> Packed:
    """A block of the documents, at most MOST_DOCUMENTS, which come by (conversation, time, message)."""
    conversations = list(dict.fromkeys(document.conversation_id for document in documents))
    codes = {conversation: code for code, conversation in enumerate(conversations)}
    names = [document.message_id.encode() for document in documents]
    columns = {
        "dead": b"",
        "conversations": conversations,
        "conversation": array("H", [codes[document.conversation_id] for document in documents]).tobytes(),
        "lengths": array("H", [min(document.length, MOST_LENGTH) for document in documents]).tobytes(),
        "times": array("q", [document.micros for document in documents]).tobytes(),
        "hashes": b"".join(digest(document.conversation_id, document.message_id) for document in documents),
        "names": b"".join(names),
        "name_ends": np.cumsum([len(name) for name in names], dtype="<u4").tobytes(),
    }
    return Packed(documents=len(documents), columns=columns, postings=_postings(documents))


def _postings(documents: Sequence[Document]) -> list[Posting]:
    found: dict[str, tuple[array[int], bytearray]] = {}
    for ordinal, document in enumerate(documents):
        for written, positions in entries(document.vector, document.length):
            kept = found.get(written)
            if kept is None:
                kept = found[written] = (array("H"), bytearray())
            kept[0].append(ordinal)
            kept[1].append(times_in(positions))
    by_lexeme = {read(written): kept for written, kept in found.items()}
    return [
        Posting(lexeme=lexeme, documents=len(ordinals), packed=ordinals.tobytes() + bytes(times))
        for lexeme, (ordinals, times) in sorted(by_lexeme.items())
    ]


def entries(vector: str, length: int) -> Iterable[tuple[str, str]]:
    """The lexemes of a tsvector that has `length`, as they stand between quotes, and the positions of each.

    Blanks part them, where none is in one.
    """
    parts = vector.split(" ")
    if len(parts) != length:
        return _ENTRY.findall(vector)
    return [(quoted[1:-1], positions) for quoted, _, positions in (part.rpartition(":") for part in parts)]


def times_in(positions: str) -> int:
    """How often a lexeme is counted, by its positions as they are written."""
    return min(positions.count(",") + 1, MOST_TIMES)


def read(written: str) -> str:
    """A lexeme, from how it stands between quotes in a tsvector."""
    return written.replace("''", "'").replace("\\\\", "\\")


def digest(conversation_id: str, message_id: str) -> bytes:
    """Eight bytes by which a message is found in a block; of a million messages no two are likely to share them."""
    return blake2b(f"{conversation_id}\0{message_id}".encode(), digest_size=8).digest()


def digests(keys: Iterable[tuple[str, str]]) -> NDArray[np.uint64]:
    """Those of (conversation, message) ids, as numbers."""
    return np.frombuffer(b"".join(digest(*key) for key in keys), "<u8")


def without(postings: Sequence[Posting], dead: Ordinals) -> tuple[list[Posting], list[str]]:
    """Those postings of a block that hold any of the `dead`, without them; and the lexemes that nothing holds then."""
    if not postings:
        return [], []
    counts = np.array([posting.documents for posting in postings])
    ordinals = np.concatenate([np.frombuffer(posting.packed, "<u2", posting.documents) for posting in postings])
    lost = np.zeros(MOST_DOCUMENTS, bool)
    lost[dead] = True
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    hit = np.logical_or.reduceat(lost[ordinals], begins)
    kept = [_rest(postings[at], lost) for at in np.flatnonzero(hit).tolist()]
    return [posting for posting in kept if posting.documents], [one.lexeme for one in kept if not one.documents]


def _rest(posting: Posting, lost: NDArray[np.bool_]) -> Posting:
    ordinals = np.frombuffer(posting.packed, "<u2", posting.documents)
    times = np.frombuffer(posting.packed, "u1", posting.documents, offset=2 * posting.documents)
    stay = ~lost[ordinals]
    packed = ordinals[stay].tobytes() + times[stay].tobytes()
    return Posting(lexeme=posting.lexeme, documents=int(stay.sum()), packed=packed)
