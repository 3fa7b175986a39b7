"""The listing counts what rules find in users' messages, with the turns before them as context."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from schemas.enums import EventType, Role
from schemas.ids import ConversationId, EventId, MessageId, TenantId, UserId
from schemas.records import ConversationEvent
from streams.extraction.rules import RuleExtractor, found_in, rules_table

SAID = datetime(2024, 6, 12, 15, 30, tzinfo=UTC)


def event(number: int, user: str, text: str) -> ConversationEvent:
    return ConversationEvent(
        event_id=EventId(f"e-{number}"),
        type=EventType.MESSAGE_RECORDED,
        tenant_id=TenantId("t"),
        conversation_id=ConversationId("c"),
        message_id=MessageId(f"m-{number}"),
        user_id=UserId(user),
        text=text,
        occurred_at=SAID + timedelta(minutes=number),
    )


def values(*events: ConversationEvent) -> list[str]:
    return [each.value for each in found_in(events, RuleExtractor())]


def test_an_answer_is_read_with_its_question() -> None:
    assert values(event(1, "rui", "Where do you live?"), event(2, "ana", "In Lisbon.")) == ["Lisbon"]
    assert values(event(2, "ana", "In Lisbon.")) == []


def test_conversations_are_kept_apart() -> None:
    asked = replace(event(1, "rui", "Where do you live?"), conversation_id=ConversationId("other"))
    assert values(asked, event(2, "ana", "In Lisbon.")) == []


def test_only_what_users_want_remembered_is_counted() -> None:
    said = event(1, "ana", "I live in Porto.")
    assert values(said) == ["Porto"]
    assert values(replace(said, remember=False)) == []
    assert values(replace(said, role=Role.ASSISTANT)) == []
    assert values(replace(said, type=EventType.MESSAGE_DELETED, text=None)) == []


def test_the_table_counts_by_rule() -> None:
    rows = rules_table(
        found_in([event(1, "ana", "I live in Porto."), event(2, "ana", "I love chess.")], RuleExtractor())
    )
    assert {row.rule: row.found for row in rows if row.found} == {"home_city.live_in@1": 1, "likes.i_like@1": 1}
