"""The audit log as the owner of the tables handles it: written out row by row, and taken out by month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import dict_row

from api.audit.entries import AuditEntry
from api.readers.ledger import ADD_ENTRIES, written

CONNECT_SECONDS: Final = 5
PIECE: Final = 1_000
"""Rows fetched at a time, so that a log of any length fits into memory."""

_EXPORT: LiteralString = """
    SELECT tenant_id, at, entry_id, request_id, trace_id, principal_id, principal, action, endpoint, status, user_ids,
        conversation_ids, item_ids, detail
    FROM audit_log
    WHERE tenant_id = %(tenant_id)s AND at < %(until)s AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
    ORDER BY at, entry_id
"""
_PRUNE: LiteralString = "SELECT tenant_id, pruned FROM prune_audit_log(%(before)s, %(tenant_id)s)"


class AuditDesk:
    """One connection a call. Raises psycopg.OperationalError."""

    def __init__(self, url: str) -> None:
        self._url = url

    def export(self, told: AuditEntry, since: datetime | None, until: datetime) -> Iterator[dict[str, Any]]:
        """The rows of a tenant, oldest first. That it was done is written down before the first row is handed out."""
        span = {"tenant_id": told.tenant_id, "since": since, "until": until}
        with self._connection() as connection:
            connection.execute(ADD_ENTRIES, written([told]))
            connection.commit()
            with connection.cursor(name="audit_export") as cursor:
                cursor.itersize = PIECE
                yield from cursor.execute(_EXPORT, span)

    def prune(
        self, before: datetime, tenant_id: str | None, told: Callable[[str, int], AuditEntry]
    ) -> list[tuple[str, int]]:
        """Take out what is older, of one tenant or of all; the log of each tells so, in the same transaction."""
        with self._connection() as connection:
            rows = connection.execute(_PRUNE, {"before": before, "tenant_id": tenant_id}).fetchall()
            pruned = [(row["tenant_id"], row["pruned"]) for row in rows]
            for tenant, number in pruned:
                connection.execute(ADD_ENTRIES, written([told(tenant, number)]))
        return pruned

    def _connection(self) -> psycopg.Connection[dict[str, Any]]:
        return psycopg.connect(self._url, row_factory=dict_row, connect_timeout=CONNECT_SECONDS)
