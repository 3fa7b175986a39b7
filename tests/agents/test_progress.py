"""The commit that lag monitors see, against a broker that does not answer: one request, and no error goes unheard."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka.errors import UnknownMemberIdError
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.engine import driver
from streams.engine.driver import ControlThread


class FrozenConsumer:
    """Shields its requests as aiokafka does; they end when `thaw` says how."""

    def __init__(self) -> None:
        self.requests = 0
        self.thaw: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition("events", 0)}

    async def commit(self, _offsets: Mapping[TopicPartition, Any]) -> None:
        self.requests += 1
        await asyncio.shield(asyncio.ensure_future(self._answer()))

    async def _answer(self) -> None:
        await asyncio.wait({self.thaw})
        self.thaw.result()


class Thread(ControlThread):
    def __init__(self, consumer: FrozenConsumer) -> None:
        self.frozen = consumer

    def _ensure_consumer(self) -> Any:
        return self.frozen


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "COMMIT_SECONDS", 0.01)


def test_a_frozen_broker_is_asked_once_and_its_late_error_is_heard() -> None:
    unheard: list[object] = []

    async def freeze() -> tuple[list[bool], int]:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unheard.append(context))
        consumer = FrozenConsumer()
        thread = Thread(consumer)
        told = [await thread._commit_progress({TP("events", 0): 7}) for _ in range(3)]
        consumer.thaw.set_exception(UnknownMemberIdError("extract-v1"))
        await asyncio.sleep(0.05)
        gc.collect()
        return told, consumer.requests

    assert asyncio.run(freeze()) == ([False, False, False], 1)
    assert unheard == []


def test_the_next_commit_goes_out_once_the_last_has_ended() -> None:
    async def thaw() -> tuple[list[bool], int]:
        consumer = FrozenConsumer()
        thread = Thread(consumer)
        first = await thread._commit_progress({TP("events", 0): 7})
        consumer.thaw.set_result(None)
        await asyncio.sleep(0.01)
        return [first, await thread._commit_progress({TP("events", 0): 9})], consumer.requests

    assert asyncio.run(thaw()) == ([False, True], 2)
