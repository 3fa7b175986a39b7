"""Expiry by command: what was said up to then no longer stands, its words leave, and saying it again brings it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from schemas.enums import CommandType, ItemStatus, RetentionLevel, Tense
from schemas.ids import ItemId
from schemas.records import Evidence, MemoryCommand
from streams.ports import PoisonRecord
from streams.processors.timeline import CORRECTED, EXPIRED, FORGOTTEN, Standing, standings
from streams.stores import RunStores
from support.assertions import asserted, day, days_of
from support.memory import CODEC, Memory, command, id_of, minute
from support.speech import deleted, edited, said
from topology.stages import EVIDENCE_ROWS
from topology.topics import TopicName

EXPIRE, CONFIRM = CommandType.EXPIRE, CommandType.CONFIRM


def expiry(of: ItemId, *, at: float, to: float, name: str = "k1") -> MemoryCommand:
    return command(EXPIRE, at=at, name=name, item_id=of, known_to=minute(to))


def words_kept(memory: Memory) -> set[str]:
    """The quotes in the tables of consolidate."""
    tables = memory.replay.stages[1].tables
    return {row.quote for table in tables for _, row in RunStores(table, CODEC).scan(EVIDENCE_ROWS, "") if row.quote}


def words_told(memory: Memory) -> set[str]:
    return {row.quote for row in memory.evidence if row.quote}


@pytest.fixture
def tea() -> Memory:
    """Somebody likes tea, and milk."""
    return Memory().hear(said(1, "likes:tea"), said(2, "likes:tea likes:milk"))


def test_what_has_expired_says_so_and_its_words_are_gone(tea: Memory) -> None:
    tea.obey(expiry(id_of(tea, "tea"), at=9, to=3))

    item = tea.items["tea"]
    assert (item.status, item.value, item.expired_to) == (ItemStatus.EXPIRED, "tea", minute(3))
    assert (item.evidence_count, item.last_occurred_at) == (2, minute(2))
    assert words_told(tea) == words_kept(tea) == {"likes:milk"}
    assert [entry.value for entry in tea.profile.top] == ["milk"]
    assert tea.profile.active_items == 1


def test_what_was_said_from_then_on_still_stands(tea: Memory) -> None:
    tea.obey(expiry(id_of(tea, "tea"), at=9, to=2))

    item = tea.items["tea"]
    assert (item.status, item.evidence_count, item.validity[0].valid_from) == (ItemStatus.ACTIVE, 1, minute(2))
    assert words_told(tea) == words_kept(tea) == {"likes:tea", "likes:milk"}
    assert len(tea.evidence) == 3


def test_it_is_active_again_when_it_is_said_again(tea: Memory) -> None:
    tea.obey(expiry(id_of(tea, "tea"), at=9, to=3)).hear(said(20, "likes:tea"))

    item = tea.items["tea"]
    assert (item.status, item.evidence_count, item.first_occurred_at) == (ItemStatus.ACTIVE, 1, minute(20))
    assert (item.validity[0].valid_from, item.expired_to) == (minute(20), minute(3))
    assert words_told(tea) == {"likes:tea", "likes:milk"}


def test_a_command_brings_it_back_as_well(tea: Memory) -> None:
    about = id_of(tea, "tea")
    tea.obey(expiry(about, at=9, to=3)).obey(command(CONFIRM, at=10, name="k2", item_id=about))

    item = tea.items["tea"]
    assert (item.status, item.explicit, item.retention_level) == ("active", True, RetentionLevel.PERMANENT)


def test_words_that_come_late_find_that_they_have_expired(tea: Memory) -> None:
    tea.obey(expiry(id_of(tea, "tea"), at=9, to=8)).hear(said(7, "likes:tea"))

    assert (tea.items["tea"].status, tea.items["tea"].evidence_count) == (ItemStatus.EXPIRED, 3)
    assert words_told(tea) == words_kept(tea) == {"likes:milk"}


def test_what_had_expired_before_it_came_is_told_without_its_words_and_is_nothing_to_show(tea: Memory) -> None:
    """That it was asserted is part of what was known when."""
    tea.obey(expiry(id_of(tea, "tea"), at=9, to=8)).hear(said(7, "likes:tea"))

    told = [value for key, value in tea.replay.sent(TopicName.EVIDENCE, Evidence) if key.endswith("/m7")]
    assert [value.quote if value else None for value in told] == ["", None]


def test_an_edit_does_not_bring_words_back(tea: Memory) -> None:
    tea.obey(expiry(id_of(tea, "tea"), at=9, to=3)).hear(edited(1, "now likes:tea and not:milk", at=30))

    assert tea.items["tea"].status is ItemStatus.EXPIRED
    assert words_told(tea) == words_kept(tea) == {"likes:milk", "not:milk"}


def test_what_has_expired_is_retracted_when_its_messages_are_deleted(tea: Memory) -> None:
    tea.obey(expiry(id_of(tea, "tea"), at=9, to=3)).hear(deleted(1, at=30), deleted(2, at=31))

    assert tea.items["tea"].status is ItemStatus.RETRACTED


def test_two_jobs_at_once_have_the_effect_of_one(tea: Memory) -> None:
    about = id_of(tea, "tea")
    tea.obey(expiry(about, at=9, to=3)).obey(expiry(about, at=10, to=3))

    assert len([row for row in tea.evidence if row.rule == EXPIRED]) == 1


def test_an_expiry_that_is_read_before_the_words_waits_for_them(tea: Memory) -> None:
    early = Memory().obey(expiry(id_of(tea, "tea"), at=9, to=3)).hear(said(1, "likes:tea"))

    assert early.items["tea"].status is ItemStatus.EXPIRED
    assert words_told(early) == words_kept(early) == set()


def test_an_expiry_must_say_of_when(tea: Memory) -> None:
    with pytest.raises(PoisonRecord, match="missing_field"):
        tea.obey(command(EXPIRE, at=9, item_id=id_of(tea, "tea")))


def expired(item: Evidence, to: datetime) -> Evidence:
    about = replace(item, conversation_id=None, message_id="k1", rule=EXPIRED, tense=Tense.ENDED)
    return replace(about, known_to=to, occurred_at=day(99))


def tell(*evidence: Evidence) -> dict[str, Standing]:
    names = {each.item_id: each.value for each in evidence}
    stand = standings(evidence)
    assert stand == standings(evidence[::-1])
    return {names[item]: standing for item, standing in stand.items()}


def test_what_took_a_place_and_has_expired_gives_it_back_to_nobody() -> None:
    porto = asserted("Porto", 5)
    stand = tell(asserted("Lisbon", 1), porto, expired(porto, day(6)))

    assert (stand["Lisbon"].status, stand["Lisbon"].superseded_by) == (ItemStatus.SUPERSEDED, porto.item_id)
    assert (stand["Porto"].status, stand["Porto"].superseded_by) == (ItemStatus.EXPIRED, None)


def test_what_was_superseded_expires_too_and_returns_with_the_days_it_is_given_anew() -> None:
    lisbon, porto = asserted("Lisbon", 1), asserted("Porto", 5)
    gone = expired(lisbon, day(6))

    assert tell(lisbon, porto, gone)["Lisbon"].status is ItemStatus.EXPIRED
    again = tell(lisbon, porto, gone, asserted("Lisbon", 50))
    assert (again["Lisbon"].status, days_of(again["Lisbon"])) == (ItemStatus.ACTIVE, [(50, None)])
    assert (again["Porto"].status, days_of(again["Porto"])) == (ItemStatus.SUPERSEDED, [(5, 50)])


def test_the_latest_of_several_expiries_counts() -> None:
    said_of = asserted("Porto", 5)
    first, second = expired(said_of, day(2)), replace(expired(said_of, day(6)), message_id="k2")

    assert tell(said_of, first)["Porto"].status is ItemStatus.ACTIVE
    assert tell(said_of, second, first)["Porto"].expired_to == day(6)


def test_what_was_forgotten_stays_retracted_when_it_expires() -> None:
    porto = asserted("Porto", 5)
    forgotten = replace(expired(porto, day(8)), message_id="k2", rule=FORGOTTEN, known_to=None, occurred_at=day(7))

    assert tell(porto, forgotten, expired(porto, day(8)))["Porto"].status is ItemStatus.RETRACTED


def test_what_was_corrected_still_names_what_took_its_place_after_it_has_been_said_to_be_past() -> None:
    lisbon, right = asserted("Lisbon", 1), asserted("Porto", 3)
    wrong = replace(right, item_id=lisbon.item_id, rule=CORRECTED, tense=Tense.ENDED, conversation_id=None)
    stand = tell(lisbon, wrong, right, expired(lisbon, day(2)), asserted("Lisbon", 9, Tense.PAST))

    assert (stand["Lisbon"].status, stand["Lisbon"].superseded_by) == (ItemStatus.SUPERSEDED, right.item_id)
