"""Users, conversations and turns, a page at a time.

Reads only, from the stored messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

from api import pages
from api.models.people import Conversation, ConversationPage, MessagePage, User, UserPage
from api.readers import shapes, statements
from api.readers.database import Database
from schemas.ids import TenantId

_TURN_PARTS = 2


class PeopleReader:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def users(self, tenant_id: TenantId, limit: int, cursor: str | None) -> UserPage:
        """Whoever speaks, by id."""
        found, last = await self._page(statements.USERS, tenant_id, limit, cursor)
        return UserPage(
            users=[User(**row) for row in found], next_cursor=pages.encode(last["user_id"]) if last else None
        )

    async def conversations(self, tenant_id: TenantId, limit: int, cursor: str | None) -> ConversationPage:
        """Every conversation, by id."""
        found, last = await self._page(statements.CONVERSATIONS, tenant_id, limit, cursor)
        return ConversationPage(
            conversations=[Conversation(**row) for row in found],
            next_cursor=pages.encode(last["conversation_id"]) if last else None,
        )

    async def messages(self, tenant_id: TenantId, conversation_id: str, limit: int, cursor: str | None) -> MessagePage:
        """Turns by (event time, message id); empty for a conversation that is not known."""
        time, message_id = pages.decode(cursor, _TURN_PARTS) or (None, None)
        parameters = {
            "tenant_id": tenant_id,
            "conversation_id": conversation_id,
            "after_time": None if time is None else pages.moment(time),
            "after_message": message_id,
            "limit": limit + 1,
        }
        async with self._database.read(tenant_id) as rows:
            found, last = pages.cut(await rows.all(statements.MESSAGES, parameters), limit)
        return MessagePage(
            conversation_id=conversation_id,
            messages=[shapes.stored_message(row) for row in found],
            next_cursor=pages.encode(last["occurred_at"], last["message_id"]) if last else None,
        )

    async def _page(
        self, statement: LiteralString, tenant_id: TenantId, limit: int, cursor: str | None
    ) -> tuple[Sequence[shapes.Row], shapes.Row | None]:
        (after,) = pages.decode(cursor, 1) or (None,)
        parameters = {"tenant_id": tenant_id, "after": after, "limit": limit + 1}
        async with self._database.read(tenant_id) as rows:
            return pages.cut(await rows.all(statement, parameters), limit)
