"""Work for the processor while the database works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def meanwhile(work: Callable[[], R], asked: Coroutine[Any, Any, T]) -> tuple[R, T]:
    """What `work` returns, done once the first statement of `asked` is sent, and what `asked` brings.

    What `work` raises is raised when `asked` has ended: a connection has one question at a time.
    """
    question = asyncio.ensure_future(asked)
    await asyncio.sleep(0)  # it begins, and comes to its first wait
    try:
        done = work()
    finally:
        await asyncio.wait([question])
    return done, question.result()
