"""Who is asking: API keys, the tenant they decide, and what they may do.

A key is 256 random bits and is never stored: the table holds HMAC-SHA256(SECRET_KEY, key), looked up by equality on
that digest, so nothing that is compared depends on the key's own characters. Reads one table, through `KeyStore`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Literal, Protocol
from uuid import UUID

from schemas.ids import TenantId
from topology.errors import Misconfigured
from topology.settings import Settings

PREFIX = "alv_"
"""By which scanners recognise a leaked key."""
SECRET_KEY_BYTES = 32
CACHE_SECONDS = 5.0
"""How long a revoked key may still work."""
CACHE_ENTRIES = 10_000

TENANT = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""What a tenant's id may be (the public contract)."""

_KEY = re.compile(r"alv_[A-Za-z0-9_-]{43}")


class Scope(StrEnum):
    """What a key may do."""

    INGEST = "ingest"
    READ = "read"
    READ_TENANT = "read_tenant"
    """Recall over the whole tenant, where neither a conversation nor a user narrows it."""
    CORRECT = "correct"
    ERASE = "erase"
    ADMIN = "admin"


ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The holder of a valid key or token."""

    key_id: UUID
    name: str
    tenant_id: TenantId
    scopes: frozenset[Scope]
    rate_limited: bool
    kind: Literal["key", "token"] = "key"
    """A token's `key_id` stands for its issuer and subject."""


class KeyStore(Protocol):
    """The valid keys: neither revoked nor expired."""

    async def find(self, key_hmac: bytes) -> Principal | None:
        """Raises Retryable while the database is away."""
        ...


class KeyRing:
    """Finds the principal of a key, trusting what it found for a few seconds. Unknown keys are not remembered."""

    def __init__(self, store: KeyStore, secret_key: bytes, clock: Callable[[], float] = monotonic) -> None:
        self._store, self._secret_key, self._clock = store, secret_key, clock
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def principal(self, key: str) -> Principal | None:
        """None for a key that is malformed, unknown, revoked or expired. Raises Retryable."""
        if not is_key(key):
            return None
        digest = key_hmac(self._secret_key, key)
        kept = self._known.get(digest)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        principal = await self._store.find(digest)
        self._remember(digest, principal)
        return principal

    def is_strange(self, key: str) -> bool:
        """Whether it may be a guess that the store would be asked for: no key that was right when last asked for."""
        return is_key(key) and key_hmac(self._secret_key, key) not in self._known

    def _remember(self, digest: bytes, principal: Principal | None) -> None:
        self._known.pop(digest, None)
        if principal is not None:
            self._known[digest] = self._clock() + CACHE_SECONDS, principal
        if len(self._known) > CACHE_ENTRIES:
            self._known.popitem(last=False)


def generate_key() -> str:
    """A new key: the prefix and 43 URL-safe characters, 256 bits."""
    return PREFIX + secrets.token_urlsafe(32)


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def key_hmac(secret_key: bytes, key: str) -> bytes:
    """What is stored of a key: 32 bytes."""
    return hmac.digest(secret_key, key.encode(), hashlib.sha256)


def secret_key_of(settings: Settings) -> bytes:
    """The key of the HMAC. Raises Misconfigured where it is too short to be one."""
    secret = settings.secret_key.get_secret_value().encode()
    if len(secret) < SECRET_KEY_BYTES:
        raise Misconfigured(f"SECRET_KEY must hold at least {SECRET_KEY_BYTES} bytes")
    return secret


def parse_scopes(words: Iterable[str]) -> frozenset[Scope]:
    """Scopes by name; `all` is every one of them. Raises ValueError for a word that is none."""
    named = set(words)
    return frozenset(Scope) if ALL in named else frozenset(Scope(word) for word in named)
