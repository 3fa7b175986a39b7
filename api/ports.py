"""What the routes need of the world, as protocols: PostgreSQL, Redis and Kafka stand behind them, or fakes.

Declares; connects nothing. Every method raises Retryable while what it leans on is away. `now` is when the question is
asked, by which it is decided what has expired and how much it matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from api.audit.entries import AuditEntry
from api.auth import KeyStore
from api.callers import Tokens, Uses
from api.freshness.watch import Lag
from api.limits.limiter import Strangers
from api.limits.store import Counters
from api.models.admin import AuditPage, AuditQuery, Key, TenantPage
from api.models.items import Item, ItemFilter, ItemHistory, ItemPage
from api.models.people import ConversationPage, MessagePage, UserPage, UserProfile
from api.models.recall import RecallAnswer, RecallRequest, RecallResult
from api.ranking.candidates import MessageKey
from api.readers.context import Around, Wanted
from api.readers.keys import KeyProperties, NewSecret
from api.readers.outcomes import RecordOutcome
from schemas.ids import TenantId
from schemas.records import ConversationEvent, MemoryCommand, Position


class EventLog(Protocol):
    """Where accepted things go: they are accepted once every replica has them."""

    async def append(self, events: Sequence[ConversationEvent]) -> list[Position]:
        """Append events; their positions in the same order. Raises Retryable when any of them may be missing."""
        ...

    async def command(self, command: MemoryCommand) -> Position: ...


class Freshness(Protocol):
    """How far the stream has come."""

    async def lag(self) -> Lag: ...

    async def is_queryable(self, position: Position) -> bool: ...

    async def wait(self, position: Position, timeout_seconds: float) -> bool:
        """Whether `position` could be queried within the timeout."""
        ...


class Outcomes(Protocol):
    async def of_event(self, tenant_id: TenantId, event_id: str) -> list[RecordOutcome]: ...


class Items(Protocol):
    async def of_user(
        self, tenant_id: TenantId, user_id: str, wanted: ItemFilter, limit: int, cursor: str | None, now: datetime
    ) -> ItemPage: ...

    async def one(
        self, tenant_id: TenantId, item_id: UUID, now: datetime, known_at: datetime | None = None
    ) -> Item | None: ...

    async def history(
        self, tenant_id: TenantId, item_id: UUID, limit: int, cursor: str | None
    ) -> ItemHistory | None: ...


class People(Protocol):
    async def users(self, tenant_id: TenantId, limit: int, cursor: str | None) -> UserPage: ...

    async def conversations(self, tenant_id: TenantId, limit: int, cursor: str | None) -> ConversationPage: ...

    async def messages(
        self, tenant_id: TenantId, conversation_id: str, limit: int, cursor: str | None
    ) -> MessagePage: ...


class Profiles(Protocol):
    async def of_user(self, tenant_id: TenantId, user_id: str, now: datetime) -> UserProfile: ...

    async def as_json(self, tenant_id: TenantId, user_id: str, now: datetime) -> dict[str, Any]:
        """The same, as the JSON of a UserProfile: for an answer that nobody here reads."""
        ...


class Recall(Protocol):
    async def ask(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> RecallAnswer:
        """With what meaning had to do with it; whether `after` was reached is not for it to say."""
        ...

    async def semantic_pending(self) -> int | None:
        """Records that have no vector yet; None where words decide alone."""
        ...

    async def recall(self, tenant_id: TenantId, request: RecallRequest, now: datetime) -> list[RecallResult]: ...


class Surroundings(Protocol):
    """What a block of context tells beside what answers its query."""

    async def around(self, tenant_id: TenantId, wanted: Wanted, now: datetime) -> Around:
        """The user's standing items and the recent turns, both of one moment."""
        ...

    async def echoes(self, tenant_id: TenantId, keys: Sequence[MessageKey]) -> set[MessageKey]:
        """Those of the messages that repeat memory."""
        ...


class AuditTrail(Protocol):
    """Where it is written down who did what."""

    def put(self, entry: AuditEntry) -> None:
        """Never waits and never fails."""
        ...


class AuditLog(Protocol):
    async def page(self, tenant_id: TenantId, query: AuditQuery) -> AuditPage: ...


class AdminDesk(Protocol):
    """Keys and tenants. A change and its row of the audit log (`told`) are one transaction."""

    async def keys(self, tenant_id: TenantId) -> list[Key]: ...

    async def create(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Key: ...

    async def found(self, wanted: KeyProperties, digest: bytes, told: AuditEntry) -> Key | None:
        """The first key of a tenant; None where there is such a tenant."""
        ...

    async def rotate(
        self, key: tuple[TenantId, UUID], secret: NewSecret, told: AuditEntry, may: Callable[[Key], None]
    ) -> Key | None:
        """None where there is no such key. `may` raises where the caller may not. Raises KeyEnded."""
        ...

    async def revoke(self, key: tuple[TenantId, UUID], told: AuditEntry) -> Key | None: ...

    async def tenants(self, asker: TenantId, limit: int, cursor: str | None) -> TenantPage: ...


class Probe(Protocol):
    """One thing the service leans on."""

    async def check(self) -> None:
        """Return where it answers. Raises whatever it raises where it does not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The world as one application sees it."""

    keys: KeyStore
    log: EventLog
    freshness: Freshness
    outcomes: Outcomes
    items: Items
    people: People
    profiles: Profiles
    recall: Recall
    counters: Counters
    strangers: Strangers
    surroundings: Surroundings
    uses: Uses
    audit: AuditTrail
    audited: AuditLog
    desk: AdminDesk
    tokens: Tokens | None
    """None where JSON Web Tokens are not accepted."""
    needed: dict[str, Probe]
    """Without these the service is not ready."""
    helpful: dict[str, Probe]
    """Without these it answers more slowly."""
