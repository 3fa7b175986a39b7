"""Letters and the record of what was done about them stand in one topic and cannot be taken for each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schemas.records import Position
from streams.dead_letters.letters import ACTION, Action, ActionKind, Entry, Letter, gather, read, record_of
from streams.ports import RawRecord
from support.extracting import raw_of
from support.speech import said
from unit.streams.dead_letters.made import NOW, action_on, letter_of

LETTER = letter_of(raw_of(said(1, "a\x00b")), offset=7)


def taken(action: Action, offset: int = 9) -> RawRecord:
    """The action's record as it comes back from the broker."""
    record = record_of(action)
    assert isinstance(record.key, str)
    assert record.partition == action.letter.partition
    return RawRecord(
        position=replace(action.letter, offset=offset),
        timestamp=NOW,
        key=record.key.encode(),
        value=None,
        headers=record.headers,
    )


@pytest.mark.parametrize("kind", list(ActionKind))
def test_an_action_comes_back_as_it_was_written(kind: ActionKind) -> None:
    action = action_on(LETTER, kind, because="até já")
    assert read(taken(action)) == action


def test_a_letter_tells_its_failure() -> None:
    letter = read(LETTER.raw)
    assert isinstance(letter, Letter)
    assert letter.reason == "nul_in_text"
    assert letter.position.offset == 7


def test_an_event_cannot_pass_its_letter_off_as_an_action() -> None:
    forged = taken(action_on(LETTER)).headers
    raw = replace(LETTER.raw, headers=(*forged, *LETTER.raw.headers), key=taken(action_on(LETTER)).key)
    assert isinstance(read(raw), Letter)


@pytest.mark.parametrize("key", [None, b"\xff", b"one", b"a/b/c", b"a/1/x"])
def test_an_action_about_nothing_is_a_letter_without_a_failure(key: bytes | None) -> None:
    letter = read(replace(taken(action_on(LETTER)), key=key))
    assert isinstance(letter, Letter)
    assert letter.reason == "unknown"


def test_an_unknown_kind_of_action_is_a_letter() -> None:
    raw = taken(action_on(LETTER))
    headers = tuple((name, b"eaten" if name == ACTION else value) for name, value in raw.headers)
    assert isinstance(read(replace(raw, headers=headers)), Letter)


def test_a_letter_is_open_until_something_is_done() -> None:
    other = letter_of(raw_of(said(2, "a")), offset=8)
    first, second = action_on(LETTER), action_on(LETTER, ActionKind.DISCARDED)
    found = gather([LETTER, other, first, second])
    assert found == (Entry(letter=LETTER, actions=(first, second)), Entry(letter=other))
    assert [each.is_open for each in found] == [False, True]


def test_the_action_of_a_letter_that_is_gone_is_left_out() -> None:
    gone = Action(
        letter=Position(topic=LETTER.position.topic, partition=0, offset=1),
        kind=ActionKind.REQUEUED,
        by="ana",
        at=datetime(2024, 1, 1, tzinfo=UTC),
    )
    assert gather([gone]) == ()
