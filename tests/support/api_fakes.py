"""A world for the API that lives in memory: every port of api.ports, and a client that speaks to the application.

No sockets: requests go through ASGI. What a fake holds, the test puts there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from api.app import create_app
from api.audit.entries import AuditEntry
from api.auth import Principal, Scope, key_hmac
from api.callers import Tokens
from api.context.material import Known, Said
from api.freshness.watch import Lag
from api.limits.quotas import Day, Quota, Standing, Verdict
from api.models.admin import AuditPage, AuditQuery, AuditRow, Key, Tenant, TenantPage
from api.models.items import Item, ItemFilter, ItemHistory, ItemPage
from api.models.people import ConversationPage, MessagePage, UserPage, UserProfile
from api.models.recall import RecallAnswer, RecallRequest, RecallResult, SemanticShape
from api.ports import Dependencies
from api.ranking.candidates import MessageKey
from api.readers.context import Around, Wanted
from api.readers.keys import KeyEnded, KeyProperties, NewSecret
from api.readers.outcomes import RecordOutcome
from schemas.ids import TenantId
from schemas.keys import conversation_routing, partition_of, user_routing
from schemas.records import ConversationEvent, MemoryCommand, Position
from streams.extraction.slots import ALL_BUILT_IN, Catalogues
from topology.errors import Retryable
from topology.settings import Settings
from topology.topics import TopicName

SECRET = "s" * 32
KEY = "alv_" + "k" * 43
TENANT = TenantId("acme")
PARTITIONS = 4


class Failing:
    """A dependency that can be switched off."""

    error: Exception | None = None

    def answer(self) -> None:
        if self.error is not None:
            raise self.error


class FakeKeys(Failing):
    def __init__(self) -> None:
        self.known: dict[bytes, Principal] = {}
        self.asked = 0

    def add(self, key: str = KEY, tenant: str = TENANT, scopes: frozenset[Scope] = frozenset(Scope)) -> None:
        self.known[key_hmac(SECRET.encode(), key)] = Principal(
            key_id=UUID(int=len(self.known)), name="test", tenant_id=TenantId(tenant), scopes=scopes, rate_limited=True
        )

    async def find(self, key_hmac: bytes) -> Principal | None:
        self.answer()
        self.asked += 1
        return self.known.get(key_hmac)


class FakeLog(Failing):
    """Kafka, as far as positions go."""

    def __init__(self) -> None:
        self.events: list[ConversationEvent] = []
        self.commands: list[MemoryCommand] = []
        self._ends: dict[tuple[str, int], int] = {}

    async def append(self, events: Sequence[ConversationEvent]) -> list[Position]:
        self.answer()
        self.events.extend(events)
        return [self._next(TopicName.EVENTS, conversation_routing(e.tenant_id, e.conversation_id)) for e in events]

    async def command(self, command: MemoryCommand) -> Position:
        self.answer()
        self.commands.append(command)
        return self._next(TopicName.COMMANDS, user_routing(command.tenant_id, command.user_id))

    def _next(self, topic: TopicName, routing: str) -> Position:
        at = str(topic), partition_of(routing, PARTITIONS)
        self._ends[at] = self._ends.get(at, 0) + 1
        return Position(topic=at[0], partition=at[1], offset=self._ends[at] - 1)


class FakeFreshness(Failing):
    def __init__(self) -> None:
        self.now = Lag(pending=0, seconds=0.0, stages={"extract": 0})
        self.queryable = True
        self.waited: list[tuple[Position, float]] = []
        self.looks = 0

    async def lag(self) -> Lag:
        self.looks += 1
        self.answer()
        return self.now

    async def is_queryable(self, position: Position) -> bool:
        return self.queryable

    async def wait(self, position: Position, timeout_seconds: float) -> bool:
        self.waited.append((position, timeout_seconds))
        return self.queryable


class FakeOutcomes(Failing):
    def __init__(self) -> None:
        self.known: dict[tuple[str, str], list[RecordOutcome]] = {}

    async def of_event(self, tenant_id: TenantId, event_id: str) -> list[RecordOutcome]:
        self.answer()
        return self.known.get((tenant_id, event_id), [])


class FakeItems(Failing):
    def __init__(self) -> None:
        self.known: dict[tuple[str, UUID], Item] = {}
        self.histories: dict[tuple[str, UUID], ItemHistory] = {}
        self.asked: list[tuple[str, str, ItemFilter, int, str | None]] = []

    async def of_user(
        self, tenant_id: TenantId, user_id: str, wanted: ItemFilter, limit: int, cursor: str | None, now: datetime
    ) -> ItemPage:
        self.answer()
        self.asked.append((tenant_id, user_id, wanted, limit, cursor))
        return ItemPage(
            items=[i for (tenant, _), i in self.known.items() if (tenant, i.user_id) == (tenant_id, user_id)]
        )

    async def one(
        self, tenant_id: TenantId, item_id: UUID, now: datetime, known_at: datetime | None = None
    ) -> Item | None:
        self.answer()
        self.asked_at = known_at
        return self.known.get((tenant_id, item_id))

    async def history(self, tenant_id: TenantId, item_id: UUID, limit: int, cursor: str | None) -> ItemHistory | None:
        self.answer()
        return self.histories.get((tenant_id, item_id))


class FakePeople(Failing):
    def __init__(self) -> None:
        self.turns: dict[tuple[str, str], MessagePage] = {}
        self.asked: list[tuple[str, int, str | None]] = []

    async def users(self, tenant_id: TenantId, limit: int, cursor: str | None) -> UserPage:
        self.asked.append((tenant_id, limit, cursor))
        return UserPage(users=[])

    async def conversations(self, tenant_id: TenantId, limit: int, cursor: str | None) -> ConversationPage:
        self.asked.append((tenant_id, limit, cursor))
        return ConversationPage(conversations=[])

    async def messages(self, tenant_id: TenantId, conversation_id: str, limit: int, cursor: str | None) -> MessagePage:
        self.answer()
        return self.turns.get(
            (tenant_id, conversation_id), MessagePage(conversation_id=conversation_id, messages=[], next_cursor=None)
        )


class FakeProfiles(Failing):
    async def of_user(self, tenant_id: TenantId, user_id: str, now: datetime) -> UserProfile:
        self.answer()
        return UserProfile(user_id=user_id, slots=[], top=[], active_items=0, recorded_at=None, read_from="redis")

    async def as_json(self, tenant_id: TenantId, user_id: str, now: datetime) -> dict[str, Any]:
        return (await self.of_user(tenant_id, user_id, now)).model_dump(mode="json")


class FakeRecall(Failing):
    def __init__(self) -> None:
        self.results: list[RecallResult] = []
        self.semantic: SemanticShape | None = None
        self.asked: list[tuple[str, RecallRequest]] = []

    async def semantic_pending(self) -> int | None:
        return None

    async def ask(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> RecallAnswer:
        return RecallAnswer(results=await self.recall(tenant_id, request, now), semantic=self.semantic)

    async def recall(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> list[RecallResult]:
        self.answer()
        self.asked.append((tenant_id, request))
        return self.results[: request.limit]


class FakeCounters(Failing):
    """Fixed windows that never end; a caller's quotas by name."""

    def __init__(self) -> None:
        self.used: dict[tuple[UUID, str], int] = {}
        self.days: dict[UUID, dict[str, int]] = {}

    async def admit(self, caller: UUID, quotas: Sequence[Quota], cost: int, now: datetime) -> Verdict:
        self.answer()
        full = any(self.used.get((caller, quota.name), 0) + cost > quota.amount for quota in quotas)
        for quota in () if full else quotas:
            self.used[caller, quota.name] = self.used.get((caller, quota.name), 0) + cost
        if cost:
            self._note(caller, "refused" if full else "requests", 1)
        return Verdict(admitted=not full, standings=[self._standing(caller, quota) for quota in quotas])

    async def pace(self, caller: UUID, quota: Quota | None, now: datetime) -> Verdict:
        return await self.admit(caller, [quota] if quota else [], 1, now)

    async def owe(self, caller: UUID, quota: Quota | None, events: int, now: datetime) -> Verdict:
        self.answer()
        self._note(caller, "events", events)
        if quota is not None:
            self.used[caller, quota.name] = self.used.get((caller, quota.name), 0) + events - 1
        return await self.paced(caller, quota, now)

    async def paced(self, caller: UUID, quota: Quota | None, now: datetime) -> Verdict:
        self.answer()
        return Verdict(admitted=True, standings=[self._standing(caller, quota)] if quota else [])

    async def day(self, caller: UUID, now: datetime) -> Day:
        return Day(**self.days.get(caller, {}))

    def _standing(self, caller: UUID, quota: Quota) -> Standing:
        remaining = max(0, quota.amount - self.used.get((caller, quota.name), 0))
        wait = 0.0 if remaining else 7.5
        return Standing(quota=quota, remaining=remaining, wait_seconds=wait, reset_seconds=float(quota.seconds))

    def _note(self, caller: UUID, what: str, count: int) -> None:
        day = self.days.setdefault(caller, {})
        day[what] = day.get(what, 0) + count


