"""What extract makes of edits and deletions, of messages and of whole conversations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.enums import EventType
from schemas.ids import ConversationId
from schemas.records import ConversationEvent, Message
from support.extracting import Extract, status_and_reasons
from support.speech import ANNA, CONVERSATION, START, conversation, deleted, edited, said
from topology.topics import TopicName


def test_an_edit_changes_the_text_and_what_was_found(extract: Extract) -> None:
    extract.take(said(1, "t1"), said(2, "lives:Lisbon"), edited(2, "lives:Porto", at=9))

    message = extract.message("m2")
    assert (message.text, message.edited_at) == ("lives:Porto", START + timedelta(minutes=9))
    assert message.occurred_at == START + timedelta(minutes=2)
    assert message.previous_message_id == "m1"
    assert extract.found("m2") == ["Porto"]


def test_an_edit_that_says_nothing_takes_back_what_was_found(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon"), edited(1, "hello", at=9))

    assert extract.extractions[-1].candidates == ()


def test_an_edit_changes_the_context_of_the_turns_after_it(extract: Extract) -> None:
    extract.take(said(1, "t1"), said(2, "echo"), edited(1, "T1", at=9))

    assert extract.found("m2") == ["<T1>"]
    assert extract.messages[-1].message_id == "m1"


def test_an_edit_older_than_the_latest_one_changes_nothing(extract: Extract) -> None:
    extract.take(said(1, "a"), edited(1, "c", at=9), edited(1, "b", at=8))

    assert extract.message("m1").text == "c"
    assert extract.outcomes[-1].reasons == ("superseded_edit",)


def test_an_edit_that_comes_before_its_message_waits_for_it(extract: Extract) -> None:
    extract.take(edited(1, "lives:Porto", at=9))
    assert extract.messages == []
    assert status_and_reasons(extract) == [("stored", ("parked",))]

    extract.take(said(1, "lives:Lisbon"))
    assert extract.message("m1").text == "lives:Porto"
    assert extract.message("m1").edited_at == START + timedelta(minutes=9)
    assert extract.found("m1") == ["Porto"]


@pytest.mark.parametrize("fields", [{"remember": False}, {"recalled": True}])
def test_an_edit_may_take_its_text_off_the_record_and_a_later_one_bring_it_back(
    extract: Extract, fields: dict[str, object]
) -> None:
    extract.take(said(1, "lives:Lisbon"), edited(1, "lives:Porto", at=8, **fields))
    assert extract.found("m1") == []
    assert extract.message("m1").remember is False
    assert extract.outcomes[-1].reasons == ("no_memory:not_remembered",)

    extract.take(edited(1, "lives:Faro", at=9))
    assert extract.found("m1") == ["Faro"]


def test_no_edit_puts_on_the_record_what_was_said_off_it(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon", remember=False), edited(1, "lives:Porto", at=8, remember=True))

    assert extract.extractions == []


def test_an_edit_older_than_the_window_still_knows_its_author_and_its_place(extract: Extract) -> None:
    extract = Extract(window_turns=4)
    extract.take(*(said(n, f"t{n}") for n in range(1, 9)), edited(2, "lives:Porto", at=20))

    message = extract.message("m2")
    assert (message.user_id, message.text, message.previous_message_id) == (ANNA, "lives:Porto", "m1")
    assert extract.found("m2") == ["Porto"]


def test_a_deletion_takes_the_text_and_what_was_found(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon"), deleted(1, at=9))

    message = extract.message("m1")
    assert (message.text, message.deleted_at, message.user_id) == (None, START + timedelta(minutes=9), ANNA)
    assert extract.found("m1") == []
    assert not any(b"Lisbon" in value for table in extract.replay.stages[0].tables for _, value in table.scan(b""))


def test_a_deletion_closes_the_gap_between_its_neighbours(extract: Extract) -> None:
    extract.take(said(1, "t1"), said(2, "t2"), said(3, "echo"), deleted(2, at=9))

    assert extract.message("m3").previous_message_id == "m1"
    assert extract.found("m3") == ["<t1>"]


def test_a_deletion_absorbs_edits_whenever_they_come(extract: Extract) -> None:
    extract.take(said(1, "a"), deleted(1, at=9), edited(1, "b", at=10))

    assert extract.message("m1").text is None
    assert extract.message("m1").edited_at is None
    assert extract.outcomes[-1].reasons == ("deleted",)


def test_a_message_that_was_deleted_before_it_came_is_a_row_without_text(extract: Extract) -> None:
    extract.take(deleted(1, at=9), said(1, "lives:Lisbon"), said(2, "echo"))

    assert (extract.message("m1").text, extract.message("m1").deleted_at) == (None, START + timedelta(minutes=9))
    assert status_and_reasons(extract)[:2] == [("stored", ("parked",)), ("stored", ("deleted",))]
    assert extract.found("m2") == ["<>"]


def test_deleting_what_was_never_extracted_sends_no_extraction(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon", remember=False), deleted(1, at=9))

    assert extract.extractions == []


@pytest.mark.parametrize("again", [edited(1, "b", at=8), deleted(1, at=8)])
def test_an_edit_or_deletion_sent_twice_is_a_duplicate(extract: Extract, again: ConversationEvent) -> None:
    extract.take(said(1, "a"), again, again)

    assert [outcome.status.value for outcome in extract.outcomes] == ["stored", "stored", "duplicate"]


def test_the_end_of_a_conversation_is_kept_and_stops_nothing(extract: Extract) -> None:
    end = conversation(EventType.CONVERSATION_ENDED, at=5)
    extract.take(said(1, "t1"), end, end, said(2, "lives:Lisbon"))

    assert [outcome.status.value for outcome in extract.outcomes] == ["stored", "stored", "duplicate", "stored"]
    assert extract.found("m2") == ["Lisbon"]


def test_a_deleted_conversation_loses_what_was_said_up_to_then(extract: Extract) -> None:
    extract.take(
        said(1, "lives:Lisbon"),
        said(2, "likes:tea"),
        said(20, "echo"),
        conversation(EventType.CONVERSATION_DELETED, at=10),
    )

    assert [extract.message(f"m{n}").text for n in (1, 2, 20)] == [None, None, "echo"]
    assert extract.message("m2").deleted_at == START + timedelta(minutes=10)
    assert [extract.found(f"m{n}") for n in (1, 2, 20)] == [[], [], ["<>"]]
    assert extract.message("m20").previous_message_id is None


def test_a_deleted_conversation_absorbs_what_arrives_later_and_was_said_before(extract: Extract) -> None:
    extract.take(conversation(EventType.CONVERSATION_DELETED, at=10), said(1, "lives:Lisbon"), said(11, "likes:tea"))

    assert (extract.message("m1").text, extract.message("m11").text) == (None, "likes:tea")
    assert extract.outcomes[1].reasons == ("deleted",)


def test_of_several_deletions_of_a_conversation_the_latest_counts(extract: Extract) -> None:
    extract.take(said(1, "a"), said(8, "b"))
    extract.take(*(conversation(EventType.CONVERSATION_DELETED, at=at) for at in (5, 9, 7)))

    assert [extract.message(name).text for name in ("m1", "m8")] == [None, None]
    assert {extract.message(name).deleted_at for name in ("m1", "m8")} == {START + timedelta(minutes=9)}
    assert extract.outcomes[-1].reasons == ("deleted",)


def test_deleting_a_conversation_leaves_others_alone(extract: Extract) -> None:
    longer = ConversationId(f"{CONVERSATION}1")
    extract.take(
        said(1, "a", conversation_id=longer), said(1, "b"), conversation(EventType.CONVERSATION_DELETED, at=10)
    )

    messages = extract.replay.latest(TopicName.MESSAGES, Message)
    assert {key: message.text for key, message in messages.items()} == {"acme/c1/m1": None, "acme/c11/m1": "a"}
