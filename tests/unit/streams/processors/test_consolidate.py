"""Consolidate by what it sends: evidence, every version of an item, profiles."""

from __future__ import annotations

from typing import NoReturn

import pytest

from schemas.enums import ItemStatus
from schemas.ids import UserId
from schemas.keys import join_key, partition_of
from schemas.records import Evidence, MemoryItem, Position
from streams.ports import PoisonRecord, RawRecord, SourceRecord
from streams.processors.consolidate import ConsolidateProcessor
from streams.replay import PARTITIONS
from streams.stores import MemoryTable, RunStores
from support.memory import CODEC, Memory, minute
from support.speech import ANNA, START, TENANT, deleted, edited, said
from topology.topics import TopicName


@pytest.fixture
def memory() -> Memory:
    return Memory()


def test_what_is_said_becomes_evidence_with_its_words_and_an_item(memory: Memory) -> None:
    memory.hear(said(1, "hi lives:Lisbon"))

    (evidence,), item = memory.evidence, memory.items["Lisbon"]
    assert (evidence.quote, evidence.start, evidence.end) == ("lives:Lisbon", 3, 15)
    assert (evidence.message_id, evidence.source.offset, evidence.extractor) == ("m1", 0, "words@1")
    assert (item.status, item.evidence_count, item.extractor) == (ItemStatus.ACTIVE, 1, "words@1")
    assert item.first_occurred_at == item.last_occurred_at == item.recorded_at == minute(1)
    assert item.cause == evidence.source


def test_keys_and_partitions_are_those_of_the_contract(memory: Memory) -> None:
    memory.hear(said(1, "lives:Lisbon"))

    item = memory.items["Lisbon"].item_id
    log, partition = memory.replay.log, partition_of("acme/anna", PARTITIONS)
    topics = (TopicName.EVIDENCE, TopicName.ITEMS, TopicName.PROFILES)
    sent = {raw.position.topic: raw for topic in topics for raw in log.records(topic)}
    assert {topic: raw.key for topic, raw in sent.items()} == {
        TopicName.EVIDENCE: f"acme/anna/{item}/c1/m1".encode(),
        TopicName.ITEMS: f"acme/anna/{item}".encode(),
        TopicName.PROFILES: b"acme/anna",
    }
    assert {raw.position.partition for raw in sent.values()} == {partition}


def test_every_version_of_an_item_is_sent_once(memory: Memory) -> None:
    memory.hear(said(1, "lives:Lisbon"), said(2, "hello"), said(3, "lives:Porto"), said(4, "lives:Lisbon"))

    assert [(each.value, each.status.value, each.cause.offset) for each in memory.versions] == [
        ("Lisbon", "active", 0),
        *sorted([("Lisbon", "superseded", 2), ("Porto", "active", 2)], key=lambda v: memory.items[v[0]].item_id),
        *sorted([("Lisbon", "active", 3), ("Porto", "superseded", 3)], key=lambda v: memory.items[v[0]].item_id),
    ]


def test_each_further_message_adds_support_and_confidence(memory: Memory) -> None:
    memory.hear(*(said(n, "likes:tea") for n in range(1, 9)))

    assert [each.evidence_count for each in memory.versions] == list(range(1, 9))
    confidences = [each.confidence for each in memory.versions]
    assert confidences[:3] == [0.8, 0.9, 0.95]
    assert confidences == sorted(confidences)
    assert confidences[-1] == 0.99


