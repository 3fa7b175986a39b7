"""Rows as answers: the models made of what a statement returns.

Pure. Rows are dictionaries by column name, times aware and UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from psycopg.types.multirange import Multirange

from api.models.items import Item, ItemVersion
from api.models.people import StoredMessage
from api.models.values import ItemSource, PositionShape, SalienceShape
from api.ranking.salience import Weighed, salience
from schemas.records import Position

Row: TypeAlias = Mapping[str, Any]
Intervals: TypeAlias = list[tuple[datetime | None, datetime | None]]

_SAME = (
    "kind", "slot", "qualifier", "value", "status", "confidence", "valid_from", "valid_to", "granularity", "due_from",
    "due_to", "evidence_count", "retention_level", "extractor", "recorded_at",
)  # fmt: skip
"""Columns that an item and its versions show as they are."""


def position(row: Row, prefix: str) -> PositionShape:
    """The position in the columns `<prefix>_topic`, `_partition`, `_offset`."""
    return PositionShape(
        topic=row[f"{prefix}_topic"], partition=row[f"{prefix}_partition"], offset=row[f"{prefix}_offset"]
    )


def record_position(row: Row, prefix: str) -> Position:
    """The same, as records hold it."""
    shape = position(row, prefix)
    return Position(topic=shape.topic, partition=shape.partition, offset=shape.offset)


def intervals(validity: Multirange[datetime] | None) -> Intervals:
    """The half-open intervals of a multirange, in order."""
    return [(one.lower, one.upper) for one in validity or ()]


def salience_of(row: Row, now: datetime) -> SalienceShape:
    """How much the item of the row matters at `now`."""
    weighed = Weighed(
        evidence_count=row["evidence_count"],
        last_occurred_at=row["last_occurred_at"],
        confidence=row["confidence"],
        explicit=bool(row["explicit"]),
    )
    return SalienceShape.of(salience(weighed, now=now))


def item(row: Row, evidence: Sequence[ItemSource], now: datetime, stands_for: Sequence[str] = ()) -> Item:
    return Item(
        **{name: row[name] for name in _SAME},
        item_id=str(row["item_id"]),
        user_id=row["user_id"],
        validity=intervals(row["validity"]),
        superseded_by=_text(row["superseded_by"]),
        first_occurred_at=row["first_occurred_at"],
        last_occurred_at=row["last_occurred_at"],
        explicit=bool(row["explicit"]),
        salience=salience_of(row, now),
        stands_for=list(stands_for),
        evidence=list(evidence),
    )


def item_version(row: Row) -> ItemVersion:
    return ItemVersion(
        **{name: row[name] for name in _SAME},
        validity=intervals(row["validity"]),
        superseded_by=_text(row["superseded_by"]),
        cause=position(row, "cause"),
    )


def sources_by_item(rows: Iterable[Row]) -> dict[str, list[ItemSource]]:
    """Evidence by item id, in the order of the rows."""
    found: defaultdict[str, list[ItemSource]] = defaultdict(list)
    for row in rows:
        fields = {name: value for name, value in row.items() if name != "item_id"}
        found[str(row["item_id"])].append(ItemSource(**fields))
    return found


def stored_message(row: Row) -> StoredMessage:
    fields = {name: value for name, value in row.items() if not name.startswith("source_")}
    return StoredMessage(**fields | {"role": row["role"].lower(), "position": position(row, "source")})


def _text(value: object) -> str | None:
    return None if value is None else str(value)
