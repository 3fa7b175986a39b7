"""What a reader sees of a memory, apart from when and by which record it was learned: for comparing two arrivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from schemas.enums import ItemStatus
from schemas.records import Evidence, MemoryItem, Message, Outcome, Profile, Record
from streams.replay import Replay
from topology.topics import TopicName

_LEARNED = {"recorded_at", "first_recorded_at", "text_recorded_at", "revision", "source", "cause"}
"""Arrival may change these, and nothing else (DESIGN, section 3)."""

Rows = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Rows by key. Retracted items are left out: whether one was ever seen before it was taken back is arrival."""

    messages: Rows
    evidence: Rows
    items: Rows
    profiles: Rows


def view(replay: Replay) -> View:
    items = replay.latest(TopicName.ITEMS, MemoryItem)
    profiles = replay.latest(TopicName.PROFILES, Profile)
    return View(
        messages=rows(replay.latest(TopicName.MESSAGES, Message)),
        evidence=rows(replay.latest(TopicName.EVIDENCE, Evidence)),
        items=rows({key: item for key, item in items.items() if item.status is not ItemStatus.RETRACTED}),
        profiles=rows(profiles),
    )


def outcomes(replay: Replay) -> list[Outcome]:
    return [value for _, value in replay.sent(TopicName.OUTCOMES, Outcome) if value is not None]


def rows(records: Mapping[str, Record]) -> Rows:
    return {key: _shown(record) for key, record in records.items()}


def _shown(record: Record) -> dict[str, Any]:
    fields = asdict(record)  # type: ignore[call-overload]
    return {name: value for name, value in fields.items() if name not in _LEARNED}
