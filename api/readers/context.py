"""What stands about a user and what was said last: the parts of a context that no query finds.

Reads only, both in one transaction, so that they are of the same moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.context.material import Known, Said
from api.ranking.candidates import MessageKey
from api.readers import context_statements
from api.readers.database import Database
from api.readers.folds import folded
from api.readers.lifetimes import over
from api.readers.named import named
from api.readers.shapes import Row
from schemas.ids import TenantId
from streams.extraction.slots import ALL_BUILT_IN, Catalogue, Catalogues
from topology.retention import RetentionPolicies


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose, up to when, and how much of each; without a conversation, turns are those of the user alone."""

    user_id: str
    conversation_id: str | None
    asked_at: datetime | None
    most_items: int
    most_turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Single-valued items in the order of the catalogue, the others, and turns with their places, the latest first."""

    profile: Sequence[Known]
    items: Sequence[Known]
    recent: Sequence[Said]


class ContextReader:
    def __init__(self, database: Database, retention: RetentionPolicies, catalogues: Catalogues = ALL_BUILT_IN) -> None:
        self._database, self._retention, self._catalogues = database, retention, catalogues

    async def around(self, tenant_id: TenantId, wanted: Wanted, now: datetime) -> Around:
        """As of `asked_at` where it is given, else of `now`."""
        catalogue = self._catalogues.of(tenant_id)
        parameters: dict[str, object] = {
            "tenant_id": tenant_id,
            "user_id": wanted.user_id,
            "conversation_id": wanted.conversation_id,
            "asked_at": wanted.asked_at,
            "most_items": wanted.most_items,
            "most_turns": wanted.most_turns,
            "single_valued": list(_places(catalogue)),
        }
        lifetimes = over(self._retention.of(tenant_id), wanted.asked_at or now)
        by_user = wanted.conversation_id is None
        recent = context_statements.RECENT_OF_USER if by_user else context_statements.RECENT_OF_CONVERSATION
        async with self._database.read(tenant_id) as rows:
            items = await rows.all(context_statements.STANDING_ITEMS, {**parameters, **lifetimes})
            turns = await rows.all(recent, parameters)
        return _around(items, turns, catalogue)

    async def echoes(self, tenant_id: TenantId, keys: Sequence[MessageKey]) -> set[MessageKey]:
        """Those of the messages that repeat memory."""
        if not keys:
            return set()
        async with self._database.read(tenant_id) as rows:
            found = await rows.all(context_statements.ECHOES, {"tenant_id": tenant_id, **named(keys)})
        return {(row["conversation_id"], row["message_id"]) for row in found}


def _places(catalogue: Catalogue) -> dict[str, int]:
    """The single-valued slots, as statements name them, and where a profile shows each."""
    return {
        f"{slot.kind}/{slot.name}": catalogue.place_of(slot.kind, slot.name)
        for slot in catalogue.slots
        if slot.single_valued
    }


def _around(items: Sequence[Row], turns: Sequence[Row], catalogue: Catalogue) -> Around:
    places = _places(catalogue)
    shown = [fold.row for fold in folded(items)]
    single = [row for row in shown if _slot(row) in places]
    single.sort(key=lambda row: (places[_slot(row)], row["qualifier"] or "", str(row["item_id"])))
    return Around(
        profile=[_known(row) for row in single],
        items=[_known(row) for row in shown if _slot(row) not in places],
        recent=[_said(row, rank) for rank, row in enumerate(turns)],
    )


def _slot(row: Row) -> str:
    return f"{row['kind']}/{row['slot']}"


def _known(row: Row) -> Known:
    return Known(
        item_id=str(row["item_id"]),
        kind=row["kind"],
        slot=row["slot"],
        value=row["value"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        due_from=row["due_from"],
        due_to=row["due_to"],
        evidence_count=row["evidence_count"],
        last_occurred_at=row["last_occurred_at"],
        confidence=row["confidence"],
        explicit=bool(row["explicit"]),
    )


def _said(row: Row, rank: int) -> Said:
    return Said(
        conversation_id=row["conversation_id"],
        message_id=row["message_id"],
        user_id=row["user_id"],
        speaker_name=row["speaker_name"],
        role=row["role"].lower(),
        text=row["text"] or "",
        occurred_at=row["occurred_at"],
        rank=rank,
    )
