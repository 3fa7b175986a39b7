"""Work for the processor while the database works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def meanwhile(work: Callable[[], R], asked: Coroutine[Any, Any, T]) -> tuple[R, T]:
    """What `work` returns, done once the first statement of `asked` is sent, and what `asked` brings.

    Whatever happens, `asked` has ended when this has: nothing of it is left to a connection that others get.
    """
    question = asyncio.ensure_future(asked)
    try:
        await asyncio.sleep(0)  # it begins, and comes to its first wait
        done = work()
    except BaseException:
        question.cancel()
        await asyncio.gather(question, return_exceptions=True)
        raise
    return done, await question  # which is cancelled, and waited for, where this is
