"""Rows on their way into the audit log: buffered, written in batches, and never lost in silence.

No request waits for them. What cannot be kept until the database has it goes to the log of the process, row by row.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final, Protocol

from api.audit.entries import AuditEntry
from topology.metrics import API_AUDITED, Meters

WRITE_EVERY_SECONDS: Final = 0.5
MOST_WAITING: Final = 10_000
BATCH: Final = 500
LAST_SECONDS: Final = 3.0
"""How long the end of the process waits for the database: well before its keeper kills it (api.serving.workers)."""

_log = logging.getLogger(__name__)


class Unstorable(Exception):
    """The database refuses a row for what it is, and would do so again."""


class AuditStore(Protocol):
    async def write(self, entries: Sequence[AuditEntry]) -> None:
        """All of them or none; one that is there already counts once. Raises Unstorable, or anything else for later."""
        ...


class Trail:
    def __init__(self, store: AuditStore, meters: Meters, most: int = MOST_WAITING) -> None:
        self._store, self._meters, self._most = store, meters, most
        self._waiting: deque[AuditEntry] = deque()
        self._writing = asyncio.Lock()
        self._closed = False

    def put(self, entry: AuditEntry) -> None:
        """Never waits and never fails."""
        if self._closed or len(self._waiting) >= self._most:
            self._log_instead(entry)
        else:
            self._waiting.append(entry)

    async def flush(self) -> None:
        """Write everything that waits. What is being written waits until it is: raises what the store raises."""
        async with self._writing:
            while self._waiting:
                batch = list(islice(self._waiting, BATCH))
                await self._write(batch)

    async def _write(self, batch: Sequence[AuditEntry]) -> None:
        """A batch that is refused is halved until the row is found that is to blame."""
        try:
            await self._store.write(batch)
        except Unstorable as error:
            if len(batch) > 1:
                half = len(batch) // 2
                await self._write(batch[:half])
                await self._write(batch[half:])
                return
            _log.warning("a row of the audit log is refused", extra={"error": str(error)})
            self._log_instead(self._waiting.popleft())
            return
        for _ in batch:
            self._waiting.popleft()
        self._meters.add(API_AUDITED, len(batch), to="database")

    async def close(self) -> None:
        """Write what there is if the database lets us, else log it. Nothing is kept afterwards."""
        self._closed = True
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self.flush()
        except Exception as error:  # noqa: BLE001 - whatever it is, the rows are logged
            _log.warning("the audit log cannot be written at the end", extra={"error": type(error).__name__})
        finally:
            while self._waiting:
                self._log_instead(self._waiting.popleft())

    def _log_instead(self, entry: AuditEntry) -> None:
        """At a level that no setting silences."""
        self._meters.add(API_AUDITED, to="log")
        _log.error("audit", extra={"audit": entry.as_json()})
