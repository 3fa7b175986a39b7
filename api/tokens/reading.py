"""Whose a JSON Web Token is: its signature, its time, its issuer, and the claims that name tenant and scopes.

Says nothing of why a token is refused: whoever made it knows, and nobody else should.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import jwt

from api.auth import SECRET_KEY_BYTES, TENANT, Principal, Scope
from schemas.ids import TenantId
from topology.errors import Misconfigured
from topology.settings import Settings

SHARED: Final = frozenset({"HS256", "HS384", "HS512"})
PUBLIC: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
LEEWAY_SECONDS: Final = 10
"""How far the issuer's clock may be from ours."""
NAME_LONGEST: Final = 256

_SUBJECTS: Final = UUID("5f0a3a3e-6d0b-5c53-9f43-0a2b6f6c8f11")
"""The namespace of subjects' ids. Never to be changed: limits and the audit log go by them."""

_BAD = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
"""What a token can make of being read; the last two take strange numbers, and a header nested deeply."""

Key: TypeAlias = jwt.PyJWK | bytes


class SigningKeys(Protocol):
    async def find(self, key_id: str | None, algorithm: str) -> Key | None:
        """Raises Retryable where it cannot be told."""
        ...


class SharedSecret:
    """The one key of a deployment that signs with a secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    async def find(self, key_id: str | None, algorithm: str) -> Key | None:  # noqa: ARG002 - one key for every name
        return self._secret


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What a token must look like; None: nothing is asked."""

    algorithms: frozenset[str]
    audience: str | None
    issuer: str | None
    tenant_claim: str
    scope_claim: str


def rules_of(settings: Settings) -> TokenRules | None:
    """None where tokens are not accepted. Raises Misconfigured for settings that would accept anybody's."""
    secret, url = settings.jwt_secret.get_secret_value(), settings.jwt_jwks_url
    if not secret and not url:
        return None
    if secret and url:
        raise Misconfigured("JWT_SECRET and JWT_JWKS_URL are two ways: set one of them")
    if secret and len(secret.encode()) < SECRET_KEY_BYTES:
        raise Misconfigured(f"JWT_SECRET must hold at least {SECRET_KEY_BYTES} bytes")
    if url:
        _demand_a_known_issuer(settings)
    return TokenRules(
        algorithms=_algorithms(settings, SHARED if secret else PUBLIC, "HS256" if secret else "RS256,ES256"),
        audience=settings.jwt_audience or None,
        issuer=settings.jwt_issuer or None,
        tenant_claim=settings.jwt_tenant_claim,
        scope_claim=settings.jwt_scope_claim,
    )


def _demand_a_known_issuer(settings: Settings) -> None:
    """The same keys often sign for many services."""
    scheme = urlsplit(settings.jwt_jwks_url).scheme
    if scheme not in {"https", "http"}:
        raise Misconfigured("JWT_JWKS_URL must be an https address")
    if settings.app_env == "production" and not (scheme == "https" and settings.jwt_audience and settings.jwt_issuer):
        raise Misconfigured("in production JWT_JWKS_URL is https, and JWT_AUDIENCE and JWT_ISSUER are set")


def _algorithms(settings: Settings, fitting: frozenset[str], usual: str) -> frozenset[str]:
    """Raises Misconfigured for one that does not go with the kind of key: a public key must never serve as a secret."""
    named = frozenset(word.strip() for word in (settings.jwt_algorithms or usual).split(","))
    if not named <= fitting:
        raise Misconfigured(
            f"JWT_ALGORITHMS: {', '.join(sorted(named - fitting))} cannot go with the keys that are set"
        )
    return named


class TokenReader:
    """Finds the principal of a token."""

    def __init__(self, rules: TokenRules, keys: SigningKeys) -> None:
        self._rules, self._keys = rules, keys

    async def principal(self, token: str) -> Principal | None:
        """None for a token that is not good. Raises Retryable where that cannot be found out now."""
        try:
            header = jwt.get_unverified_header(token)
            algorithm, key_id = header["alg"], header.get("kid")
            if algorithm not in self._rules.algorithms:
                return None
        except (*_BAD, KeyError):
            return None
        key = await self._keys.find(key_id, algorithm)
        if key is None:
            return None
        try:
            return _principal(self._claims(token, key, algorithm), self._rules)
        except _BAD:
            return None

    def _claims(self, token: str, key: Key, algorithm: str) -> dict[str, Any]:
        rules = self._rules
        asked = {"exp", "sub"} | ({"aud"} if rules.audience else set()) | ({"iss"} if rules.issuer else set())
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=rules.audience,
            issuer=rules.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": sorted(asked), "verify_aud": rules.audience is not None},
        )


def _principal(claims: dict[str, Any], rules: TokenRules) -> Principal:
    """Raises ValueError where the claims name no tenant or nobody."""
    tenant, subject = claims.get(rules.tenant_claim), claims["sub"]
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant) or not subject:
        raise ValueError("no tenant, or no subject")
    return Principal(
        key_id=uuid5(_SUBJECTS, f"{claims.get('iss', '')}\n{subject}"),
        name=subject[:NAME_LONGEST],
        tenant_id=TenantId(tenant),
        scopes=_scopes(claims.get(rules.scope_claim)),
        rate_limited=True,
        kind="token",
    )


def _scopes(claim: object) -> frozenset[Scope]:
    """Those that are ours; issuers put many others there."""
    words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return frozenset(scope for scope in Scope if scope.value in words)
