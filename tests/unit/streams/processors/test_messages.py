"""What extract makes of a message: as it comes, as it comes again, as it comes late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schemas.enums import OutcomeStatus, Role
from schemas.ids import ConversationId, EventId, MessageId, UserId
from schemas.keys import partition_of
from support.extracting import PARTITIONS, Extract, status_and_reasons
from support.speech import START, said
from topology.dead_letters import parse
from topology.topics import TopicName

BLOCK = "\u2588"


def test_a_message_is_sent_searched_and_accounted_for(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon", timezone="Europe/Lisbon", attributes={"app": "web"}))

    (message,), (extraction,), (outcome,) = extract.messages, extract.extractions, extract.outcomes
    assert (message.text, message.timezone, message.attributes) == ("lives:Lisbon", "Europe/Lisbon", {"app": "web"})
    assert message.recorded_at == message.occurred_at == START + timedelta(minutes=1)
    assert message.source == outcome.source == extraction.source
    assert (message.revision, message.edited_at, message.deleted_at, message.redactions) == (0, None, None, ())
    assert [candidate.value for candidate in extraction.candidates] == ["Lisbon"]
    assert (outcome.status, outcome.reasons) == (OutcomeStatus.STORED, ())
    assert outcome.item_ids == (extraction.candidates[0].item_id,)


def test_each_topic_is_keyed_and_routed_as_the_contract_says(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon", conversation_id=ConversationId("a/b c")))

    log = extract.replay.log
    (message,), (extraction,), (outcome,) = (
        list(log.records(topic)) for topic in (TopicName.MESSAGES, TopicName.EXTRACTIONS, TopicName.OUTCOMES)
    )
    source = partition_of("acme/a/b c", PARTITIONS)
    assert (message.key, message.position.partition) == (b"acme/a%2Fb%20c/m1", source)
    assert (extraction.key, extraction.position.partition) == (b"acme/anna", partition_of("acme/anna", PARTITIONS))
    assert (outcome.key, outcome.position.partition) == (f"conversation.events.v1/{source}/0".encode(), source)


def test_a_message_names_the_one_before_it_by_event_time(extract: Extract) -> None:
    extract.take(said(1, "hi"), said(2, "hello"), said(3, "lives:Lisbon"))

    assert [extract.message(f"m{n}").previous_message_id for n in (1, 2, 3)] == [None, "m1", "m2"]


def test_nothing_is_sent_about_a_new_message_in_which_nothing_is_found(extract: Extract) -> None:
    extract.take(said(1, "good morning"))

    assert extract.extractions == []
    assert status_and_reasons(extract) == [("stored", ("no_memory:nothing_found",))]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"role": Role.ASSISTANT}, "no_memory:role"),
        ({"role": Role.TOOL}, "no_memory:role"),
        ({"recalled": True}, "no_memory:recalled"),
        ({"remember": False}, "no_memory:not_remembered"),
    ],
)
def test_what_may_not_be_remembered_is_stored_and_never_searched(
    extract: Extract, fields: dict[str, object], reason: str
) -> None:
    extract.take(said(1, "lives:Lisbon", **fields))

    assert extract.message("m1").text == "lives:Lisbon"
    assert extract.extractor.asked == 0
    assert extract.extractions == []
    assert status_and_reasons(extract) == [("stored", (reason,))]


def test_the_context_is_the_three_turns_before(extract: Extract) -> None:
    extract.take(*(said(n, f"t{n}") for n in range(1, 5)), said(5, "echo"))

    assert extract.found("m5") == ["<t2|t3|t4>"]


@pytest.mark.parametrize("fields", [{"recalled": True}, {"remember": False}])
def test_what_is_off_the_record_or_recalled_holds_its_place_and_says_nothing(
    extract: Extract, fields: dict[str, object]
) -> None:
    extract.take(said(1, "open"), said(2, "secret", **fields), said(3, "echo"))

    assert extract.found("m3") == ["<open|>"]
    assert extract.message("m3").previous_message_id == "m2"


def test_a_card_number_leaves_no_trace_and_the_outcome_says_so(extract: Extract) -> None:
    extract.take(said(1, "card 4111 1111 1111 1111 lives:Lisbon"))

    message = extract.message("m1")
    assert message.text == f"card {BLOCK * 19} lives:Lisbon"
    assert message.redactions == ("payment_card",)
    candidate = extract.extractions[0].candidates[0]
    assert message.text[candidate.start : candidate.end] == candidate.quote == "lives:Lisbon"
    assert status_and_reasons(extract) == [("stored", ("redacted",))]
    assert not any(b"4111" in value for table in extract.replay.stages[0].tables for _, value in table.scan(b""))


def test_a_retry_is_a_duplicate_and_changes_nothing(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon"), said(1, "lives:Lisbon"))

    assert len(extract.messages) == len(extract.extractions) == 1
    assert status_and_reasons(extract)[1] == ("duplicate", ())


def test_the_same_text_under_another_event_id_is_a_duplicate_too(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon"), said(1, "lives:Lisbon", event_id=EventId("other")))

    assert [outcome.status for outcome in extract.outcomes] == [OutcomeStatus.STORED, OutcomeStatus.DUPLICATE]


def test_another_text_under_a_taken_message_id_is_a_dead_letter(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon"), said(1, "lives:Porto", event_id=EventId("other")))

    assert extract.message("m1").text == "lives:Lisbon"
    (letter,) = extract.dead_letters
    failure = parse(letter.headers)
    assert failure is not None
    assert failure.reason == "message_id_conflict"
    assert "Porto" not in failure.detail
    assert extract.outcomes[1].status is OutcomeStatus.DEAD_LETTERED
    assert extract.outcomes[1].event_id == "other"


def test_a_late_message_changes_what_was_before_the_others_and_their_context(extract: Extract) -> None:
    extract.take(said(1, "t1"), said(3, "echo"), said(4, "t4"), said(5, "echo"), said(6, "t6"), said(7, "echo"))
    before = len(extract.messages)

    extract.take(said(2, "t2"))

    assert extract.outcomes[-1].reasons == ("late", "no_memory:nothing_found")
    assert [extract.found(f"m{n}") for n in (3, 5, 7)] == [["<t1|t2>"], ["<t2|echo|t4>"], ["<t4|echo|t6>"]]
    assert [(each.message_id, each.previous_message_id) for each in extract.messages[before:]] == [
        ("m2", "m1"),
        ("m3", "m2"),
    ]


def test_what_a_late_message_disturbs_has_its_offset_as_revision_and_keeps_its_own_source(extract: Extract) -> None:
    extract.take(said(1, "t1"), said(3, "echo"), said(2, "t2"))

    first, again = extract.extractions
    assert (first.message_id, first.revision, again.message_id, again.revision) == ("m3", 1, "m3", 2)
    assert again.source == first.source
    assert again.recorded_at == START + timedelta(minutes=2)
    assert set(extract.outcomes[-1].item_ids) == {candidate.item_id for candidate in again.candidates}


def test_a_message_older_than_the_window_is_kept_without_context(extract: Extract) -> None:
    extract = Extract(window_turns=4)
    extract.take(*(said(n, f"t{n}") for n in range(10, 16)), said(1, "echo"))

    assert extract.found("m1") == ["<>"]
    assert extract.message("m1").previous_message_id is None
    assert extract.message("m12").previous_message_id == "m11"
    assert extract.outcomes[-1].reasons == ("late",)


def test_a_window_is_bounded_by_characters_too() -> None:
    extract = Extract(window_characters=10)
    extract.take(said(1, "aaaaaaaa"), said(2, "bbbbbbbb"), said(3, "echo"))

    assert extract.found("m3") == ["<bbbbbbbb>"]


def test_the_same_message_id_in_another_conversation_is_another_message(extract: Extract) -> None:
    other = ConversationId("c2")
    extract.take(said(1, "lives:Lisbon"), said(1, "lives:Porto", conversation_id=other, event_id=EventId("e1b")))

    assert [outcome.status.value for outcome in extract.outcomes] == ["stored", "stored"]


def test_what_is_found_belongs_to_who_said_it(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon", user_id=UserId("ben")), said(2, "lives:Porto"))

    assert {(each.user_id, each.message_id) for each in extract.extractions} == {("ben", "m1"), ("anna", "m2")}
    assert extract.message("m2").previous_message_id == MessageId("m1")
