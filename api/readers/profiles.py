"""The profile of a user: from Redis, where the sink keeps it; else from PostgreSQL, and then put back.

A value is put back only where it is newer than what has come meanwhile. Redis being away makes it slower, not wrong.
"""

from __future__ import annotations

import logging
from datetime import datetime

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from api.models.people import UserProfile
from api.ranking.portrait import Json, portrait
from api.readers import shapes, statements
from api.readers.database import Database
from api.readers.serving import ServingReader
from schemas.ids import TenantId, UserId
from sinks.projections import moment
from sinks.redis.keys import VALUE, profile_key
from sinks.redis.scripts import SET_PROFILE, source
from topology.retention import RetentionPolicies

NEVER_LANDED = -1
"""Older than whatever a sink lands, so that a profile that comes is there at once."""
ABSENT_SECONDS = 5
"""How long it is kept in mind that there is none: as long as PostgreSQL may be behind a Redis that was flushed."""

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
        return UserProfile(**await self.as_json(tenant_id, user_id, now))

    async def as_json(self, tenant_id: TenantId, user_id: str, now: datetime) -> Json:
        """The same, as the JSON of a UserProfile."""
        return portrait(await self._stored(tenant_id, user_id), self._retention.of(tenant_id), now)

    async def _stored(self, tenant_id: TenantId, user_id: str) -> Json:
        generation = (await self._serving.now()).number
        key = profile_key(tenant_id, UserId(user_id), generation)
        kept = await self._kept(key)
        if kept is not None:
            return (orjson.loads(kept) if kept else _empty(user_id)) | {"read_from": "redis"}
        async with self._database.read(tenant_id) as rows:
            row = await rows.one(statements.PROFILE, {"tenant_id": tenant_id, "user_id": user_id})
        if row is None:
            await self._set(key, NEVER_LANDED, "", ABSENT_SECONDS)
            return _empty(user_id) | {"read_from": "postgresql"}
        found = _of(user_id, row)
        of_row = profile_key(tenant_id, UserId(user_id), row["generation"])
        await self._set(of_row, row["version_offset"], orjson.dumps(found).decode(), self._ttl_seconds)
        return found | {"read_from": "postgresql"}

    async def _kept(self, key: str) -> str | None:
        """What Redis holds: None where it holds nothing or cannot be asked, empty where there is no profile."""
        try:
            value = await self._redis.hget(key, VALUE)
        except RedisError as error:
            _log.warning("Redis cannot be read", extra={"error": type(error).__name__})
            return None
        return None if value is None else str(value)

    async def _set(self, key: str, version: int, value: str, ttl_seconds: int) -> None:
        """Unless what is there is as new."""
        try:
            await self._set_profile(keys=[key], args=[version, value, ttl_seconds])
        except RedisError as error:
            _log.warning("Redis cannot be written", extra={"error": type(error).__name__})


def _of(user_id: str, row: shapes.Row) -> Json:
    """As Redis holds it. A row that an earlier release landed lacks lists."""
    kept = {name: row[name] for name in ("slots", "top", "active_items")}
    return (
        {"user_id": user_id, "recorded_at": moment(row["recorded_at"])}
        | kept
        | {name: row[name] or [] for name in ("preferences", "tasks", "events")}
    )


def _empty(user_id: str) -> Json:
    return {"user_id": user_id, "slots": [], "top": [], "active_items": 0, "recorded_at": None}
