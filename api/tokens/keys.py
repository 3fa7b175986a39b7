"""The public keys of whoever issues tokens, from its JWKS document (RFC 7517).

Fetched without blocking, by one fetch at a time for all who wait; kept for minutes. That they cannot be fetched is no
reason to call a token false: it is Retryable.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from time import monotonic
from typing import Any, Final, TypeAlias

import httpx
from jwt import PyJWK, PyJWTError

from topology.errors import Retryable
from topology.metrics import API_JWKS_FETCHES, Meters

FRESH_SECONDS: Final = 300.0
"""How long keys are used without asking; a key that was taken out is good for so long."""
STALE_SECONDS: Final = 3_600.0
"""How long they are used while the issuer cannot be asked."""
PAUSE_SECONDS: Final = 10.0
"""Between two fetches, whatever key ids strangers think of."""
FETCH_SECONDS: Final = 5.0
MOST_BYTES: Final = 1 << 20

_KINDS: Final = frozenset({"RSA", "EC", "OKP"})
"""A symmetric key in a public document is no secret."""

Jwk: TypeAlias = dict[str, Any]

_log = logging.getLogger(__name__)


class JwksKeys:
    """The keys of one document."""

    def __init__(self, client: httpx.AsyncClient, url: str, meters: Meters, clock: Callable[[], float] = monotonic):
        self._client, self._url, self._meters, self._clock = client, url, meters, clock
        self._keys: list[Jwk] = []
        self._ready: dict[tuple[str | None, str], PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        """The key of that id for that algorithm, None where there is none. Raises Retryable where nobody can tell."""
        if self._age() >= FRESH_SECONDS or not self._named(key_id):
            await self._refresh()
        if self._age() >= STALE_SECONDS or (self._failed() and not self._named(key_id)):
            raise Retryable("the issuer's keys cannot be fetched", retry_after_seconds=PAUSE_SECONDS)
        return self._ready_for(key_id, algorithm)

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _failed(self) -> bool:
        return self._fetched_at < self._tried_at

    def _named(self, key_id: str | None) -> list[Jwk]:
        """Candidates; a token that names no key may mean an only one."""
        if key_id is None:
            return self._keys if len(self._keys) == 1 else []
        return [key for key in self._keys if key.get("kid") == key_id]

    def _ready_for(self, key_id: str | None, algorithm: str) -> PyJWK | None:
        if (key_id, algorithm) not in self._ready:
            made = next(filter(None, (_made(key, algorithm) for key in self._named(key_id))), None)
            if made is None:
                return None
            self._ready[key_id, algorithm] = made
        return self._ready[key_id, algorithm]

    async def _refresh(self) -> None:
        """Wait for the fetch that is under way, or begin one where the last is long enough ago. Whoever gives up
        waiting takes it from nobody else."""
        if self._fetching is None:
            if self._clock() - self._tried_at < PAUSE_SECONDS:
                return
            self._fetching = asyncio.create_task(self._fetch())
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        self._tried_at = self._clock()
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                self._keys = _usable(await self._document())
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody can tell about a token now: never a 500
            _log.warning("the issuer's keys cannot be fetched", extra={"error": type(error).__name__})
            self._meters.add(API_JWKS_FETCHES, outcome="failed")
        else:
            self._ready.clear()
            self._fetched_at = self._tried_at
            self._meters.add(API_JWKS_FETCHES, outcome="done")
        finally:
            self._fetching = None

    async def _document(self) -> object:
        body = bytearray()
        async with self._client.stream("GET", self._url, headers={"Accept": "application/json"}) as answer:
            answer.raise_for_status()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MOST_BYTES:
                    raise ValueError("the document is too large")
        return json.loads(body)


def _usable(document: object) -> list[Jwk]:
    """Public keys for signatures. Raises ValueError for what is no JWKS document."""
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ValueError("not a JWKS document")
    return [key for key in keys if isinstance(key, dict) and _signs(key)]


def _signs(key: Jwk) -> bool:
    operations = key.get("key_ops")
    verifies = operations is None or (isinstance(operations, list) and "verify" in operations)
    return key.get("kty") in _KINDS and key.get("use", "sig") == "sig" and verifies and "d" not in key


def _made(key: Jwk, algorithm: str) -> PyJWK | None:
    if key.get("alg", algorithm) != algorithm:
        return None
    try:
        return PyJWK(key, algorithm=algorithm)
    except (PyJWTError, ValueError, TypeError):
        return None
