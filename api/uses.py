"""When each key was last used: kept here, and written down every few seconds.

No request waits for it, and none fails with it. A minute that is not written down is lost knowledge, no fault.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol, TypeAlias
from uuid import UUID

from api.auth import Principal
from schemas.ids import TenantId
from topology.metrics import API_LAST_USES_DROPPED, Meters

WRITE_EVERY_SECONDS: Final = 5.0
MOST_KEYS: Final = 10_000
"""Waiting to be written down, while the database is away."""
LAST_SECONDS: Final = 1.0
"""How long the end of the process waits for the database."""

_log = logging.getLogger(__name__)

LastUse: TypeAlias = Mapping[tuple[TenantId, UUID], datetime]


class UseStore(Protocol):
    async def write_uses(self, uses: LastUse) -> None:
        """All of them or none. Only ever moves a time forward."""
        ...


class LastUses:
    def __init__(self, store: UseStore, meters: Meters, most: int = MOST_KEYS) -> None:
        self._store, self._meters, self._most = store, meters, most
        self._waiting: dict[tuple[TenantId, UUID], datetime] = {}

    def used(self, principal: Principal, at: datetime) -> None:
        self._keep((principal.tenant_id, principal.key_id), at)

    async def flush(self) -> None:
        """Write down what there is; what cannot be written is put back. Raises what the store raises."""
        taken, self._waiting = self._waiting, {}
        if not taken:
            return
        try:
            await self._store.write_uses(taken)
        except BaseException:
            later, self._waiting = self._waiting, {}
            for key, at in (taken | later).items():
                self._keep(key, at)
            raise

    async def close(self) -> None:
        """Write down what there is if the database lets us; what is left is counted, and gone."""
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self.flush()
        except Exception as error:  # noqa: BLE001 - whatever it is, the process ends
            _log.warning("last uses cannot be written at the end", extra={"error": type(error).__name__})
        finally:
            self._meters.add(API_LAST_USES_DROPPED, len(self._waiting))
            self._waiting = {}

    def _keep(self, key: tuple[TenantId, UUID], at: datetime) -> None:
        if key in self._waiting or len(self._waiting) < self._most:
            self._waiting[key] = at
        else:
            self._meters.add(API_LAST_USES_DROPPED)
