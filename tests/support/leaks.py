"""What could show one tenant's words to another: every endpoint, with a request of it, and what the tenants have said.

Two tenants hold the same ids, each with a mark of its own in every word. A new endpoint needs a row in `CASES`: a test
compares them with the routes of the application. A new table of tenants needs rows in `told`, or a line in `UNTOLD`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.auth import Scope
from schemas.ids import ConversationId, MessageId, TenantId, UserId, item_id
from schemas.keys import join_key
from schemas.records import Evidence, MemoryItem, Message, Outcome, Profile
from support.api_story import ACME, ANA, LATER, OTHER, Landed, evidence_key, message, story
from topology.topics import TopicName

MARKS: Final = {ACME: "nearby", OTHER: "elsewhere"}
"""In every text, value, name and reason of the one tenant, and in none of the other's."""

ANYBODY: Final = frozenset[Scope]()
"""No key is needed."""
ITEM: Final = "{item_id}"
"""Stands for the asker's own item; as an intruder asks, for the other tenant's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request of one endpoint, what it takes to be allowed it, and whether its answer has words of the tenant."""

    method: str = "GET"
    path: str
    template: str = ""
    """As the application has it; empty: the path is it."""
    needs: frozenset[Scope] = frozenset({Scope.READ})
    json: object = None
    shows: bool = True

    @property
    def endpoint(self) -> str:
        return f"{self.method} {self.template or self.path.partition('?')[0]}"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.json or ''}".strip()


def _open(path: str) -> Case:
    return Case(path=path, needs=ANYBODY, shows=False)


def _user(rest: str, path: str) -> Case:
    return Case(path=f"/v1/users/ana/{path}", template=f"/v1/users/{{user_id}}/{rest}")


def _recall(*needs: Scope, **asked: object) -> Case:
    body = {"query": "Where did Ana move, Lisbon or Porto?", "limit": 100} | asked
    return Case(method="POST", path="/v1/recall", needs=frozenset({Scope.READ, *needs}), json=body)


def _item(method: str, json: object = None) -> Case:
    return Case(method=method, path=f"/v1/items/{ITEM}", needs=frozenset({Scope.CORRECT}), json=json, shows=False)


def _admin(path: str, method: str = "GET", json: object = None, *, shows: bool = False) -> Case:
    whole, needs = f"/v1/admin/{path}", frozenset({Scope.ADMIN})
    template = whole.replace(_KEY, "{key_id}")
    return Case(method=method, path=whole, template=template, needs=needs, json=json, shows=shows)


_KEY: Final = "3f1c2b58-7a34-4d8e-9b0c-5a1d2e3f4a5b"
"""Of nobody."""
_EVENT: Final = {
    "event_id": "evt-new",
    "type": "message.recorded",
    "conversation_id": "family",
    "message_id": "m-new",
    "user_id": "ana",
    "text": "Hello.",
    "occurred_at": "2024-05-17T09:30:00Z",
}
_WISH: Final = {"kind": "fact", "slot": "home_city", "value": "Faro"}
_NOW: Final = "2024-06-03T00:00:00Z"
_BEFORE_THE_EDIT: Final = "2024-06-02T00:00:00Z"

CASES: Final[tuple[Case, ...]] = (
    *(_open(f"/{name}") for name in ("health", "health/live", "health/ready", "metrics")),
    *(_open(f"/{name}") for name in ("openapi.json", "docs")),
    Case(path="/v1/version", shows=False),
    Case(method="POST", path="/v1/events", needs=frozenset({Scope.INGEST}), json=[_EVENT], shows=False),
    Case(path="/v1/events/evt-m-1", template="/v1/events/{event_id}"),
    Case(path="/v1/lag", shows=False),
    _recall(Scope.READ_TENANT),
    _recall(Scope.READ_TENANT, known_at=_NOW),
    _recall(Scope.READ_TENANT, known_at=_BEFORE_THE_EDIT),
    _recall(conversation_id="family"),
    _recall(conversation_id="family", known_at=_NOW),
    _recall(user_id="ana"),
    Case(method="POST", path="/v1/context", json={"user_id": "ana", "query": "Where?", "max_tokens": 4_000}),
    Case(
        method="POST",
        path="/v1/context",
        json={"user_id": "ana", "conversation_id": "family", "max_tokens": 4_000, "format": "json"},
    ),
    Case(path="/v1/me/usage", needs=ANYBODY, shows=False),
    Case(path="/v1/users"),
    _user("profile", "profile"),
    _user("items", "items"),
    _user("items", f"items?known_at={_NOW}"),
    Case(
        method="POST",
        path="/v1/users/ana/items",
        template="/v1/users/{user_id}/items",
        needs=frozenset({Scope.CORRECT}),
        json=_WISH,
        shows=False,
    ),
    Case(path=f"/v1/items/{ITEM}"),
    Case(path=f"/v1/items/{ITEM}?known_at={_NOW}", template=f"/v1/items/{ITEM}"),
    Case(path=f"/v1/items/{ITEM}/history"),
    _item("PATCH", {"value": "Faro"}),
    _item("DELETE"),
    _admin("keys", shows=True),
    _admin("keys", "POST", {"name": "another", "scopes": ["admin"]}),
    _admin(f"keys/{_KEY}/rotate", "POST", {}),
    _admin(f"keys/{_KEY}", "DELETE"),
    _admin("policies"),
    _admin("tenants"),
    _admin("tenants", "POST", {"tenant_id": "newcomer"}),
    _admin("audit", shows=True),
    Case(path="/v1/conversations"),
    Case(path="/v1/conversations/family/messages", template="/v1/conversations/{conversation_id}/messages"),
)
"""Every endpoint, at least once."""

