"""What the rules would find in conversations, for the listing of rules with their yield.

Free of I/O. Takes events in order of time and keeps a few turns a conversation; late messages, edits and deletions are
the agents' business.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from schemas.enums import EventType, Role
from schemas.records import Candidate, ConversationEvent
from schemas.state import Turn
from streams.extraction.port import HEARD, Extractor

CONTEXT_TURNS: Final = 3


def found_in(
    events: Iterable[ConversationEvent], extractor: Extractor, roles: Collection[Role] = HEARD
) -> Iterator[Candidate]:
    """The candidates of every message that somebody in one of the roles said and wants remembered."""
    before: dict[str, deque[Turn]] = defaultdict(lambda: deque(maxlen=CONTEXT_TURNS))
    for event in events:
        turn = _turn(event)
        if turn is None:
            continue
        context = before[event.conversation_id]
        if event.remember and event.role in roles:
            yield from extractor.extract(turn, list(context), event.tenant_id, event.timezone, event.language)
        context.append(turn)


def _turn(event: ConversationEvent) -> Turn | None:
    if event.type is not EventType.MESSAGE_RECORDED or not event.message_id or not event.user_id or event.text is None:
        return None
    return Turn(
        message_id=event.message_id,
        user_id=event.user_id,
        speaker_name=event.speaker_name,
        role=event.role,
        text=event.text,
        occurred_at=event.occurred_at,
        recalled=event.recalled,
    )
