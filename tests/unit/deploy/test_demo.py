"""The demo keeps what it promises against an API that tells the truth, and fails against one that does not."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.console import Console

from deploy.local import demo
from deploy.local.demo_client import Refused
from deploy.local.demo_promises import CONVERSATION, EXPECTED, Memory, differences, expected, told
from schemas import transcript
from schemas.ids import TenantId
from schemas.records import Evidence, MemoryItem, Message
from streams.extraction.rules import RuleExtractor
from streams.replay import Replay, both_stages
from support.lifetimes import LONG_AFTER, status_at
from topology.topics import TopicName


@dataclass
class HonestApi:
    """Answers from a replay of the events it was given, as the service would."""

    replay: Replay = field(default_factory=lambda: Replay(both_stages(RuleExtractor())))
    asked: int = 0

    def accept(self, events: list[dict[str, Any]]) -> int:
        self.replay.take_events(transcript.read(CONVERSATION, TenantId("local")))
        return len(events)

    def pending(self) -> int:
        self.asked += 1
        return max(0, 2 - self.asked)

    def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        rows = self.replay.latest(TopicName.MESSAGES, Message).values()
        return [{"message_id": row.message_id, "text": row.text} for row in rows]

    def items(self, user_id: str) -> list[dict[str, Any]]:
        rows = self.replay.latest(TopicName.ITEMS, MemoryItem).values()
        return [self._item(row) for row in rows if row.user_id == user_id]

    def history(self, item_id: str) -> list[dict[str, Any]]:
        sent = self.replay.sent(TopicName.ITEMS, MemoryItem)
        return [{} for _, item in sent if item is not None and item.item_id == item_id]

    def recall(self, user_id: str, query: str, limit: int) -> list[dict[str, Any]]:
        item = {
            "kind": "item",
            "id": "i",
            "slot": "home_city",
            "value": "Porto",
            "message_ids": ["porto-13"],
            "text": "",
        }
        message = {"kind": "message", "id": "porto-16", "text": "on April 26", "message_ids": ["porto-16"]}
        return [item, message]

    def _item(self, item: MemoryItem) -> dict[str, Any]:
        evidence = self.replay.latest(TopicName.EVIDENCE, Evidence).values()
        return {
            "item_id": item.item_id,
            "user_id": item.user_id,
            "kind": item.kind.value,
            "slot": item.slot,
            "value": item.value,
            "status": status_at(item, LONG_AFTER),
            "validity": [(_text(each.valid_from), _text(each.valid_to)) for each in item.validity],
            "valid_from": _text(item.validity[-1].valid_from) if item.validity else None,
            "due_from": _text(item.due_from),
            "due_to": _text(item.due_to),
            "evidence": [
                {"message_id": row.message_id, "start": row.start, "end": row.end, "quote": row.quote}
                for row in sorted(evidence, key=lambda row: row.occurred_at, reverse=True)
                if row.item_id == item.item_id
            ],
        }


def _text(at: Any) -> str | None:
    return None if at is None else at.isoformat()


def shown(api: Any) -> tuple[int, str]:
    out = io.StringIO()
    code = demo.run_demo(api, Console(file=out, width=160, highlight=False))
    return code, out.getvalue()


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "POLL_SECONDS", 0.0)


def test_the_demo_shows_what_was_said_remembered_superseded_and_answered() -> None:
    code, text = shown(HonestApi())
    assert code == 0
    for words in (
        "arrives late",
        "edits porto-11",
        "deletes porto-12",
        "I moved to Porto",
        "superseded",
        "home_city = Porto",
    ):
        assert words in text
    counts = "24 memories (16 active, 2 ended, 2 expired, 2 retracted, 2 superseded)"
    assert f"23 events accepted, 21 messages stored (1 deleted), {counts}" in text


def test_a_second_run_finds_the_same() -> None:
    api = HonestApi()
    first, second = shown(api), shown(api)
    assert first[0] == second[0] == 0


class ForgetfulApi(HonestApi):
    def items(self, user_id: str) -> list[dict[str, Any]]:
        return [item for item in super().items(user_id) if item["value"] != "Braga"]


class MisquotingApi(HonestApi):
    def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        return [{**row, "text": f" {row['text']}"} for row in super().messages(conversation_id)]


class SilentApi(HonestApi):
    def recall(self, user_id: str, query: str, limit: int) -> list[dict[str, Any]]:
        return []


class AbsentApi(HonestApi):
    def accept(self, events: list[dict[str, Any]]) -> int:
        raise Refused("no such place")


@pytest.mark.parametrize(
    ("api", "words"),
    [
        (ForgetfulApi, "missing: Memory(user='demo-ana', slot='home_city', value='Braga'"),
        (MisquotingApi, "are not in message"),
        (SilentApi, "is not answered by Porto"),
        (AbsentApi, "no such place"),
    ],
)
def test_a_broken_promise_is_named_and_fails(api: type[HonestApi], words: str) -> None:
    code, text = shown(api())
    assert code == 1
    assert words in text.replace("\n", " ")


def test_the_page_reads_as_memories() -> None:
    memories = expected()
    assert len(memories) == len(EXPECTED.read_text(encoding="utf-8").splitlines()) - 1
    assert {memory.status for memory in memories} == {"active", "superseded", "ended", "retracted", "expired"}


def test_differences_name_both_sides() -> None:
    one = Memory(user="u", slot="s", value="a", status="active", valid="-", due="-")
    other = Memory(user="u", slot="s", value="b", status="active", valid="-", due="-")
    assert [line.split(":")[0] for line in differences([one], [other])] == ["missing", "unexpected"]


def test_an_item_reads_as_the_page_writes_it() -> None:
    item = {
        "user_id": "u",
        "slot": "home_city",
        "value": "Porto",
        "status": "active",
        "validity": [["2025-04-02T00:00:00Z", None]],
        "due_from": None,
        "due_to": None,
    }
    assert told(item).valid == "2025-04-02.."