UNTOLD: Final = frozenset[str]()
"""Tables of tenants that nobody's story has rows for."""
SHARED: Final = frozenset({"embedding_models", "serving_generation", "sink_offsets"})
"""What the service may read that is no tenant's."""


def endpoints(app: FastAPI) -> set[str]:
    """Method and path of everything that the application answers; whoever answers below a path is a fault."""
    return set(_endpoints(app))


def _endpoints(app: FastAPI) -> Iterator[str]:
    for route in iter_route_contexts(app.routes):
        assert route.methods, f"what answers below {route.path} is not looked into"
        path = re.sub(r":\w+\}", "}", route.path or "")
        yield from (f"{method} {path}" for method in route.methods - {"HEAD", "OPTIONS"})


def told(tenant: TenantId) -> list[Landed]:
    """The story of `api_story` with the tenant's mark all over it, so that every table of tenants has rows."""
    mark = f" {MARKS[tenant]}"
    first = _first(tenant)
    edited = replace(first, text=f"We left Lisbon for Porto.{mark}", edited_at=LATER, recorded_at=LATER, revision=9)
    return [_marked(record, mark) for record in [*story(tenant, mark), _landed(edited)]]


def turn_in_the_attic(tenant: TenantId) -> Landed:
    """What is said after all that."""
    mark, first = f" {MARKS[tenant]}", _first(tenant)
    attic = replace(
        first,
        conversation_id=ConversationId(f"attic{mark}"),
        user_id=UserId(f"eva{mark}"),
        source=replace(first.source, offset=99),
    )
    return _marked(_landed(attic), mark)


def _first(tenant: TenantId) -> Message:
    mark = f" {MARKS[tenant]}"
    return message(tenant, 0, MessageId("m-1"), ANA, "We finally left Lisbon and moved to Porto.", mark=mark)


def _landed(said: Message) -> Landed:
    return Landed(topic=TopicName.MESSAGES, key="", value=said)


def _marked(record: Landed, mark: str) -> Landed:
    """Everything that people read carries the mark; keys follow their values."""
    value = record.value
    match value:
        case Message():
            said = replace(value, speaker_name=f"{value.speaker_name}{mark}")
            return Landed(
                topic=record.topic, key=join_key(said.tenant_id, said.conversation_id, said.message_id), value=said
            )
        case Outcome():
            return replace(record, value=replace(value, reasons=(f"redacted{mark}",)))
        case Evidence():
            proof = replace(value, quote=f"{value.quote}{mark}")
            return replace(record, key=evidence_key(proof), value=proof)
        case MemoryItem() | Profile() | None:
            return record
    raise AssertionError(f"nobody reads {type(value).__name__}")


def porto(tenant: TenantId) -> str:
    return item_id(tenant, ANA, "fact", "home_city", "porto")


async def words(client: httpx.AsyncClient, case: Case, whose: TenantId) -> str:
    """The answer to a case's request, with the ids of `whose`: its status, headers and body."""
    answer = await client.request(case.method, case.path.replace(ITEM, porto(whose)), json=case.json)
    return f"{answer.status_code} {answer.headers} {answer.text}"


async def leaks(clients: dict[TenantId, httpx.AsyncClient], cases: Iterable[Case]) -> list[str]:
    """Where a tenant is shown another's words, or finds what is another's."""
    found = []
    for case in cases:
        for asker, other in ((ACME, OTHER), (OTHER, ACME)):
            answer = await words(clients[asker], case, asker)
            assert not case.shows or MARKS[asker] in answer or MARKS[other] in answer, f"{case} shows nothing: {answer}"
            if MARKS[other] in answer:
                found.append(f"{asker}: {case}")
            if ITEM in case.path and not (await words(clients[asker], case, other)).startswith("404 "):
                found.append(f"{asker} intrudes: {case}")
    return found
