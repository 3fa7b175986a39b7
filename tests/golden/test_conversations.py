"""Conversations and what must be remembered of them, through both processors and the rules, in any order of arrival.

A file of `conversations/` lists events and the memory they leave, retracted items apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from schemas.enums import ItemStatus
from schemas.ids import TenantId
from schemas.json_events import read_event
from schemas.records import ConversationEvent, Evidence, MemoryItem
from streams.extraction.rules import RuleExtractor
from streams.replay import Replay, both_stages
from topology.topics import TopicName

FILES = sorted((Path(__file__).parent / "conversations").glob("*.yaml"))
TENANT = TenantId("golden")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@pytest.mark.parametrize("seed", [None, 1, 2, 3], ids=lambda seed: f"shuffled-{seed}" if seed else "as-written")
def test_a_conversation_leaves_its_memory(file: Path, seed: int | None) -> None:
    page = yaml.safe_load(file.read_text("utf-8"))
    events = [event(number, row) for number, row in enumerate(page["events"])]
    if seed is not None:
        Random(seed).shuffle(events)
    replay = Replay(both_stages(RuleExtractor()))
    replay.take_events(events)

    assert sorted(remembered(replay), key=str) == sorted((expected(row) for row in page["memory"]), key=str)


def event(number: int, row: Mapping[str, Any]) -> ConversationEvent:
    """The event of one line: a message, or what `edits`, `deletes` or `deletes_conversation`."""
    kinds = {"edits": "message.edited", "deletes": "message.deleted", "deletes_conversation": "conversation.deleted"}
    change = next((name for name in kinds if name in row), None)
    message = row.get("message") if change is None else row[change]
    body = {
        "event_id": f"e{number}",
        "type": kinds[change] if change else "message.recorded",
        "conversation_id": message if change == "deletes_conversation" else row["conversation"],
        "message_id": None if change == "deletes_conversation" else message,
        "user_id": row.get("user"),
        "occurred_at": time(row["at"]).isoformat(),
        "text": row.get("text"),
        **{name: row[name] for name in ("role", "remember", "recalled", "timezone") if name in row},
    }
    return read_event({name: value for name, value in body.items() if value is not None}, TENANT)


def remembered(replay: Replay) -> list[dict[str, Any]]:
    evidence = replay.latest(TopicName.EVIDENCE, Evidence).values()
    items = replay.latest(TopicName.ITEMS, MemoryItem).values()
    return [
        {
            "user": item.user_id,
            "slot": item.slot,
            "value": item.value,
            "status": item.status.value,
            "valid": [bound for each in item.validity for bound in (each.valid_from, each.valid_to)],
            "evidence": sorted(each.message_id for each in evidence if each.item_id == item.item_id),
        }
        for item in items
        if item.status is not ItemStatus.RETRACTED
    ]


def expected(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "valid": [None if bound is None else time(bound) for bound in row["valid"]]}


def time(value: str | datetime) -> datetime:
    """YAML leaves a time without seconds a string."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)
