"""Postings that are kept: of the state that a block is in, and within a number of bytes."""

from __future__ import annotations

import pytest

from api.readers.index import postings
from api.readers.index.postings import Postings, Row

CHESS: Row = (1, "chess", 2, b"four")
STATE = {1: 0, 2: 0}


def kept() -> Postings:
    found = Postings()
    found.keep(STATE, ["chess", "violin"], [CHESS])
    return found


def test_what_was_read_is_not_read_again_and_what_is_nowhere_neither() -> None:
    assert Postings().missing(STATE, ["chess"]) == ["chess"]
    assert kept().missing(STATE, ["chess", "violin", "river"]) == ["river"]
    assert kept().of(STATE, ["chess", "violin"]) == [CHESS]


def test_another_block_or_another_state_of_one_is_read() -> None:
    assert kept().missing({1: 0, 3: 0}, ["chess"]) == ["chess"]
    assert kept().missing({1: 1, 2: 0}, ["chess"]) == ["chess"]
    assert kept().of({1: 1}, ["chess"]) == []


def test_what_was_taken_out_of_a_block_is_forgotten() -> None:
    found = kept()
    found.forget_others({1: 1, 2: 0})
    assert found.missing({1: 0}, ["chess"]) == ["chess"]
    assert found.missing({2: 0}, ["chess"]) == []


def test_bytes_are_bounded_and_the_latest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Postings()
    monkeypatch.setattr(postings, "MOST_BYTES", 100)
    found.keep({1: 0}, ["long"], [(1, "long", 1, b"x" * 200)])
    assert found.missing({1: 0}, ["long"]) == ["long"], "longer than all that may be kept"
    before = found.nbytes
    found.keep({1: 0}, ["nowhere"], [])
    assert found.nbytes == before + postings.ENTRY_BYTES
