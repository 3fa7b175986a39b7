"""Work that no request waits for: done again and again, whatever becomes of it.

Knows nothing of what is done; what is left at the end is for whoever has it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)


async def keep_doing(what: Callable[[], Awaitable[None]], every_seconds: float) -> None:
    """Do it for ever. An error is told and ends nothing: what could not be done is there the next time."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            await what()
        except Exception as error:  # noqa: BLE001 - whatever happens, it goes on
            _log.warning("background work failed", extra={"what": what.__qualname__, "error": type(error).__name__})
