"""Commands: a person's own word about an item, against what was said before and after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.enums import CommandType, ItemStatus, Kind, RetentionLevel
from schemas.ids import ItemId
from schemas.records import Evidence, MemoryItem, Profile
from streams.ports import PoisonRecord
from support.memory import Memory, command, id_of, minute
from support.speech import said
from topology.topics import TopicName

CORRECT, CONFIRM, FORGET = CommandType.CORRECT, CommandType.CONFIRM, CommandType.FORGET
REMEMBER, ERASE = CommandType.REMEMBER, CommandType.ERASE


def statuses(memory: Memory) -> dict[str, str]:
    return {value: item.status.value for value, item in memory.items.items()}


@pytest.fixture
def memory() -> Memory:
    return Memory()


def test_what_is_to_be_remembered_is_an_item_without_a_message(memory: Memory) -> None:
    memory.obey(command(REMEMBER, at=5, kind=Kind.FACT, slot="home_city", value=" Lisbon. "))

    (evidence,), item = memory.evidence, memory.items["Lisbon"]
    assert (evidence.conversation_id, evidence.message_id, evidence.quote) == (None, "k1", "")
    assert (evidence.rule, evidence.extractor) == ("remember@1", "command@1")
    assert (item.status, item.canonical, item.cause.topic) == (ItemStatus.ACTIVE, "lisbon", TopicName.COMMANDS)
    assert item.validity[0].valid_from == minute(5)
    assert item.recorded_at == minute(5 + 1 / 60)


def test_what_is_to_be_remembered_may_have_dates(memory: Memory) -> None:
    memory.obey(
        command(
            REMEMBER, at=5, kind=Kind.EVENT, slot="event", value="party", known_from=minute(60), known_to=minute(90)
        )
    )

    (interval,) = memory.items["party"].validity
    assert (interval.valid_from, interval.valid_to) == (minute(60), minute(90))


def test_a_correction_supersedes_a_value_and_names_the_new_one(memory: Memory) -> None:
    memory.hear(said(1, "lives:Lisbon"))
    memory.obey(command(CORRECT, at=5, item_id=id_of(memory, "Lisbon"), value="Porto"))

    lisbon, porto = memory.items["Lisbon"], memory.items["Porto"]
    assert (lisbon.status, lisbon.superseded_by) == (ItemStatus.SUPERSEDED, porto.item_id)
    assert (porto.status, porto.validity[0].valid_from) == (ItemStatus.ACTIVE, minute(5))


def test_a_correction_supersedes_one_of_many_values_too(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea likes:milk"))
    memory.obey(command(CORRECT, at=5, item_id=id_of(memory, "tea"), value="coffee"))

    items = memory.items
    assert (items["tea"].status, items["tea"].superseded_by) == (ItemStatus.SUPERSEDED, items["coffee"].item_id)
    assert (items["tea"].value, items["tea"].evidence_count) == ("tea", 1)
    assert (items["milk"].status, items["coffee"].status) == (ItemStatus.ACTIVE, ItemStatus.ACTIVE)


def test_a_corrected_event_keeps_its_dates(memory: Memory) -> None:
    memory.hear(said(1, "party:birthday"))
    memory.obey(command(CORRECT, at=5, item_id=id_of(memory, "birthday"), value="wedding"))

    items = memory.items
    assert (items["birthday"].status, items["wedding"].status) == (ItemStatus.SUPERSEDED, ItemStatus.ACTIVE)
    assert items["wedding"].validity == items["birthday"].validity


def test_a_corrected_choice_is_of_the_same_thing(memory: Memory) -> None:
    memory.hear(said(1, "fav:colour=blue"))
    memory.obey(command(CORRECT, at=5, item_id=id_of(memory, "colour: blue"), value="green"))

    assert (memory.items["colour: green"].status, memory.items["colour: green"].qualifier) == ("active", "colour")


def test_a_correction_of_the_spelling_alone_keeps_the_item(memory: Memory) -> None:
    memory.hear(said(1, "lives:lisbon"))
    memory.obey(command(CORRECT, at=5, item_id=id_of(memory, "lisbon"), value="Lisbon"))

    (item,) = memory.items.values()
    assert (item.value, item.status, item.evidence_count) == ("Lisbon", ItemStatus.ACTIVE, 2)


def test_what_is_said_after_a_command_outranks_it_and_what_was_said_before_does_not(memory: Memory) -> None:
    memory.hear(said(1, "lives:Lisbon"))
    memory.obey(command(CORRECT, at=5, item_id=id_of(memory, "Lisbon"), value="Porto"))
    memory.hear(said(3, "lives:Lisbon"))
    assert statuses(memory) == {"Lisbon": "superseded", "Porto": "active"}

    memory.hear(said(9, "lives:Faro"))
    assert statuses(memory) == {"Lisbon": "superseded", "Porto": "superseded", "Faro": "active"}


def test_a_confirmation_is_support(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea"))
    memory.obey(command(CONFIRM, at=5, item_id=id_of(memory, "tea")))

    assert (memory.items["tea"].evidence_count, memory.items["tea"].confidence) == (2, 0.99)


def test_what_is_forgotten_is_retracted_until_it_is_said_again(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea"))
    memory.obey(command(FORGET, at=5, item_id=id_of(memory, "tea")))
    assert memory.items["tea"].status is ItemStatus.RETRACTED

    memory.hear(said(3, "likes:tea"))
    assert memory.items["tea"].status is ItemStatus.RETRACTED

    memory.hear(said(9, "likes:tea"))
    assert (memory.items["tea"].status, memory.items["tea"].evidence_count) == (ItemStatus.ACTIVE, 1)


def test_what_was_told_once_is_permanent_however_often_it_is_said_after(memory: Memory) -> None:
    memory.obey(command(REMEMBER, at=1, kind=Kind.PREFERENCE, slot="likes", value="tea"))
    memory.hear(said(5, "likes:tea likes:milk"), said(6, "likes:tea"))

    items = memory.items
    assert (items["tea"].explicit, items["tea"].retention_level) == (True, RetentionLevel.PERMANENT)
    assert (items["milk"].explicit, items["milk"].retention_level) == (False, RetentionLevel.LONG)


def test_a_command_is_obeyed_once(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea"))
    confirmation = command(CONFIRM, at=5, item_id=id_of(memory, "tea"))
    memory.obey(confirmation).obey(confirmation)

    assert memory.items["tea"].evidence_count == 2
    assert len(memory.versions) == 2


@pytest.mark.parametrize("kind", [CORRECT, CONFIRM, FORGET])
def test_a_command_about_an_item_that_is_not_there_does_nothing(memory: Memory, kind: CommandType) -> None:
    memory.obey(command(kind, at=5, item_id=ItemId("none"), value="x"))

    assert memory.versions == []


@pytest.mark.parametrize("kind", [CORRECT, CONFIRM, FORGET])
def test_a_command_that_is_read_before_the_words_it_is_about_waits_for_them(kind: CommandType) -> None:
    prompt = Memory().hear(said(1, "likes:tea"))
    about_tea = command(kind, at=5, item_id=id_of(prompt, "tea"), value="milk" if kind is CORRECT else None)
    early = Memory().obey(about_tea).obey(about_tea)
    assert early.versions == []

    early.hear(said(1, "likes:tea"))

    assert statuses(early) == statuses(prompt.obey(about_tea))
    given = [row for row in early.evidence if row.conversation_id is None]
    assert {(row.source.topic, row.source.offset) for row in given} == {(TopicName.COMMANDS, 0)}
    came = minute(5) + timedelta(seconds=1)
    assert {row.recorded_at for row in given} == {came}
    assert max(version.recorded_at for version in early.versions) == came


def test_an_erasure_forgets_commands_that_wait(memory: Memory) -> None:
    tea = id_of(Memory().hear(said(1, "likes:tea")), "tea")
    memory.obey(command(CONFIRM, at=2, item_id=tea)).obey(command(ERASE, at=5, name="k2"))

    assert not any(rows for table in memory.replay.stages[1].tables for rows in table.scan(b""))
    assert memory.hear(said(9, "likes:tea")).items["tea"].evidence_count == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": Kind.FACT, "slot": "shoe_size", "value": "42"}, "unknown_slot"),
        ({"kind": Kind.FACT, "slot": "age", "value": "blue"}, "invalid_value"),
        ({"kind": Kind.FACT, "slot": "age"}, "missing_field"),
    ],
)
def test_a_command_that_the_api_must_not_send_stops_the_stage(
    memory: Memory, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(PoisonRecord, match=reason):
        memory.obey(command(REMEMBER, at=5, **fields))
    with pytest.raises(PoisonRecord, match="unknown_type"):
        Memory().obey(command(CommandType.UNKNOWN, at=5))


def test_an_erasure_leaves_nothing_but_tombstones(memory: Memory) -> None:
    memory.hear(said(1, "lives:Lisbon likes:tea"), said(2, "likes:tea"))
    memory.obey(command(CONFIRM, at=3, item_id=id_of(memory, "tea"))).obey(command(ERASE, at=5, name="k2"))

    for topic, record in ((TopicName.EVIDENCE, Evidence), (TopicName.ITEMS, MemoryItem), (TopicName.PROFILES, Profile)):
        assert memory.replay.latest(topic, record) == {}
    assert not any(rows for table in memory.replay.stages[1].tables for rows in table.scan(b""))


def test_an_erasure_leaves_others_alone_and_remembers_what_is_said_later(memory: Memory) -> None:
    memory.hear(said(1, "likes:tea"), said(2, "likes:beer", user_id="anna2"))
    memory.obey(command(ERASE, at=5)).hear(said(9, "likes:milk"))

    assert set(memory.items) == {"beer", "milk"}
    assert memory.profile.active_items == 1
