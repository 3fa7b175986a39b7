"""What evidence leaves behind when it is taken back: by an edit, a deletion, an erasure."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas.enums import CommandType, ItemStatus
from streams.extraction.canonical import canonicalise
from streams.extraction.slots import BUILT_IN
from support.memory import Memory, command, id_of, minute
from support.speech import deleted, edited, said
from topology import tombstones
from topology.tombstones import Words
from topology.topics import TopicName


def gone(memory: Memory) -> list[tuple[str, Words, datetime]]:
    """Tombstones of evidence: the message, what becomes of its words, since when."""
    found = []
    for raw in memory.replay.log.records(TopicName.EVIDENCE):
        if raw.value is None:
            taken_back = tombstones.read(raw.headers, raw.timestamp)
            found.append(((raw.key or b"").decode().split("/")[-1], taken_back.words, taken_back.recorded_at))
    return found


def test_an_edit_takes_back_since_it_came_and_leaves_the_words_to_history() -> None:
    memory = Memory().hear(said(1, "likes:tea"), edited(1, "likes:milk", at=5))

    assert gone(memory) == [("m1", Words.KEPT, minute(5))]


def test_a_deletion_takes_the_words_along_and_those_of_before_an_edit_too() -> None:
    memory = Memory().hear(said(1, "likes:tea"), edited(1, "likes:milk", at=5), deleted(1, at=9))

    assert sorted(gone(memory)[1:]) == [("m1", Words.DELETED, minute(9))] * 2


def test_an_erasure_leaves_nothing_of_what_was_edited_or_deleted_long_before() -> None:
    memory = Memory().hear(
        said(1, "likes:tea"), edited(1, "likes:milk", at=5), said(2, "likes:chess"), deleted(2, at=6)
    )
    before = len(gone(memory))
    memory.obey(command(CommandType.ERASE, at=10))

    at = minute(10) + timedelta(seconds=1)
    assert sorted(gone(memory)[before:]) == [("m1", Words.ERASED, at)] * 2 + [("m2", Words.ERASED, at)]


def test_what_is_retracted_shows_no_words() -> None:
    memory = Memory().hear(said(1, "lives:LisBon"), deleted(1, at=5))

    assert memory.items["lisbon"].status is ItemStatus.RETRACTED


def test_an_item_that_is_confirmed_keeps_the_words_it_was_told_in() -> None:
    memory = Memory().hear(said(1, "lives:LisBon"))
    memory.obey(command(CommandType.CONFIRM, at=5, item_id=id_of(memory, "LisBon")))

    assert memory.items["LisBon"].evidence_count == 2


def test_a_choice_that_is_corrected_keeps_its_thing() -> None:
    memory = Memory().hear(said(1, "fav:Colour=blue"))
    item_id = id_of(memory, "Colour: blue")
    memory.obey(command(CommandType.CORRECT, at=5, item_id=item_id, value="red"))

    thing = canonicalise(BUILT_IN.slot_of("preference", "favourite"), "Colour: red").qualifier
    assert memory.items[f"{thing}: red"].status is ItemStatus.ACTIVE
