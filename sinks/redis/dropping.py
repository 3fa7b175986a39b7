"""Removes what Redis holds of one generation. Blocking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Final

import redis

from sinks.redis.keys import profile_keys_of
from topology.errors import Retryable

ANSWER_SECONDS: Final = 30.0
KEYS_AT_ONCE: Final = 1_000


def drop_profiles(url: str, generation: int) -> None:
    """Harmless to repeat. Raises Retryable where Redis is away: some keys may be gone by then."""
    try:
        with closing(redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS)) as client:
            keys: Iterator[bytes] = client.scan_iter(profile_keys_of(generation), count=KEYS_AT_ONCE)
            while found := list(islice(keys, KEYS_AT_ONCE)):
                client.unlink(*found)
    except redis.RedisError as error:
        raise Retryable(f"Redis: {error}", retry_after_seconds=5) from error
