"""Keys of Kafka records, and the partition a key belongs to.

Free of I/O. The key of `conversation.events.v1` is `tenant_id/conversation_id` as it is (the tenant cannot hold a
slash); parts of every derived key are percent-encoded (RFC 3986, unreserved characters kept).
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote

from schemas.ids import ConversationId, TenantId, UserId

_MASK = 0xFFFFFFFF
_NOTHING_RESERVED = re.compile(r"[A-Za-z0-9_.~/-]*").fullmatch
"""Most ids need no encoding; to see that takes a twentieth of the time that encoding takes."""
_CACHED_KEYS = 65_536
"""Routing keys repeat (a conversation, a user): the hash of the recent ones is kept, about 10 MB at the most."""


def conversation_routing(tenant_id: TenantId, conversation_id: ConversationId) -> str:
    """What decides the partition of everything about a conversation; also the key of its events."""
    return f"{tenant_id}/{conversation_id}"


def user_routing(tenant_id: TenantId, user_id: UserId) -> str:
    """What decides the partition of everything about a user."""
    return f"{tenant_id}/{user_id}"


def join_key(*parts: str) -> str:
    """The key of a derived record: its parts, percent-encoded, between slashes. An absent part is empty."""
    key = "/".join(parts)
    if _NOTHING_RESERVED(key) and key.count("/") == len(parts) - 1:
        return key
    return "/".join([quote(part, safe="") for part in parts])


def split_key(key: str) -> tuple[str, ...]:
    """The parts that `join_key` was given."""
    return tuple(unquote(part) for part in key.split("/"))


def murmur2(data: bytes) -> int:
    """MurmurHash2 as Java's `org.apache.kafka.common.utils.Utils.murmur2` has it, as an unsigned 32-bit integer."""
    length = len(data)
    h = 0x9747B28C ^ length
    whole = length - length % 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * 0x5BD1E995 & _MASK
        h = (h * 0x5BD1E995 & _MASK) ^ ((k ^ (k >> 24)) * 0x5BD1E995 & _MASK)
    if whole != length:
        h = (h ^ int.from_bytes(data[whole:], "little")) * 0x5BD1E995 & _MASK
    h = (h ^ (h >> 13)) * 0x5BD1E995 & _MASK
    return h ^ (h >> 15)


@lru_cache(maxsize=_CACHED_KEYS)
def partition_of(routing: str, partitions: int) -> int:
    """The partition of a routing key, as Java's default partitioner and librdkafka's `murmur2` choose it."""
    return (murmur2(routing.encode()) & 0x7FFFFFFF) % partitions
