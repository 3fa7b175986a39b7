"""Records that may not enter, and records on a foreign partition."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from schemas.enums import EventType, OutcomeStatus
from schemas.ids import EventId
from schemas.records import Position
from streams.ports import RawRecord
from streams.processors.admission import MOST_BYTES
from streams.processors.outcomes import LETTER_BYTES
from support.extracting import PARTITIONS, Extract, raw_of, status_and_reasons
from support.speech import START, TENANT, edited, said
from topology.dead_letters import parse
from topology.topics import TopicName


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


@pytest.mark.parametrize(
    ("key", "tenant"), [(b"acme/other", "acme"), (b"another/x", "another"), (b"\xff/x", ""), (b"", ""), (None, "")]
)
def test_an_outcome_names_the_tenant_of_its_key_whatever_the_event_says(
    extract: Extract, key: bytes | None, tenant: str
) -> None:
    extract.take_raw(replace(raw_of(said(1, "a")), key=key)).take(said(2, "next"))

    assert [outcome.key_tenant_id for outcome in extract.outcomes] == [tenant, TENANT]


def test_an_edit_needs_no_author(extract: Extract) -> None:
    extract.take(said(1, "a"), edited(1, "b", at=2, user_id=None))

    assert extract.message("m1").text == "b"


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


def test_a_record_too_large_to_be_sent_on_is_a_dead_letter_wherever_it_stands(extract: Extract) -> None:
    raw = replace(raw_of(said(1, "a")), headers=(("padding", b"x" * MOST_BYTES),))
    extract.take_raw(raw)

    assert status_and_reasons(extract) == [("dead_lettered", ("too_large",))]
    assert [(letter.key, letter.value) for letter in extract.dead_letters] == [(raw.key, raw.value)]


def test_a_dead_letter_beyond_its_topic_leaves_its_content_behind(extract: Extract) -> None:
    """Else its checkpoint could never be committed, and the partition would stand still."""
    extract.take_raw(replace(raw_of(said(1, "a")), value=b"\xff" * (LETTER_BYTES + 1))).take(said(2, "next"))

    assert [(letter.key, letter.value) for letter in extract.dead_letters] == [(None, None)]
    assert [outcome.status for outcome in extract.outcomes] == [OutcomeStatus.DEAD_LETTERED, OutcomeStatus.STORED]
