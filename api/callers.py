"""Whoever calls: the holder of an API key or of a JSON Web Token.

Chooses by the prefix of keys, which no token has.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from api.auth import PREFIX, KeyRing, Principal


class Uses(Protocol):
    """Where it is kept when keys were used."""

    def used(self, principal: Principal, at: datetime) -> None:
        """Never waits and never fails."""
        ...


class Tokens(Protocol):
    async def principal(self, token: str) -> Principal | None:
        """None for a token that is not good. Raises Retryable where that cannot be found out now."""
        ...


class Callers:
    def __init__(self, keys: KeyRing, tokens: Tokens | None, uses: Uses) -> None:
        self._keys, self._tokens, self._uses = keys, tokens, uses

    def is_strange(self, credentials: str) -> bool:
        """Whether the database would be asked for a key that may be a guess."""
        return not self._is_token(credentials) and self._keys.is_strange(credentials)

    async def principal(self, credentials: str) -> Principal | None:
        """None for credentials that are not good. Raises Retryable."""
        if self._tokens is not None and self._is_token(credentials):
            return await self._tokens.principal(credentials)
        principal = await self._keys.principal(credentials)
        if principal is not None:
            self._uses.used(principal, datetime.now(UTC))
        return principal

    def _is_token(self, credentials: str) -> bool:
        return self._tokens is not None and not credentials.startswith(PREFIX)
