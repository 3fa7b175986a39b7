"""Work is done while a question is under way, and no question outlives who asked it."""

from __future__ import annotations

import asyncio

import pytest

from api.readers.meanwhile import meanwhile

pytestmark = pytest.mark.asyncio


class Question:
    """Begins, waits to be answered, and tells how it ended."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.told: list[str] = []

    async def ask(self) -> str:
        self.told.append("sent")
        try:
            return await self.answer
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # as a driver gives up a statement
            self.told.append("given up")
            raise


async def test_work_is_done_after_the_question_is_sent_and_before_it_is_answered() -> None:
    question = Question()

    def work() -> int:
        question.told.append("worked")
        question.answer.set_result("brought")
        return 7

    assert await meanwhile(work, question.ask()) == (7, "brought")
    assert question.told == ["sent", "worked"]


async def test_what_work_raises_comes_when_the_question_has_been_given_up() -> None:
    question = Question()

    def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await meanwhile(work, question.ask())
    assert question.told == ["sent", "given up"]


async def test_what_the_question_raises_is_raised() -> None:
    question = Question()
    question.answer.set_exception(ConnectionError())
    with pytest.raises(ConnectionError):
        await meanwhile(lambda: None, question.ask())


@pytest.mark.parametrize("steps", range(1, 4))
async def test_whoever_is_cancelled_leaves_no_question_behind(steps: int) -> None:
    question = Question()
    asking = asyncio.ensure_future(meanwhile(lambda: None, question.ask()))
    for _ in range(steps):
        await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert question.told in ([], ["sent", "given up"])
    assert len(asyncio.all_tasks()) == 1
