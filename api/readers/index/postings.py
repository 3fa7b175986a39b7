"""The postings that were read of a tenant's blocks lately: common words are asked for again and again.

Of one state of each block: once messages have been taken out of one, what was read of it before is not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cachetools import LRUCache

MOST_BYTES: Final = 48 * 1024 * 1024
"""Of a tenant: those of a hundred words that are in every tenth of a million messages."""
ENTRY_BYTES: Final = 200
"""What one costs beside its bytes."""

Row: TypeAlias = tuple[int, str, int, bytes]
"""As `statements.POSTINGS` gives it: block, lexeme, documents, packed."""
State: TypeAlias = Mapping[int, int]
"""By block, how many messages have been taken out of it."""


@dataclass(slots=True)
class Postings:
    """`None` stands for a word that a block does not hold."""

    _kept: LRUCache[tuple[int, int, str], Row | None] = field(
        default_factory=lambda: LRUCache(MOST_BYTES, getsizeof=lambda row: ENTRY_BYTES + len(row[3] if row else b""))
    )

    @property
    def nbytes(self) -> int:
        return int(self._kept.currsize)

    def missing(self, state: State, lexemes: Iterable[str]) -> list[str]:
        """The words that must be read of these blocks."""
        return [word for word in lexemes if any((block, gone, word) not in self._kept for block, gone in state.items())]

    def keep(self, state: State, lexemes: Sequence[str], rows: Iterable[Row]) -> None:
        """What was read: all that these blocks hold of these words."""
        found = {(row[0], row[1]): row for row in rows}
        for block, gone in state.items():
            for word in lexemes:
                row = found.get((block, word))
                if row is None or len(row[3]) + ENTRY_BYTES <= MOST_BYTES:
                    self._kept[block, gone, word] = row

    def of(self, state: State, lexemes: Iterable[str]) -> list[Row]:
        """Those that are kept."""
        found = [self._kept.get((block, gone, word)) for word in lexemes for block, gone in state.items()]
        return [row for row in found if row is not None]

    def forget_others(self, state: State) -> None:
        """Keep those of blocks in this state alone: words of what was taken out are nobody's to keep."""
        for key in [key for key in self._kept if state.get(key[0]) != key[1]]:
            del self._kept[key]
