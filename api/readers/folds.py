"""Rows of items whose values are nearly the same, as one row with the ids that it stands for.

Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from api.ranking.folding import Foldable, fold
from api.readers.shapes import Row

_ONCE = frozenset({"event", "task", "decision"})
"""Kinds of which two with other dates are two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A row that is shown, and the others that it stands for."""

    row: Row
    stands_for: tuple[str, ...] = ()

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Its own id first."""
        return str(self.row["item_id"]), *self.stands_for


def folded(rows: Sequence[Row], *, wanted: bool = True) -> list[Fold]:
    """The rows that are shown, in their order; all of them where folding is not wanted."""
    if not wanted:
        return [Fold(row=row) for row in rows]
    found = fold(_foldable(row) for row in rows)
    shown = ((row, found.get(str(row["item_id"]))) for row in rows)
    return [Fold(row=row, stands_for=others) for row, others in shown if others is not None]


def _foldable(row: Row) -> Foldable:
    return Foldable(
        item_id=str(row["item_id"]),
        kind=row["kind"],
        slot=row["slot"],
        beside=(row["user_id"], row["qualifier"], row["status"], *_dates(row)),
        value=row["value"],
        evidence_count=row["evidence_count"],
        last_occurred_at=row["last_occurred_at"],
    )


def _dates(row: Row) -> tuple[Hashable, ...]:
    if row["kind"] not in _ONCE:
        return ()
    return row["valid_from"], row["valid_to"], row["due_from"], row["due_to"]