class FakeStrangers(Failing):
    def __init__(self) -> None:
        self.failures: dict[str, int] = {}
        self.most = 30

    async def wait_seconds(self, address: str) -> float:
        self.answer()
        return 12.5 if self.failures.get(address, 0) >= self.most else 0.0

    async def failed(self, address: str) -> None:
        self.answer()
        self.failures[address] = self.failures.get(address, 0) + 1


class FakeSurroundings(Failing):
    def __init__(self) -> None:
        self.profile: list[Known] = []
        self.items: list[Known] = []
        self.recent: list[Said] = []
        self.repeated: set[MessageKey] = set()
        self.asked: list[tuple[str, Wanted]] = []

    async def around(self, tenant_id: TenantId, wanted: Wanted, now: datetime) -> Around:
        self.answer()
        self.asked.append((tenant_id, wanted))
        return Around(profile=self.profile, items=self.items, recent=self.recent[: wanted.most_turns])

    async def echoes(self, tenant_id: TenantId, keys: Sequence[MessageKey]) -> set[MessageKey]:
        return self.repeated.intersection(keys)


class FakeUses:
    def __init__(self) -> None:
        self.keys: list[UUID] = []

    def used(self, principal: Principal, at: datetime) -> None:
        self.keys.append(principal.key_id)


