"""What a block is made of, read side by side: what stands about a user, and what answers the query.

Reads through the ports alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from api.context.material import Known, Material, Said
from api.models.context import ContextRequest
from api.models.recall import RecallRequest, RecallResult
from api.models.values import LIMIT_MOST
from api.ports import Dependencies
from api.ranking.candidates import MessageKey
from api.readers.context import Wanted
from schemas.ids import TenantId

LINE_TOKENS: Final = 16
"""Few lines are shorter: more of a kind than a budget has of these cannot be told."""
LEAST_LINES: Final = 8
MOST_TURNS: Final = 200
MOST_ITEMS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What answers the query: items and turns with their places among all that does."""

    items: Sequence[Known] = ()
    turns: Sequence[Said] = ()


async def gather(deps: Dependencies, tenant_id: TenantId, request: ContextRequest, now: datetime) -> Material:
    """Everything a block of this length might tell. Raises Retryable."""
    wanted = Wanted(
        user_id=request.user_id,
        conversation_id=request.conversation_id,
        asked_at=request.asked_at,
        most_items=_most(request, MOST_ITEMS),
        most_turns=_most(request, MOST_TURNS),
    )
    around, answers = await asyncio.gather(
        deps.surroundings.around(tenant_id, wanted, now), _answers(deps, tenant_id, request, now)
    )
    standing = {known.item_id for known in (*around.profile, *around.items)}
    ranks = {known.item_id: known.rank for known in answers.items}
    recent = {said.key for said in around.recent}
    return Material(
        profile=[replace(known, rank=ranks.get(known.item_id)) for known in around.profile],
        items=[replace(known, rank=ranks.get(known.item_id)) for known in around.items],
        found=[known for known in answers.items if known.item_id not in standing],
        relevant=[said for said in answers.turns if said.key not in recent],
        recent=around.recent,
        asked_at=request.asked_at,
    )


def _most(request: ContextRequest, most: int) -> int:
    return min(most, max(LEAST_LINES, request.max_tokens // LINE_TOKENS))


async def _answers(deps: Dependencies, tenant_id: TenantId, request: ContextRequest, now: datetime) -> _Answers:
    if request.query is None:
        return _Answers()
    question = RecallRequest(
        query=request.query,
        user_id=request.user_id,
        limit=_most(request, LIMIT_MOST),
        asked_at=request.asked_at,
    )
    found = await deps.recall.recall(tenant_id, question, now)
    told = [each for each in found if request.asked_at is None or _was_said_by(each, request.asked_at)]
    echoes = await deps.surroundings.echoes(tenant_id, [_key(each) for each in told if each.kind == "message"])
    return _Answers(
        items=[_known(each, rank) for rank, each in enumerate(told) if each.kind == "item"],
        turns=[
            _said(each, rank) for rank, each in enumerate(told) if each.kind == "message" and _key(each) not in echoes
        ],
    )


def _was_said_by(result: RecallResult, asked_at: datetime) -> bool:
    return result.occurred_at is not None and result.occurred_at <= asked_at


def _key(result: RecallResult) -> MessageKey:
    assert result.conversation_id is not None, "a message has a conversation"
    return result.conversation_id, result.id


def _known(result: RecallResult, rank: int) -> Known:
    return Known(
        item_id=result.id,
        kind=result.item_kind or "",
        slot=result.slot or "",
        value=result.value or "",
        valid_from=result.valid_from,
        valid_to=result.valid_to,
        last_occurred_at=result.occurred_at,
        rank=rank,
    )


def _said(result: RecallResult, rank: int) -> Said:
    conversation_id, message_id = _key(result)
    assert result.occurred_at is not None, "a message has a time"
    return Said(
        conversation_id=conversation_id,
        message_id=message_id,
        user_id=result.user_id,
        speaker_name=result.speaker_name,
        role=result.role or "user",
        text=result.text,
        occurred_at=result.occurred_at,
        rank=rank,
    )
