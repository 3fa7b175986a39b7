"""For any T, the API's answers with `known_at` are those of a stack that was fed only the records of before T.

Real agents, sinks and API on one side. On the other, the same stages over the records as the broker has them, with
their positions and times, landed in a database of its own and asked plainly.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from confluent_kafka import Message

from schemas.codec import Codec
from schemas.ids import TenantId
from schemas.keys import conversation_routing, join_key, partition_of, user_routing
from schemas.records import ConversationEvent, MemoryCommand, Position
from streams.ports import RawRecord
from support.as_of import Asked, answers_of, asked_at, deleted_in, differences, land_as_of, migrated, replayed
from support.broker import PARTITIONS, read_all, send
from support.infrastructure import Infrastructure
from support.lives import given, told
from support.memory import CODEC
from support.speech import START
from support.stack import Stack
from topology.topics import TopicName

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

MOMENTS = int(os.environ.get("AS_OF") or 3)
"""How many T are tried."""
TENANT = TenantId(f"as-of-{uuid4().hex[:8]}")
"""Of its own: how rare a word is, is counted over a tenant."""
SEED = 11
AT_ONCE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswers:
    """Asked over HTTP."""

    stack: Stack
    key: str

    async def items(self, user_id: str, known_at: datetime | None, **narrowed: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        asked = {"known_at": known_at, "limit": 100} | narrowed
        while True:
            page = self._get(f"/v1/users/{user_id}/items", asked)
            found.extend(page["items"])
            if page["next_cursor"] is None:
                return found
            asked["cursor"] = page["next_cursor"]

    async def item(self, item_id: str, known_at: datetime | None) -> dict[str, Any] | None:
        return dict(self._get(f"/v1/items/{item_id}", {"known_at": known_at}))

    async def recall(self, known_at: datetime | None, **question: Any) -> list[dict[str, Any]]:
        question = {"known_at": known_at} | question
        answer = self.stack.call(
            "POST", "/v1/recall", {name: _json(value) for name, value in question.items()}, self.key
        )
        assert answer.is_success, answer.text
        return list(answer.json()["results"])

    def _get(self, path: str, asked: dict[str, Any]) -> Any:
        given = {name: _json(value) for name, value in asked.items() if value is not None}
        answer = self.stack.call("GET", f"{path}?{urlencode(given)}", key=self.key)
        assert answer.is_success, answer.text
        return answer.json()


def _json(value: object) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def speak(stack: Stack) -> None:
    """Send a life and commands about it, a few records at a time, so that the broker gives them different times."""
    events = [replace(event, tenant_id=TENANT) for event in told(SEED, messages=80)]
    mixed: list[ConversationEvent | MemoryCommand] = list(events)
    chance = Random(SEED)
    for command in given(SEED, events):
        mixed.insert(chance.randrange(len(mixed) // 3, len(mixed)), command)
    kafka = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    with stack.codec() as codec:
        for start in range(0, len(mixed), AT_ONCE):
            for each in mixed[start : start + AT_ONCE]:
                send(kafka, *_sendable(each, codec))
    stack.drain()


def _sendable(each: ConversationEvent | MemoryCommand, codec: Codec) -> tuple[str, list[tuple[int, bytes, bytes]]]:
    if isinstance(each, ConversationEvent):
        routing = conversation_routing(each.tenant_id, each.conversation_id)
        return TopicName.EVENTS, [(partition_of(routing, PARTITIONS), routing.encode(), codec.encode(each))]
    partition = partition_of(user_routing(each.tenant_id, each.user_id), PARTITIONS)
    key = join_key(each.tenant_id, each.user_id, each.command_id).encode()
    return TopicName.COMMANDS, [(partition, key, codec.encode(each))]


def records_of(stack: Stack) -> list[RawRecord]:
    """What the broker has of that life."""
    kafka = stack.environment["KAFKA_BOOTSTRAP_SERVERS"]
    with stack.codec() as codec:
        events = list(_raw(kafka, TopicName.EVENTS, ConversationEvent, codec))
        commands = list(_raw(kafka, TopicName.COMMANDS, MemoryCommand, codec))
    return sorted([*events, *commands], key=lambda raw: raw.timestamp)


def _raw(
    kafka: str, topic: TopicName, record: type[ConversationEvent | MemoryCommand], codec: Codec
) -> Iterator[RawRecord]:
    for message in read_all(kafka, topic):
        if (message.key() or b"").startswith(f"{TENANT}/".encode()):
            value = CODEC.encode(codec.decode(message.value() or b"", record))
            yield RawRecord(
                position=_position(topic, message), timestamp=_time(message), key=message.key(), value=value
            )


def _position(topic: TopicName, message: Message) -> Position:
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return Position(topic=topic, partition=partition, offset=offset)


def _time(message: Message) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=message.timestamp()[1])


async def test_answers_are_those_of_a_stack_that_was_fed_no_more(stack: Stack) -> None:
    speak(stack)
    records = records_of(stack)
    whole = replayed(records, PARTITIONS)
    asked = Asked(
        tenant_id=TENANT,
        users=["anna", "ben"],
        conversations=["kitchen", "work", "travels"],
        queries=["Where do I live? Lisbon Porto", "likes sister party task"],
        valid_at=[START, START + timedelta(minutes=45), START + timedelta(days=3)],
    )
    first = HttpAnswers(stack=stack, key=stack.new_key(TENANT))
    found = []
    for at in _moments(records):
        fed = replayed([raw for raw in records if raw.timestamp <= at], PARTITIONS)
        deleted_since = {key: one for key, one in deleted_in(whole).items() if key not in deleted_in(fed)}
        with Infrastructure(state_dir=stack.state_dir, environment=stack.environment).fresh_database() as url:
            land_as_of(migrated(url), fed, deleted_since)
            async with asked_at(url, TENANT, at) as second:
                one = await answers_of(first, asked, at)
                other = await answers_of(second, asked, None)
        found += [f"{at}: {difference}" for difference in differences(one, other)]
    print(f"\n{MOMENTS} T, {len(records)} records, {asked.items} items compared, {len(found)} differences")
    assert asked.items > 10 * MOMENTS
    assert not found, "\n".join(found[:5])


def _moments(records: Sequence[RawRecord]) -> list[datetime]:
    return [raw.timestamp for raw in Random(SEED).choices(records, k=MOMENTS)]
