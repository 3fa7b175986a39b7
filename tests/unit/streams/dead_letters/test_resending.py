"""What is sent again lands as the event it was, where its conversation lives, and says where it came from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.ids import EventId, TenantId
from schemas.json_events import InvalidEvent, Json, write_event
from schemas.records import ConversationEvent
from streams.dead_letters.letters import CAME_FROM, ActionKind, Entry, Letter, position_key, read, record_of
from streams.dead_letters.resending import Refused, discard, fix, refuse_if_done, requeue
from streams.ports import Output
from support.extracting import CODEC, raw_of
from support.speech import CONVERSATION, TENANT, said
from topology.topics import TopicName
from unit.streams.dead_letters.made import NOW, action_on, clerk, letter_of

GOOD = said(1, "likes:tea")
BAD = replace(GOOD, text="likes:\x00tea")
ROUTING = f"{TENANT}/{CONVERSATION}"


def body(**changes: Json) -> dict[str, Json]:
    return {**write_event(GOOD), **changes}


def event_in(output: Output) -> ConversationEvent:
    assert isinstance(output.value, bytes)
    return CODEC.decode(output.value, ConversationEvent)


def test_a_requeued_event_is_sent_as_it_came_with_the_action_beside_it() -> None:
    raw = replace(raw_of(GOOD), headers=(("trace", b"1"), (CAME_FROM, b"an older letter")))
    letter = letter_of(raw, offset=5)

    event, action = requeue(letter, clerk())

    assert (event.topic, event.key, event.value) == (TopicName.EVENTS, raw.key, raw.value)
    assert event.routing == ROUTING
    assert event.headers == (("trace", b"1"), (CAME_FROM, position_key(letter.position).encode()))
    assert action == record_of(action_on(letter))


def test_an_event_of_a_foreign_partition_goes_home() -> None:
    raw = raw_of(GOOD)
    elsewhere = replace(raw, position=replace(raw.position, partition=3 - raw.position.partition))
    assert requeue(letter_of(elsewhere), clerk())[0].routing == ROUTING


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        (letter_of(raw_of(BAD)), "nul_in_text"),
        (letter_of(replace(raw_of(GOOD), key=b"acme/other")), "key_mismatch"),
        (letter_of(replace(raw_of(GOOD), key=None)), "key_mismatch"),
        (letter_of(replace(raw_of(GOOD), value=None)), "missing_value"),
        (letter_of(replace(raw_of(GOOD), value=b"nonsense")), "bad_wire_format"),
        (letter_of(raw_of(replace(GOOD, occurred_at=NOW + timedelta(seconds=301)))), "time_in_future"),
    ],
)
def test_what_would_fail_again_is_not_requeued(letter: Letter, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        requeue(letter, clerk())
    assert len(requeue(letter, clerk(), anyway=True)) == 2


def test_what_was_ahead_of_the_clock_may_pass_later() -> None:
    assert requeue(letter_of(raw_of(replace(GOOD, occurred_at=NOW + timedelta(seconds=300)))), clerk())


def test_unreadable_bytes_go_where_their_key_belongs_and_else_where_they_stood() -> None:
    unreadable = replace(raw_of(GOOD), value=b"nonsense")
    keyed, _ = requeue(letter_of(unreadable), clerk(), anyway=True)
    assert (keyed.routing, keyed.partition) == (ROUTING, None)
    for key in (None, b"\xff"):
        bare, _ = requeue(letter_of(replace(unreadable, key=key)), clerk(), anyway=True)
        assert (bare.routing, bare.partition) == (None, unreadable.position.partition)


def test_a_fixed_event_keeps_its_name_and_time_without_being_told() -> None:
    letter = letter_of(raw_of(BAD), offset=5)
    given = body()
    del given["event_id"], given["occurred_at"]

    event, action = fix(letter, given, None, clerk())

    assert event_in(event) == GOOD
    assert (event.routing, event.key) == (ROUTING, ROUTING.encode())
    assert dict(event.headers)[CAME_FROM] == position_key(letter.position).encode()
    assert action == record_of(action_on(letter, ActionKind.FIXED))


@pytest.mark.parametrize("change", [{"event_id": "another"}, {"occurred_at": "2024-03-02T09:01:00Z"}])
def test_a_fix_is_no_way_to_send_another_event(change: dict[str, Json]) -> None:
    with pytest.raises(Refused, match=f"{next(iter(change))} must stay"):
        fix(letter_of(raw_of(BAD)), body(**change), None, clerk())


@pytest.mark.parametrize(
    ("wrong", "change"),
    [
        (replace(GOOD, event_id=EventId("e\n1")), {"event_id": "e1"}),
        (replace(BAD, occurred_at=NOW + timedelta(days=1)), {"occurred_at": "2024-03-01T09:01:00Z"}),
    ],
)
def test_a_name_or_time_that_is_itself_wrong_may_change(wrong: ConversationEvent, change: dict[str, Json]) -> None:
    event, _ = fix(letter_of(raw_of(wrong)), body(**change), None, clerk())
    assert event_in(event) == GOOD


def test_a_fixed_event_must_keep_the_contract() -> None:
    with pytest.raises(InvalidEvent, match="nul_in_text"):
        fix(letter_of(raw_of(BAD)), body(text="a\x00"), None, clerk())
    with pytest.raises(InvalidEvent, match="wrong_type"):
        fix(letter_of(raw_of(BAD)), [], None, clerk())


def test_a_fixed_event_may_not_be_ahead_of_the_clock() -> None:
    unreadable = letter_of(replace(raw_of(GOOD), value=b"nonsense"))
    with pytest.raises(Refused, match="time_in_future"):
        fix(unreadable, body(occurred_at="2024-06-01T12:05:01Z"), None, clerk())


def test_the_tenant_is_never_guessed_between_two() -> None:
    two = letter_of(replace(raw_of(BAD), key=b"other/c1"))
    with pytest.raises(Refused, match="--tenant"):
        fix(two, body(), None, clerk())
    event, _ = fix(two, body(), TenantId("acme"), clerk())
    assert event_in(event).tenant_id == "acme"
    with pytest.raises(Refused, match="--tenant"):
        fix(letter_of(replace(raw_of(BAD), key=None, value=b"nonsense")), body(), None, clerk())


def test_the_key_tells_the_tenant_of_unreadable_bytes() -> None:
    event, _ = fix(letter_of(replace(raw_of(GOOD), value=b"nonsense")), body(), None, clerk())
    assert event_in(event) == GOOD


def test_to_discard_sends_nothing_but_the_reason() -> None:
    letter = letter_of(raw_of(BAD), offset=5)
    (action,) = discard(letter, clerk("a test of the sender"))
    assert action == record_of(action_on(letter, ActionKind.DISCARDED, "a test of the sender"))
    assert action.topic == TopicName.EVENTS_DEAD_LETTERS


def test_what_was_done_once_is_told_and_refused() -> None:
    letter = letter_of(raw_of(BAD))
    refuse_if_done(Entry(letter=letter))
    with pytest.raises(Refused, match=r"was discarded by ana at .* because noise"):
        refuse_if_done(Entry(letter=letter, actions=(action_on(letter, ActionKind.DISCARDED, "noise"),)))


def test_a_letter_that_comes_back_names_the_one_before() -> None:
    first = letter_of(raw_of(BAD), offset=5)
    event, _ = requeue(first, clerk(), anyway=True)
    back = letter_of(replace(raw_of(BAD), headers=event.headers), offset=6)
    again = read(back.raw)
    assert isinstance(again, Letter)
    assert again.came_from == position_key(first.position)