class FakeAudit(Failing):
    """The audit log, written and read."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def put(self, entry: AuditEntry) -> None:
        self.entries.append(entry)

    async def page(self, tenant_id: TenantId, query: AuditQuery) -> AuditPage:
        self.answer()
        own = [each for each in self.entries if each.tenant_id == tenant_id]
        found = [each for each in own if query.user_id is None or query.user_id in each.user_ids]
        return AuditPage(entries=[AuditRow(**each.as_json()) for each in found[::-1][: query.limit]])


class FakeDesk(Failing):
    """Keys by id, in the order they were made; what was told of each change."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, UUID], Key] = {}
        self.told: list[AuditEntry] = []
        self.secrets: list[NewSecret] = []

    async def keys(self, tenant_id: TenantId) -> list[Key]:
        self.answer()
        return [key for (tenant, _), key in self.known.items() if tenant == tenant_id]

    async def create(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Key:
        self.answer()
        return self._put(a_key(UUID(int=100 + len(self.known)), wanted), told)

    async def found(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Key | None:
        if any(tenant == wanted.tenant_id for tenant, _ in self.known):
            return None
        return await self.create(wanted, digest, told)

    async def rotate(
        self, key: tuple[TenantId, UUID], secret: NewSecret, told: AuditEntry, may: Callable[[Key], None]
    ) -> Key | None:
        if key not in self.known:
            return None
        may(self.known[key])
        if self.known[key].revoked_at is not None:
            raise KeyEnded
        self.secrets.append(secret)
        return self._put(self.known[key].model_copy(update={"rotated_at": told.at}), told)

    async def revoke(self, key: tuple[TenantId, UUID], told: AuditEntry) -> Key | None:
        if key not in self.known:
            return None
        return self._put(self.known[key].model_copy(update={"revoked_at": told.at}), told)

    async def tenants(self, asker: TenantId, limit: int, cursor: str | None) -> TenantPage:
        names = sorted({tenant for tenant, _ in self.known})
        return TenantPage(
            tenants=[Tenant(tenant_id=name, keys=1, users=0, events=0, last_used_at=None) for name in names]
        )

    def _put(self, key: Key, told: AuditEntry) -> Key:
        self.told.append(told)
        self.known[key.tenant_id, key.key_id] = key
        return key


def a_key(key_id: UUID, wanted: KeyProperties) -> Key:
    return Key(
        key_id=key_id,
        tenant_id=wanted.tenant_id,
        name=wanted.name,
        scopes=list(wanted.scopes),
        rate_limited=wanted.rate_limited,
        created_at=datetime(2024, 5, 17, tzinfo=UTC),
        expires_at=None,
        revoked_at=None,
        rotated_at=None,
        previous_until=None,
        last_used_at=None,
    )


class FakeProbe(Failing):
    async def check(self) -> None:
        self.answer()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Every fake by its name, and the application's settings."""

    keys: FakeKeys = field(default_factory=FakeKeys)
    log: FakeLog = field(default_factory=FakeLog)
    freshness: FakeFreshness = field(default_factory=FakeFreshness)
    outcomes: FakeOutcomes = field(default_factory=FakeOutcomes)
    items: FakeItems = field(default_factory=FakeItems)
    people: FakePeople = field(default_factory=FakePeople)
    profiles: FakeProfiles = field(default_factory=FakeProfiles)
    recall: FakeRecall = field(default_factory=FakeRecall)
    counters: FakeCounters = field(default_factory=FakeCounters)
    strangers: FakeStrangers = field(default_factory=FakeStrangers)
    surroundings: FakeSurroundings = field(default_factory=FakeSurroundings)
    uses: FakeUses = field(default_factory=FakeUses)
    audit: FakeAudit = field(default_factory=FakeAudit)
    desk: FakeDesk = field(default_factory=FakeDesk)
    tokens: Tokens | None = None
    admin_tenant: str = TENANT
    database: FakeProbe = field(default_factory=FakeProbe)
    cache: FakeProbe = field(default_factory=FakeProbe)
    changed: Mapping[str, Any] = field(default_factory=dict)
    """Settings other than the defaults, by name."""
    debug: bool = False
    catalogues: Catalogues = ALL_BUILT_IN

    def settings(self) -> Settings:
        own: dict[str, Any] = {
            "secret_key": SECRET,
            "debug": self.debug,
            "partitions": PARTITIONS,
            "admin_tenant": self.admin_tenant,
        }
        return Settings(**own | dict(self.changed))

    def dependencies(self) -> Dependencies:
        return Dependencies(
            keys=self.keys,
            log=self.log,
            freshness=self.freshness,
            outcomes=self.outcomes,
            items=self.items,
            people=self.people,
            profiles=self.profiles,
            recall=self.recall,
            counters=self.counters,
            strangers=self.strangers,
            surroundings=self.surroundings,
            uses=self.uses,
            audit=self.audit,
            audited=self.audit,
            desk=self.desk,
            tokens=self.tokens,
            needed={"postgresql": self.database},
            helpful={"redis": self.cache},
        )

    def client(self, key: str | None = KEY) -> httpx.AsyncClient:
        """A client whose requests carry `key`."""
        app = create_app(self.settings(), self.dependencies(), self.catalogues)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", headers=headers)


def world(**changes: Any) -> World:
    """A world in which KEY is good for everything in TENANT."""
    made = replace(World(), **changes)
    made.keys.add()
    return made


def away() -> Retryable:
    return Retryable("gone", retry_after_seconds=1.2)


def an_item(**changes: Any) -> Item:
    """Ana lives in Porto."""
    values: dict[str, Any] = {
        "item_id": "0f8b1a52-6d0e-5b7a-9c41-2f1d7e0b9a10",
        "user_id": "ana",
        "kind": "fact",
        "slot": "home_city",
        "qualifier": None,
        "value": "Porto",
        "status": "active",
        "confidence": 0.9,
        "valid_from": datetime(2024, 5, 17, tzinfo=UTC),
        "valid_to": None,
        "validity": [(datetime(2024, 5, 17, tzinfo=UTC), None)],
        "granularity": None,
        "due_from": None,
        "due_to": None,
        "first_occurred_at": datetime(2024, 5, 17, tzinfo=UTC),
        "last_occurred_at": datetime(2024, 5, 17, tzinfo=UTC),
        "recorded_at": datetime(2024, 5, 17, tzinfo=UTC),
        "superseded_by": None,
        "retention_level": "long",
        "evidence_count": 1,
        "evidence": [
            {
                "message_id": "m-1",
                "conversation_id": "family",
                "topic": "conversation.events.v1",
                "partition": 1,
                "offset": 7,
                "start": 12,
                "end": 17,
                "quote": "Porto",
                "tense": "present",
                "rule": "home@1",
                "occurred_at": "2024-05-17T00:00:00Z",
            }
        ],
        "extractor": "rules@1",
    }
    return Item(**values | changes)
