"""The Redis sink: profiles and the recent turns of conversations, each set only where it is newer than what is there.

One connection, one thread, one pipeline a batch. It keeps no positions: a repeat changes nothing, so the group's
committed offsets suffice; and it fills no key that Redis lost, which is the reader's to do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, cast

import redis
from redis import exceptions
from redis.client import Pipeline

from schemas.ids import ConversationId, TenantId, UserId
from schemas.keys import split_key
from schemas.records import Message, Profile
from sinks.ports import Batch, Partition, SinkRecord
from sinks.projections import newest
from sinks.redis.keys import profile_key, recent_turns_key
from sinks.redis.scripts import SET_PROFILE, SET_TURNS, source
from sinks.redis.values import RECENT_TURNS, profile_value, turn_arguments
from topology.errors import Retryable
from topology.generations import FIRST
from topology.topics import TopicName

SOCKET_SECONDS: Final = 5
RETRY_AFTER_SECONDS: Final = 0.5
_PASSING: Final = (
    exceptions.ConnectionError,  # also while it loads its data
    exceptions.TimeoutError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    exceptions.MasterDownError,
    exceptions.ClusterDownError,
    exceptions.TryAgainError,
)


class RedisSink:
    """A `sinks.ports.Sink`; what it writes lives `ttl_seconds` after its last change.

    `generation` is that of the profiles; turns belong to none, and so to the first.
    """

    def __init__(self, url: str, *, ttl_seconds: int, generation: int = FIRST, turns_generation: int = FIRST) -> None:
        self._client = redis.Redis.from_url(
            url, decode_responses=True, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS
        )
        self._ttl_seconds = ttl_seconds
        self._generation = generation
        self._turns_generation = turns_generation
        self._set_profile = self._client.register_script(source(SET_PROFILE))
        self._set_turns = self._client.register_script(source(SET_TURNS))

    def start(self, _partitions: Collection[Partition], /) -> Mapping[Partition, int]:
        """Names no position; asks only whether Redis is there."""
        try:
            self._client.ping()
        except _PASSING as error:
            raise _retryable(error) from error
        return {}

    def prepare(self, batch: Batch, /) -> Batch:
        """As it is: there is little to make."""
        return batch

    def write(self, batch: Batch) -> Mapping[str, int]:
        profiles = newest(_of(TopicName.PROFILES, batch.records), lambda record: record.key)
        turns = newest(_of(TopicName.MESSAGES, batch.records), lambda record: record.key)
        with self._client.pipeline(transaction=False) as pipeline:
            for record in profiles.values():
                self._queue_profile(pipeline, record)
            for key, records in self._by_conversation(turns.values()).items():
                self._queue_turns(pipeline, key, records)
            try:
                pipeline.execute()
            except _PASSING as error:
                raise _retryable(error) from error
        return {"profiles": len(profiles), "turns": len(turns)}

    def stop(self) -> None:
        self._client.close()

    def _queue_profile(self, pipeline: Pipeline, record: SinkRecord) -> None:
        tenant_id, user_id = split_key(record.key)
        value = profile_value(cast("Profile | None", record.value))
        self._set_profile(
            keys=[profile_key(TenantId(tenant_id), UserId(user_id), self._generation)],
            args=[record.offset, value, self._ttl_seconds],
            client=pipeline,
        )

    def _queue_turns(self, pipeline: Pipeline, key: str, records: Iterable[SinkRecord]) -> None:
        arguments = [
            argument
            for record in records
            for argument in turn_arguments(record.key, record.offset, cast("Message | None", record.value))
        ]
        self._set_turns(keys=[key], args=[self._ttl_seconds, RECENT_TURNS, "", *arguments], client=pipeline)

    def _by_conversation(self, records: Iterable[SinkRecord]) -> dict[str, list[SinkRecord]]:
        grouped: dict[str, list[SinkRecord]] = {}
        for record in records:
            tenant_id, conversation_id, _ = split_key(record.key)
            key = recent_turns_key(TenantId(tenant_id), ConversationId(conversation_id), self._turns_generation)
            grouped.setdefault(key, []).append(record)
        return grouped


def _of(topic: TopicName, records: Iterable[SinkRecord]) -> Iterable[SinkRecord]:
    return (record for record in records if record.partition.topic == topic)


def _retryable(error: Exception) -> Retryable:
    return Retryable(f"Redis: {error}", retry_after_seconds=RETRY_AFTER_SECONDS)
