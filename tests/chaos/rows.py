"""Records as plain rows, without what arrival may change: what both sides of a comparison are shown as.

Free of I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from chaos.found import Row, Rows
from schemas.codec import Codec
from schemas.enums import ItemStatus
from schemas.records import Evidence, MemoryItem, Message, Profile, Record
from streams.processors.profiles import LISTINGS
from topology.stages import CONSOLIDATE, EXTRACT, Store
from topology.topics import TopicName

LEARNED = frozenset({"recorded_at", "first_recorded_at", "text_recorded_at", "revision", "source", "cause"})
RECORDS: Mapping[str, tuple[TopicName, type[Record]]] = {
    "messages": (TopicName.MESSAGES, Message),
    "evidence": (TopicName.EVIDENCE, Evidence),
    "items": (TopicName.ITEMS, MemoryItem),
    "profiles": (TopicName.PROFILES, Profile),
}
PROFILE_LISTS = tuple(LISTINGS)
"""The fields of a profile that hold entries."""
STORES: tuple[Store[Any], ...] = (*EXTRACT.stores, *CONSOLIDATE.stores)
"""What the agents remember, and their changelogs hold."""


def shown_rows(view: str, records: Iterable[tuple[str, Record]]) -> Rows:
    """Plain rows. Whether a retracted item was ever seen, and an empty profile, is a matter of arrival: left out."""
    rows = {key: shown(record) for key, record in records}
    return {key: row for key, row in rows.items() if is_visible(view, row)}


def is_visible(view: str, row: Row) -> bool:
    if view == "items":
        return bool(row["status"] != ItemStatus.RETRACTED.value)
    return view != "profiles" or any(row[name] for name in PROFILE_LISTS)


def shown(record: Record) -> Row:
    """A record as plain values, without what arrival may change."""
    row = plain(record)
    if isinstance(record, MemoryItem):
        row["validity"] = joined(row["validity"])
    return {name: value for name, value in row.items() if name not in LEARNED}


def plain(value: Any) -> Any:
    if is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _names(value.__class__)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value


@cache
def _names(record: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))


def joined(intervals: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """Intervals as PostgreSQL keeps a multirange: empty ones gone, touching ones one."""
    made: list[list[Any]] = []
    for each in intervals:
        begin, end = each["valid_from"], each["valid_to"]
        if begin is not None and begin == end:
            continue
        if made and made[-1][1] is not None and made[-1][1] == begin:
            made[-1][1] = end
        else:
            made.append([begin, end])
    return made


def stored_rows(last: Mapping[bytes, bytes], codec: Codec) -> Mapping[str, Rows]:
    """The rows of each store, from the last values of a table's or a changelog's keys; reserved keys are left out."""
    return {store.name: _of_store(store, last, codec) for store in STORES}


def _of_store(store: Store[Any], last: Mapping[bytes, bytes], codec: Codec) -> Rows:
    start = f"{store.prefix}/".encode()
    rows = ((key[len(start) :].decode(), value) for key, value in last.items() if key.startswith(start))
    return shown_rows(store.name, ((key, codec.decode(value, store.record)) for key, value in rows))
