"""The profile of a user: from Redis, where the sink keeps it; else from PostgreSQL, and then put back.

A value is put back only where it is newer than what has come meanwhile. Redis being away makes it slower, not wrong.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.models.people import UserProfile
from api.ranking.portrait import portrait
from api.readers import shapes, statements
from api.readers.database import Database
from api.readers.serving import ServingReader
from schemas.ids import TenantId, UserId
from sinks.projections import moment
from sinks.redis.keys import VALUE, profile_key
from sinks.redis.scripts import SET_PROFILE, source
from topology.retention import RetentionPolicies

_log = logging.getLogger(__name__)


class ProfileReader:
    def __init__(
        self,
        redis: Redis,
        database: Database,
        ttl_seconds: int,
        retention: RetentionPolicies,
        serving: ServingReader,
    ) -> None:
        self._redis, self._database, self._ttl_seconds = redis, database, ttl_seconds
        self._retention, self._serving = retention, serving
        self._set_profile = redis.register_script(source(SET_PROFILE))

    async def of_user(self, tenant_id: TenantId, user_id: str, now: datetime) -> UserProfile:
        """The profile at `now`; an empty one for a user of whom nothing is remembered. Raises Retryable."""
        return portrait(await self._stored(tenant_id, user_id), self._retention.of(tenant_id), now)

    async def _stored(self, tenant_id: TenantId, user_id: str) -> UserProfile:
        generation = (await self._serving.now()).number
        kept = await self._kept(profile_key(tenant_id, UserId(user_id), generation))
        if kept is not None:
            return UserProfile(**(json.loads(kept) if kept else _empty(user_id)), read_from="redis")
        async with self._database.read(tenant_id) as rows:
            row = await rows.one(statements.PROFILE, {"tenant_id": tenant_id, "user_id": user_id})
        if row is None:
            return UserProfile(**_empty(user_id), read_from="postgresql")
        await self._put_back(profile_key(tenant_id, UserId(user_id), row["generation"]), user_id, row)
        return UserProfile(**_of(user_id, row), read_from="postgresql")

    async def _kept(self, key: str) -> str | None:
        """What Redis holds: None where it holds nothing or cannot be asked, empty where the profile is gone."""
        try:
            value = await self._redis.hget(key, VALUE)
        except RedisError as error:
            _log.warning("Redis cannot be read", extra={"error": type(error).__name__})
            return None
        return None if value is None else str(value)

    async def _put_back(self, key: str, user_id: str, row: shapes.Row) -> None:
        value = json.dumps(_of(user_id, row) | {"recorded_at": moment(row["recorded_at"])}, ensure_ascii=False)
        try:
            await self._set_profile(keys=[key], args=[row["version_offset"], value, self._ttl_seconds])
        except RedisError as error:
            _log.warning("Redis cannot be written", extra={"error": type(error).__name__})


def _of(user_id: str, row: shapes.Row) -> dict[str, Any]:
    """As Redis holds it. A row that an earlier release landed lacks lists."""
    kept = {name: row[name] for name in ("slots", "top", "active_items", "recorded_at")}
    return {"user_id": user_id} | kept | {name: row[name] or [] for name in ("preferences", "tasks", "events")}


def _empty(user_id: str) -> dict[str, Any]:
    return {"user_id": user_id, "slots": [], "top": [], "active_items": 0, "recorded_at": None}