def test_an_edit_replaces_the_evidence_and_retracts_what_has_none_left(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea likes:milk"), edited(1, "likes:tea", at=9))

    assert [each.value for each in memory.evidence] == ["tea"]
    milk = memory.items["milk"]
    assert (milk.status, milk.validity, milk.evidence_count, milk.confidence) == (ItemStatus.RETRACTED, (), 0, 0.0)
    assert (milk.recorded_at, milk.cause.offset) == (minute(9), 1)
    assert memory.items["tea"].evidence_count == 1


def test_a_deleted_message_gives_back_the_value_it_had_replaced(memory: Memory) -> None:
    memory.hear(said(1, "lives:Lisbon"), said(2, "lives:Porto"), deleted(2, at=9))

    assert memory.items["porto"].status is ItemStatus.RETRACTED
    lisbon = memory.items["Lisbon"]
    assert (lisbon.status, lisbon.superseded_by, lisbon.validity[-1].valid_to) == (ItemStatus.ACTIVE, None, None)


def test_a_deleted_message_leaves_a_tombstone_where_its_evidence_was(memory: Memory) -> None:
    memory.hear(said(1, "lives:Lisbon"), deleted(1, at=9))

    sent = list(memory.replay.sent(TopicName.EVIDENCE, Evidence))
    assert [value is None for _, value in sent] == [False, True]
    assert sent[0][0] == sent[1][0]


def test_an_edit_back_to_the_same_words_makes_the_item_active_again(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea"), edited(1, "nothing", at=8), edited(1, "likes:tea", at=9))

    assert [each.status.value for each in memory.versions] == ["active", "retracted", "active"]


def test_of_two_things_said_of_an_item_in_one_message_the_last_counts(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea not:tea"))

    assert memory.items["tea"].status is ItemStatus.ENDED
    assert [each.quote for each in memory.evidence] == ["not:tea"]


def test_evidence_that_only_learned_a_new_revision_is_not_sent_again(memory: Memory) -> None:
    memory.hear(said(1, "t1"), said(3, "likes:tea"), said(2, "t2"))

    assert len(list(memory.replay.sent(TopicName.EVIDENCE, Evidence))) == len(memory.versions) == 1


@pytest.mark.parametrize("which", [0, 1])
def test_an_extraction_that_comes_again_or_too_late_changes_nothing(memory: Memory, which: int) -> None:
    memory.hear(said(1, "likes:tea"), edited(1, "likes:milk", at=9))
    stage, log = memory.replay.stages[1], memory.replay.log
    rows, versions = [dict(table.scan(b"")) for table in stage.tables], memory.versions

    raw = list(log.records(TopicName.EXTRACTIONS))[which]
    log.append(raw.position.topic, raw.position.partition, raw.key, raw.value)
    memory.replay.take(())

    assert [dict(table.scan(b"")) for table in stage.tables] == rows
    assert memory.versions == versions


def test_a_plan_that_comes_true_holds_from_when_that_is_said(memory: Memory) -> None:
    memory.hear(said(1, "moves:Porto"), said(2, "lives:Porto"))

    (interval,) = memory.items["Porto"].validity
    assert interval.valid_from == minute(2)


def test_saying_again_what_is_current_reads_no_track_however_long_it_is(memory: Memory) -> None:
    memory.hear(said(1, "lives:Lisbon"), said(2, "likes:tea"))
    for table in memory.replay.stages[1].tables:
        table.scan = nothing_to_scan  # type: ignore[method-assign]

    memory.hear(said(3, "lives:Lisbon"), said(4, "likes:tea"))

    assert [memory.items[value].evidence_count for value in ("Lisbon", "tea")] == [2, 2]


def nothing_to_scan(prefix: bytes) -> NoReturn:
    raise AssertionError(f"read all rows below {prefix!r}")


def test_values_of_a_qualified_slot_compete_only_within_their_thing(memory: Memory) -> None:
    memory.hear(said(1, "fav:colour=blue"), said(2, "fav:food=rice"), said(3, "fav:colour=red"))

    statuses = {value: item.status.value for value, item in memory.items.items()}
    assert statuses == {"colour: blue": "superseded", "food: rice": "active", "colour: red": "active"}


def test_people_do_not_share_items(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea"), said(2, "not:tea", user_id=UserId("ben")))

    items = memory.replay.latest(TopicName.ITEMS, MemoryItem).values()
    assert {(item.user_id, item.status.value) for item in items} == {("anna", "active"), ("ben", "ended")}


def test_an_event_carries_its_dates_and_a_task_its_state(memory: Memory) -> None:
    memory.hear(said(1, "party:party1"), said(2, "todo:report"), said(3, "did:report"))

    assert memory.items["party1"].validity[0].valid_from == minute(1 + 7 * 24 * 60)
    assert memory.items["report"].status is ItemStatus.DONE


def test_a_record_without_a_value_stops_the_stage() -> None:
    processor, stores = ConsolidateProcessor(), RunStores(MemoryTable(), CODEC)
    raw = RawRecord(
        position=Position(topic=TopicName.EXTRACTIONS, partition=0, offset=0), timestamp=START, key=b"k", value=None
    )
    with pytest.raises(PoisonRecord, match="missing_value") as caught:
        processor.process(SourceRecord(raw=raw, value=None), stores)
    with pytest.raises(PoisonRecord):
        processor.reject(raw, caught.value)


def test_a_tombstone_among_the_commands_is_passed_over() -> None:
    processor, stores = ConsolidateProcessor(), RunStores(MemoryTable(), CODEC)
    raw = RawRecord(
        position=Position(topic=TopicName.COMMANDS, partition=0, offset=0), timestamp=START, key=b"k", value=None
    )
    assert list(processor.process(SourceRecord(raw=raw, value=None), stores)) == []


def test_a_profile_shows_what_is_current(memory: Memory) -> None:
    memory.hear(
        said(1, "lives:Lisbon"),
        said(2, "likes:tea"),
        said(3, "likes:milk"),
        said(4, "likes:tea"),
        said(5, "lives:Porto"),
        said(6, "party:party1"),
        said(7, "moves:Berlin"),
        said(8, "not:milk"),
    )

    profile = memory.profile
    assert [(entry.slot, entry.value, entry.since) for entry in profile.slots] == [("home_city", "Porto", minute(5))]
    assert [(entry.value, entry.evidence_count) for entry in profile.top] == [("tea", 2)]
    assert profile.active_items == 4
    assert profile.recorded_at == minute(8)


def test_a_run_sends_one_profile_however_often_it_changed() -> None:
    memory = Memory().hear(*(said(n, f"likes:x{n}") for n in range(5)))

    sent = [raw.key for raw in memory.replay.log.records(TopicName.PROFILES)]
    assert sent == [join_key(TENANT, ANNA).encode()]


def test_a_profile_that_shows_nothing_new_is_not_sent() -> None:
    memory = Memory()
    memory.hear(said(1, "likes:tea")).hear(said(2, "did:dishes")).hear(said(3, "did:dishes"))

    assert len(list(memory.replay.log.records(TopicName.PROFILES))) == 1
