"""The generations there are: which one answers, which is being built, and what may be done about each.

Pure. Each method gives the record that says so; who calls it writes that down (`topology.generation_log`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from schemas.records import Generation
from topology.errors import Misconfigured
from topology.generations import FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Generations by number, as they were last written down. The first is there without a word."""

    written: Mapping[int, Generation]

    @property
    def known(self) -> dict[int, Generation]:
        """All that were ever made, in order of number."""
        return dict(sorted({FIRST: _unwritten(self.written), **self.written}.items()))

    @property
    def serving(self) -> Generation:
        """The one that answers come from: of those that are still there, the one promoted last."""
        there = [each for each in self.known.values() if each.dropped_at is None]
        promoted = [each for each in there if each.promoted_at is not None]
        return max(promoted, key=_promoted_at) if promoted else self.known[FIRST]

    @property
    def shadow(self) -> Generation | None:
        """The one that is being built beside it."""
        newest = self.known[max(self.known)]
        never_served = newest.promoted_at is None and newest.dropped_at is None
        return newest if never_served and newest.number != self.serving.number else None

    def check_extract(self, number: int) -> None:
        """Raises Misconfigured unless extract may work for it: else what it finds would reach no answer.

        It works for the one that answers, and until that has settled for the one it worked for before.
        """
        serving = self.serving
        before = [each.number for each in self.known.values() if each.settled_at and each.dropped_at is None]
        allowed = {serving.number, *([] if serving.settled_at else before)}
        if number not in allowed:
            told = " or ".join(map(str, sorted(allowed)))
            raise Misconfigured(f"generation {number} does not serve: extract must run with GENERATION={told}")

    def declared(self, extractor: str, now: datetime) -> Generation:
        """The shadow that `extractor` builds: the one that it has begun, or a new one.

        Raises Misconfigured where another extractor's is not finished.
        """
        begun = self.shadow
        if begun is None:
            return Generation(number=max(self.known) + 1, extractor=extractor, declared_at=now)
        if begun.extractor != extractor:
            raise Misconfigured(
                f"generation {begun.number} is being built with {begun.extractor}: promote it, or drop it, first"
            )
        return begun

    def promoted(self, number: int, now: datetime) -> Generation:
        """Raises Misconfigured where it was dropped, or never made."""
        return replace(self.there(number), promoted_at=now)

    def settled(self, number: int, now: datetime) -> tuple[Generation, ...]:
        """That one, and those for which extract worked before: it works for one.

        Raises Misconfigured unless it is the one that answers come from.
        """
        if number != self.serving.number:
            raise Misconfigured(f"generation {number} does not serve: {self.serving.number} does")
        there = [each for each in self.known.values() if each.dropped_at is None and each.number != number]
        left = [replace(each, settled_at=None) for each in there if each.settled_at is not None]
        return replace(self.there(number), settled_at=now), *left

    def dropped(self, number: int, now: datetime) -> Generation:
        """Raises Misconfigured where answers come from it."""
        if number == self.serving.number:
            raise Misconfigured(f"generation {number} serves: promote another one first")
        return replace(self.there(number), dropped_at=now)

    def there(self, number: int) -> Generation:
        """Raises Misconfigured where it was dropped, or never made."""
        found = self.known.get(number)
        if found is None or found.dropped_at is not None:
            there = ", ".join(str(each.number) for each in self.known.values() if each.dropped_at is None)
            raise Misconfigured(f"there is no generation {number}; there are: {there}")
        return found


_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _promoted_at(generation: Generation) -> datetime:
    assert generation.promoted_at is not None
    return generation.promoted_at


def _unwritten(written: Mapping[int, Generation]) -> Generation:
    """The first generation, where nobody has said anything of it: as old as the oldest of the others, and settled."""
    oldest = min((each.declared_at for each in written.values()), default=_LONG_AGO)
    return Generation(number=FIRST, extractor=None, declared_at=oldest, settled_at=oldest)
