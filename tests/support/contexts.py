"""Judges blocks of context from outside: their length, whether they are stable, and whether every line can be traced.

Counts and compares words in ways of its own, so that a fault of the service's is not repeated here.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from random import Random
from typing import Any

import httpx

BUDGETS = (16, 40, 64, 100, 200, 400, 800, 1_500, 4_000, 32_000)
_WORD = re.compile(r"\w+")
_TURN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d [^:]*: (.*)", re.DOTALL)
_ITEM = re.compile(r"[^:]*: (.*?)(?: \([^()]*\d{4}-\d\d-\d\d[^()]*\))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where questions come from: the users and conversations that there are, words that were said, and when."""

    users: Sequence[str]
    conversations: Sequence[str]
    words: Sequence[str]
    times: Sequence[datetime]

    def question(self, rng: Random) -> dict[str, Any]:
        """The body of a random request."""
        asked: dict[str, Any] = {
            "user_id": rng.choice(self.users),
            "max_tokens": rng.choice(BUDGETS) + rng.randrange(16) if rng.random() < 0.9 else 32_000,
            "format": rng.choice(("text", "text", "json")),
        }
        asked["max_tokens"] = min(asked["max_tokens"], 32_000)
        if rng.random() < 0.8:
            asked["query"] = " ".join(rng.sample(self.words, rng.randint(1, 4))) + "?"
        if rng.random() < 0.5:
            asked["conversation_id"] = rng.choice(self.conversations)
        if rng.random() < 0.3:
            asked["asked_at"] = rng.choice(self.times).isoformat()
        return asked


@dataclass(slots=True, kw_only=True)
class Judge:
    """Asks one service, and finds what is wrong with its answers. `client` carries a key that may read."""

    client: httpx.AsyncClient
    _turns: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    _items: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.post("/v1/context", json=question)
        answer.raise_for_status()
        return dict(answer.json())

    async def faults(self, question: dict[str, Any], answer: dict[str, Any]) -> list[str]:
        """What is wrong with the answer, in words; empty where nothing is."""
        found = [*_length(question, answer), *_whole(answer)]
        for line, told in zip(answer["lines"], _told(answer), strict=False):
            found.extend(await self._origin(line, told, question))
        return found

    async def _origin(self, line: dict[str, Any], told: str, question: dict[str, Any]) -> list[str]:
        if line["kind"] == "item":
            item = await self._item(line["item_id"])
            found = [] if item["user_id"] == question["user_id"] else ["an item of another user"]
            return found + _compared(item["value"], told, line)
        turns = await self._conversation(line["conversation_id"])
        said = turns.get(line["message_ids"][0])
        if said is None:
            return [f"no message {line['message_ids']}"]
        asked_at = question.get("asked_at")
        late = asked_at and datetime.fromisoformat(said["occurred_at"]) > datetime.fromisoformat(asked_at)
        return (["a turn of later"] if late else []) + _compared(said["text"] or "", told, line)

    async def _item(self, item_id: str) -> dict[str, Any]:
        if item_id not in self._items:
            answer = await self.client.get(f"/v1/items/{item_id}")
            answer.raise_for_status()
            self._items[item_id] = answer.json()
        return self._items[item_id]

    async def _conversation(self, name: str) -> dict[str, dict[str, Any]]:
        if name not in self._turns:
            found: dict[str, dict[str, Any]] = {}
            cursor: str | None = None
            while True:
                asked = {"limit": 100} | ({"cursor": cursor} if cursor else {})
                page = (await self.client.get(f"/v1/conversations/{name}/messages", params=asked)).json()
                found |= {turn["message_id"]: turn for turn in page["messages"]}
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            self._turns[name] = found
        return self._turns[name]


def _length(question: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    context = answer["context"]
    written = context if isinstance(context, str) else json.dumps(context, ensure_ascii=False, separators=(",", ":"))
    counted = _counter()(written) if context else 0
    found = [] if counted <= question["max_tokens"] else [f"{counted} tokens where {question['max_tokens']} may be"]
    return found if counted == answer["tokens"] else [*found, f"{counted} tokens, told are {answer['tokens']}"]


def _whole(answer: dict[str, Any]) -> list[str]:
    told = len(_told(answer))
    return [] if told == len(answer["lines"]) else [f"{told} lines, {len(answer['lines'])} with their origin"]


def _told(answer: dict[str, Any]) -> list[str]:
    """What each line tells of its source, in the order of the block."""
    context = answer["context"]
    if not context:
        return []
    if isinstance(context, dict):
        entries = [entry for name, section in context.items() if name != "recalled" for entry in section]
        return [entry.get("text") or entry["value"] for entry in entries]
    lines = [line.removeprefix("- ") for line in context.splitlines() if line.startswith("- ")]
    return [_without_its_head(line) for line in lines]


def _without_its_head(line: str) -> str:
    match = _TURN.fullmatch(line) or _ITEM.fullmatch(line)
    assert match is not None, line
    return match[1]


def _compared(source: str, told: str, line: dict[str, Any]) -> list[str]:
    """Whether the words told are those of the source, to the end unless the line says that it is shortened."""
    said, shown = _WORD.findall(source), _WORD.findall(told)
    if not line["shortened"]:
        return [] if said == shown else [f"other words: {told!r}"]
    last = shown[-1] if shown else ""
    same = said[: len(shown) - 1] == shown[:-1] and said[len(shown) - 1].startswith(last) if shown else True
    return [] if same and told.endswith("…") else [f"badly shortened: {told!r}"]


@cache
def _counter() -> Callable[[str], int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import bpe_openai  # type: ignore[import-untyped]

        encoding = bpe_openai.get_encoding("o200k_base")
    return lambda text: len(encoding.encode_ordinary(text))
