"""What is dropped of Redis with a generation, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
import redis

from schemas.ids import UserId
from sinks.redis.dropping import KEYS_AT_ONCE, drop_profiles
from sinks.redis.keys import profile_key, recent_turns_key
from support.derived import CONVERSATION, TENANT
from support.infrastructure import Infrastructure
from topology.errors import Retryable

pytestmark = pytest.mark.integration

DROPPED, KEPT = 3_000_001, 30_000_011
"""The digits of the one begin those of the other."""


@pytest.fixture
def client(infrastructure: Infrastructure) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(infrastructure.redis_url, decode_responses=True) as found:
        yield found
        for generation in (DROPPED, KEPT):
            while keys := list(islice(found.scan_iter(f"*:{generation}:*"), KEYS_AT_ONCE)):
                found.delete(*keys)


def test_the_profiles_of_one_generation_go_and_all_else_stays(
    client: redis.Redis, infrastructure: Infrastructure
) -> None:
    gone = [profile_key(TENANT, UserId(f"u{n}"), DROPPED) for n in range(2 * KEYS_AT_ONCE + 1)]
    kept = [profile_key(TENANT, UserId("u1"), KEPT), recent_turns_key(TENANT, CONVERSATION, DROPPED)]
    client.mset(dict.fromkeys(gone + kept, "1"))
    for _ in range(2):
        drop_profiles(infrastructure.redis_url, DROPPED)
        assert client.exists(*gone) == 0
        assert client.exists(*kept) == len(kept)


def test_a_server_that_is_away_is_waited_for() -> None:
    with pytest.raises(Retryable):
        drop_profiles("redis://127.0.0.1:1/0", DROPPED)
