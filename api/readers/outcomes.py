"""What became of an event or a command: the outcomes of its records.

Reads only. A command leaves evidence under its own id; where no outcome tells of it, that does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.readers import shapes, statements
from api.readers.database import Database
from schemas.enums import OutcomeStatus
from schemas.ids import TenantId
from schemas.records import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcome:
    """The outcome of one record."""

    position: Position
    status: OutcomeStatus
    reasons: tuple[str, ...]
    item_ids: tuple[str, ...]


class OutcomeReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_event(self, tenant_id: TenantId, event_id: str) -> list[RecordOutcome]:
        """The outcomes of all records of an event, the latest first; empty while nothing is known of it."""
        async with self._database.read(tenant_id) as rows:
            found = await rows.all(statements.OUTCOMES, {"tenant_id": tenant_id, "event_id": event_id})
            if not found:
                parameters = {"tenant_id": tenant_id, "command_id": event_id}
                command = await rows.one(statements.COMMAND_EVIDENCE, parameters)
                found = [command | {"status": OutcomeStatus.STORED, "reasons": []}] if command else []
        return [_outcome(row) for row in found]


def _outcome(row: dict[str, Any]) -> RecordOutcome:
    return RecordOutcome(
        position=shapes.record_position(row, "source"),
        status=OutcomeStatus(row["status"]),
        reasons=tuple(row["reasons"]),
        item_ids=tuple(map(str, row["item_ids"])),
    )
