"""Extract by what it sends: messages, extractions, outcomes, dead letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from schemas.codec import Codec, ShippedSchemaIds
from schemas.ids import ConversationId, EventId, MessageId, UserId
from schemas.keys import join_key, partition_of
from schemas.records import (
    ConversationEvent,
    EventType,
    Message,
    MessageExtraction,
    Outcome,
    OutcomeStatus,
    Position,
    Role,
)
from streams.ports import RawRecord
from streams.processors.extract import ExtractProcessor
from streams.processors.policy import ExtractPolicy
from streams.replay import MemoryLog, Replay, event_record
from support.speech import ANNA, CONVERSATION, START, TENANT, WordExtractor, conversation, deleted, edited, said
from topology.dead_letters import parse
from topology.topics import TopicName

T = TypeVar("T")

CODEC = Codec(ShippedSchemaIds())
PARTITIONS = 4
BLOCK = "\u2588"


class Extract:
    """The stage alone, over a log in memory."""

    def __init__(self, **policy: int) -> None:
        self.extractor = WordExtractor()
        processor = ExtractProcessor(self.extractor, PARTITIONS, ExtractPolicy(**policy))
        self.replay = Replay([processor], codec=CODEC, partitions=PARTITIONS)

    def take(self, *events: ConversationEvent) -> Extract:
        self.replay.take_events(events)
        return self

    def take_raw(self, raw: RawRecord) -> Extract:
        self.replay.take([raw])
        return self

    @property
    def messages(self) -> list[Message]:
        return _values(self.replay.sent(TopicName.MESSAGES, Message))

    @property
    def extractions(self) -> list[MessageExtraction]:
        return _values(self.replay.sent(TopicName.EXTRACTIONS, MessageExtraction))

    @property
    def outcomes(self) -> list[Outcome]:
        return _values(self.replay.sent(TopicName.OUTCOMES, Outcome))

    @property
    def dead_letters(self) -> list[RawRecord]:
        return list(self.replay.log.records(TopicName.EVENTS_DEAD_LETTERS))

    def message(self, message_id: str) -> Message:
        """As it stands last."""
        return self.replay.latest(TopicName.MESSAGES, Message)[join_key(TENANT, CONVERSATION, message_id)]

    def found(self, message_id: str) -> list[str]:
        """Values found in a message, as they stand last."""
        sent = [each for each in self.extractions if each.message_id == message_id]
        return [candidate.value for candidate in sent[-1].candidates] if sent else []


def _values(sent: Iterable[tuple[str, T | None]]) -> list[T]:
    return [value for _, value in sent if value is not None]


@pytest.fixture
def extract() -> Extract:
    return Extract()


def status_and_reasons(extract: Extract) -> list[tuple[str, tuple[str, ...]]]:
    return [(outcome.status.value, outcome.reasons) for outcome in extract.outcomes]


# A message


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


# The same message again


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


# Late messages


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


# Edits


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


# Deletions


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
    extract.take(said(1, "lives:Lisbon", role=Role.ASSISTANT), deleted(1, at=9))

    assert extract.extractions == []


@pytest.mark.parametrize("again", [edited(1, "b", at=8), deleted(1, at=8)])
def test_an_edit_or_deletion_sent_twice_is_a_duplicate(extract: Extract, again: ConversationEvent) -> None:
    extract.take(said(1, "a"), again, again)

    assert [outcome.status.value for outcome in extract.outcomes] == ["stored", "stored", "duplicate"]


# Conversations


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


# Records that may not enter


def raw_of(event: ConversationEvent) -> RawRecord:
    return event_record(event, CODEC, MemoryLog(PARTITIONS))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (replace(raw_of(said(1, "a")), value=None), "missing_value"),
        (replace(raw_of(said(1, "a")), value=b"nonsense"), "bad_wire_format"),
        (replace(raw_of(said(1, "a")), value=b"\x00\x00\x00\xff\xff1"), "unknown_schema"),
        (replace(raw_of(said(1, "a")), key=b"acme/other"), "key_mismatch"),
        (replace(raw_of(said(1, "a")), key=b"\xff\xfe"), "key_mismatch"),
        (replace(raw_of(said(1, "a")), key=None), "key_mismatch"),
        (raw_of(said(1, "a", type=EventType.UNKNOWN)), "unknown_type"),
        (raw_of(said(1, "a\x00b")), "nul_in_text"),
        (raw_of(said(1, "a" * 70_000)), "too_long"),
        (raw_of(replace(said(1, "a"), text=None)), "missing_field"),
        (raw_of(replace(said(1, "a"), user_id=None)), "missing_field"),
        (replace(raw_of(said(1, "a")), timestamp=START - timedelta(minutes=4, seconds=1)), "time_in_future"),
    ],
)
def test_a_record_that_may_not_enter_is_a_dead_letter_as_it_came(extract: Extract, raw: RawRecord, reason: str) -> None:
    raw = replace(raw, headers=(("trace", b"\xff"), ("empty", None)))
    extract.take_raw(raw).take(said(2, "next"))

    (letter,) = extract.dead_letters
    failure = parse(letter.headers)
    assert failure is not None
    assert (failure.reason, failure.position, failure.stage) == (reason, raw.position, "extract")
    assert (letter.key, letter.value, letter.position.partition) == (raw.key, raw.value, raw.position.partition)
    assert tuple(letter.headers[:2]) == raw.headers
    assert status_and_reasons(extract)[0] == ("dead_lettered", (reason,))
    assert extract.outcomes[1].status is OutcomeStatus.STORED


def test_the_clock_of_a_producer_may_be_ahead_by_the_tolerance(extract: Extract) -> None:
    extract.take_raw(replace(raw_of(said(1, "a")), timestamp=START - timedelta(minutes=4)))

    assert extract.outcomes[0].status is OutcomeStatus.STORED


def test_the_outcome_of_a_dead_letter_names_its_event_where_that_is_known(extract: Extract) -> None:
    extract.take_raw(replace(raw_of(said(1, "a")), key=b"x")).take_raw(raw_of(said(2, "b", event_id=EventId(""))))

    named, nameless = extract.outcomes
    assert (named.tenant_id, named.event_id) == (TENANT, "e1")
    assert (nameless.tenant_id, nameless.event_id) == (None, None)


def test_an_edit_needs_no_author(extract: Extract) -> None:
    extract.take(said(1, "a"), edited(1, "b", at=2, user_id=None))

    assert extract.message("m1").text == "b"


# Foreign partitions


def test_a_record_on_a_foreign_partition_is_sent_on_as_it_came(extract: Extract) -> None:
    right = raw_of(said(1, "lives:Lisbon"))
    foreign = (right.position.partition + 1) % PARTITIONS
    position = Position(topic=TopicName.EVENTS, partition=foreign, offset=7)
    extract.take_raw(replace(right, position=position, headers=(("trace", b"1"),)))

    sent_on = list(extract.replay.log.records(TopicName.EVENTS))
    again = next(raw for raw in sent_on if raw.position.partition == right.position.partition)
    assert (again.key, again.value, tuple(again.headers)) == (right.key, right.value, (("trace", b"1"),))
    assert {(outcome.source.partition, outcome.status.value) for outcome in extract.outcomes} == {
        (foreign, "rerouted"),
        (right.position.partition, "stored"),
    }
    assert extract.found("m1") == ["Lisbon"]


def test_the_key_of_a_record_on_a_foreign_partition_is_judged_where_it_belongs(extract: Extract) -> None:
    right = raw_of(said(1, "a"))
    foreign = (right.position.partition + 1) % PARTITIONS
    position = Position(topic=TopicName.EVENTS, partition=foreign, offset=0)
    extract.take_raw(replace(right, position=position, key=b"wrong"))

    assert {outcome.status.value for outcome in extract.outcomes} == {"rerouted", "dead_lettered"}
    assert extract.dead_letters[0].position.partition == right.position.partition


# Across conversations and people


def test_the_same_message_id_in_another_conversation_is_another_message(extract: Extract) -> None:
    other = ConversationId("c2")
    extract.take(said(1, "lives:Lisbon"), said(1, "lives:Porto", conversation_id=other, event_id=EventId("e1b")))

    assert [outcome.status.value for outcome in extract.outcomes] == ["stored", "stored"]


def test_what_is_found_belongs_to_who_said_it(extract: Extract) -> None:
    extract.take(said(1, "lives:Lisbon", user_id=UserId("ben")), said(2, "lives:Porto"))

    assert {(each.user_id, each.message_id) for each in extract.extractions} == {("ben", "m1"), ("anna", "m2")}
    assert extract.message("m2").previous_message_id == MessageId("m1")
