"""The audit log as it is read: a page of a tenant's rows, the latest first.

Reads only. Taking rows out and writing them to a file is the command line's (api.cli.audit).
"""

from __future__ import annotations

from typing import LiteralString
from uuid import UUID

from api import pages
from api.models.admin import AuditPage, AuditQuery, AuditRow
from api.readers.database import Database
from schemas.ids import TenantId

_PAGE: LiteralString = """
    SELECT entry_id, at, request_id, trace_id, principal_id, principal, action, endpoint, status, user_ids,
        conversation_ids, item_ids, detail
    FROM audit_log_to_search
    WHERE tenant_id = %(tenant_id)s
        AND (%(user_id)s::text IS NULL OR user_ids @> ARRAY[%(user_id)s::text])
        AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
        AND (%(before)s::timestamptz IS NULL OR (at, entry_id) < (%(before)s, %(before_entry)s::uuid))
    ORDER BY at DESC, entry_id DESC
    LIMIT %(limit)s
"""


class AuditReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, tenant_id: TenantId, query: AuditQuery) -> AuditPage:
        at, entry_id = pages.decode(query.cursor, 2) or (None, None)
        parameters = {
            "tenant_id": tenant_id,
            "user_id": query.user_id,
            "since": query.since,
            "until": query.until,
            "before": None if at is None else pages.moment(at),
            "before_entry": None if entry_id is None else _uuid(entry_id),
            "limit": query.limit + 1,
        }
        async with self._database.read(tenant_id) as rows:
            found, last = pages.cut(await rows.all(_PAGE, parameters), query.limit)
        return AuditPage(
            entries=[AuditRow(**row) for row in found],
            next_cursor=pages.encode(last["at"], str(last["entry_id"])) if last else None,
        )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise pages.bad_cursor() from error
