"""JSON Web Tokens: which are good, for whom, and what happens while their issuer cannot be asked."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

from api.auth import Scope
from api.tokens.keys import FRESH_SECONDS, PAUSE_SECONDS, STALE_SECONDS, JwksKeys
from api.tokens.reading import SharedSecret, TokenReader, TokenRules, rules_of
from support.api_fakes import TENANT, world
from topology import metrics
from topology.errors import Misconfigured, Retryable
from topology.settings import Settings

SECRET = "t" * 32
URL = "https://issuer.test/jwks"
PRIVATE = generate_private_key(SECP256R1())
OTHER = generate_private_key(SECP256R1())


def claims(**changes: Any) -> dict[str, Any]:
    good: dict[str, Any] = {
        "sub": "ana@acme",
        "iss": "https://issuer.test",
        "aud": "alluvium",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        "tenant_id": "acme",
        "scope": "read openid ingest",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def by_secret(**changes: Any) -> str:
    return jwt.encode(claims(**changes), SECRET, algorithm="HS256")


def settings(**changes: Any) -> Settings:
    return Settings(**{"jwt_secret": SECRET, "jwt_audience": "alluvium", "jwt_issuer": "https://issuer.test"} | changes)


def rules(**changes: Any) -> TokenRules:
    found = rules_of(settings(**changes))
    assert found
    return found


def reader() -> TokenReader:
    return TokenReader(rules(), SharedSecret(SECRET.encode()))


async def test_a_good_token_is_a_principal_of_its_claims() -> None:
    principal = await reader().principal(by_secret())
    assert principal is not None
    assert (principal.tenant_id, principal.name, principal.kind) == (TENANT, "ana@acme", "token")
    assert principal.scopes == {Scope.READ, Scope.INGEST}
    assert principal.rate_limited


async def test_an_id_goes_with_issuer_and_subject() -> None:
    one, same, other = [await reader().principal(by_secret(sub=sub)) for sub in ("a", "a", "b")]
    elsewhere = await TokenReader(rules(jwt_issuer=""), SharedSecret(SECRET.encode())).principal(
        by_secret(sub="a", iss="x")
    )
    assert one is not None
    assert same is not None
    assert other is not None
    assert elsewhere is not None
    assert one.key_id == same.key_id
    assert len({one.key_id, other.key_id, elsewhere.key_id}) == 3


@pytest.mark.parametrize(
    ("scope", "given"), [(["read", "admin", 7], {Scope.READ, Scope.ADMIN}), (None, set()), ("all", set()), (7, set())]
)
async def test_scopes_are_words_or_an_array_and_strange_ones_are_nothing(scope: object, given: set[Scope]) -> None:
    principal = await reader().principal(by_secret(scope=scope))
    assert principal is not None
    assert principal.scopes == given


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": datetime.now(UTC) - timedelta(minutes=1)},
        {"exp": float("inf")},
        {"exp": "soon"},
        {"nbf": datetime.now(UTC) + timedelta(hours=1)},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"iss": None},
        {"iss": "https://somebody.test"},
        {"aud": None},
        {"aud": "another service"},
        {"tenant_id": None},
        {"tenant_id": "a/b"},
        {"tenant_id": "acme\n"},
        {"tenant_id": ["acme"]},
    ],
)
async def test_a_token_that_lacks_something_is_refused(changes: dict[str, Any]) -> None:
    assert await reader().principal(by_secret(**changes)) is None


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, default=str).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "é.é.é",
        f"{part({'alg': 'none'})}.{part(claims(exp=9_999_999_999))}.",
        jwt.encode(claims(), "u" * 32, algorithm="HS256"),
        jwt.encode(claims(), SECRET * 2, algorithm="HS512"),
        f"{part({'alg': ['HS256']})}.{part({})}.x",
        f"{part({'alg': 'HS256', 'kid': 7})}.{part({})}.x",
        base64.urlsafe_b64encode(b"[" * 40_000).decode().rstrip("=") + ".e30.x",
        by_secret()[:-3] + "AAA",
    ],
    ids=[
        "nothing",
        "three words",
        "no ASCII",
        "no algorithm",
        "another secret",
        "another algorithm",
        "a list of algorithms",
        "a number of a key",
        "deep",
        "another signature",
    ],
)
async def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    assert await reader().principal(token) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"jwt_secret": "short"},
        {"jwt_jwks_url": URL},
        {"jwt_algorithms": "none"},
        {"jwt_algorithms": "RS256"},
        {"jwt_secret": "", "jwt_jwks_url": URL, "jwt_algorithms": "HS256,RS256"},
        {"jwt_secret": "", "jwt_jwks_url": "file:///etc/passwd"},
        {"jwt_secret": "", "jwt_jwks_url": URL, "app_env": "production", "jwt_audience": ""},
        {"jwt_secret": "", "jwt_jwks_url": "http://issuer.test", "app_env": "production"},
    ],
)
def test_settings_that_would_accept_anybody_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        rules_of(settings(**changes))


def test_without_settings_there_are_no_tokens() -> None:
    assert rules_of(Settings()) is None


def jwk(private: EllipticCurvePrivateKey = PRIVATE, **changes: Any) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(private.public_key()))
    return public | {"kid": "one", "use": "sig"} | changes


class Issuer:
    """A JWKS document that can be changed, or away."""

    def __init__(self, *keys: Any) -> None:
        self.keys: Any = list(keys)
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked, self.now = 0, 0.0
        self._client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.signing = JwksKeys(self._client, URL, metrics.build("api"), clock=lambda: self.now)
        self.reader = TokenReader(rules(jwt_secret="", jwt_jwks_url=URL), self.signing)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return httpx.Response(200, json={"keys": self.keys})

    async def takes(self, token: str) -> bool:
        return await self.reader.principal(token) is not None


def signed(private: EllipticCurvePrivateKey = PRIVATE, kid: str | None = "one", **changes: Any) -> str:
    return jwt.encode(claims(**changes), private, algorithm="ES256", headers={"kid": kid} if kid else None)


async def test_keys_are_fetched_once_and_again_when_they_are_old() -> None:
    issuer = Issuer(jwk())
    assert await issuer.takes(signed())
    assert await issuer.takes(signed())
    assert issuer.asked == 1
    issuer.keys, issuer.now = [jwk(OTHER)], FRESH_SECONDS
    assert not await issuer.takes(signed())
    assert await issuer.takes(signed(OTHER))
    assert issuer.asked == 2


async def test_an_unknown_key_is_asked_for_but_not_at_every_call() -> None:
    issuer = Issuer(jwk())
    assert not await issuer.takes(signed(OTHER, kid="two"))
    issuer.keys.append(jwk(OTHER, kid="two"))
    assert not await issuer.takes(signed(OTHER, kid="two"))
    assert issuer.asked == 1
    issuer.now = PAUSE_SECONDS
    assert await issuer.takes(signed(OTHER, kid="two"))
    assert issuer.asked == 2


async def test_a_token_without_a_key_id_is_that_of_an_only_key() -> None:
    assert await Issuer(jwk()).takes(signed(kid=None))
    assert not await Issuer(jwk(), jwk(OTHER, kid="two")).takes(signed(kid=None))


@pytest.mark.parametrize(
    "key",
    [
        jwk(use="enc"),
        jwk(key_ops=["encrypt"]),
        jwk(alg="ES384"),
        {"kty": "oct", "kid": "one", "k": "dGhpcyBpcyBubyBzZWNyZXQ"},
        {"kty": "EC", "kid": "one"},
        {"kid": "one"},
        "nonsense",
    ],
)
async def test_a_key_that_is_not_for_this_is_as_if_it_were_not_there(key: Any) -> None:
    assert not await Issuer(key, jwk(OTHER, kid="two")).takes(signed())


async def test_a_public_key_is_never_a_secret() -> None:
    public = PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body = part({"alg": "HS256", "kid": "one"}), part(claims(exp=9_999_999_999))
    mac = jwt.get_algorithm_by_name("HS256")
    signature = mac.sign(f"{head}.{body}".encode(), public)
    token = f"{head}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    assert not await Issuer(jwk()).takes(token)


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("away"), httpx.ReadTimeout("slow"), OSError("reset"), RuntimeError("unforeseen")],
)
async def test_an_issuer_that_is_away_is_no_reason_to_call_a_token_false(error: Exception) -> None:
    issuer = Issuer(jwk())
    issuer.error = error
    for _ in range(2):
        with pytest.raises(Retryable):
            await issuer.takes(signed())
    assert issuer.asked == 1
    issuer.error, issuer.now = None, PAUSE_SECONDS
    assert await issuer.takes(signed())


@pytest.mark.parametrize("keys", [None, "x", {"kid": "one"}])
async def test_a_document_that_is_none_is_like_an_issuer_that_is_away(keys: Any) -> None:
    issuer = Issuer()
    issuer.keys = keys
    with pytest.raises(Retryable):
        await issuer.takes(signed())


async def test_known_keys_do_for_a_while_without_the_issuer_and_no_longer() -> None:
    issuer = Issuer(jwk())
    assert await issuer.takes(signed())
    issuer.error, issuer.now = httpx.ConnectError("away"), FRESH_SECONDS
    assert await issuer.takes(signed())
    issuer.now = STALE_SECONDS
    with pytest.raises(Retryable):
        await issuer.takes(signed())


async def test_who_gives_up_waiting_takes_the_keys_from_nobody_else() -> None:
    issuer = Issuer(jwk())
    issuer.gate.clear()
    first, second = (asyncio.create_task(issuer.takes(signed())) for _ in range(2))
    while not issuer.asked:
        await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    issuer.gate.set()
    assert await second
    assert issuer.asked == 1


@pytest.mark.parametrize(
    ("token", "status"),
    [(by_secret, 200), (lambda: by_secret(scope="ingest"), 403), (lambda: by_secret(aud="x"), 401)],
)
async def test_the_service_takes_tokens_beside_keys(token: Callable[[], str], status: int) -> None:
    w = world(tokens=reader())
    async with w.client() as client:
        assert (await client.get("/v1/version")).status_code == 200
        answer = await client.get("/v1/users/ana/profile", headers={"Authorization": f"Bearer {token()}"})
    assert answer.status_code == status
    principals = [entry.principal for entry in w.audit.entries]
    assert principals == ([] if status == 401 else ["token:ana@acme"])


async def test_an_issuer_that_is_away_is_a_503() -> None:
    issuer = Issuer(jwk())
    issuer.error = httpx.ConnectError("away")
    async with world(tokens=issuer.reader).client() as client:
        answer = await client.get("/v1/version", headers={"Authorization": f"Bearer {signed()}"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
