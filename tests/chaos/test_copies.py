"""A record that its own producer wrote twice is one event; a copy that nobody but an agent can have made is a flaw."""

from __future__ import annotations

from dataclasses import replace

from chaos import checker
from chaos.feeding import number_of
from chaos.running import verdicts
from support.chaos_found import CODEC, flawless


def test_what_its_producer_wrote_twice_counts_once_for_both_judges() -> None:
    """A message, a poison record and one that stands astray among them."""
    made = flawless(2, 300, twice=range(100, 300))
    again = [told for told in made.sent if told.number >= 100]
    assert any(told.misplaced for told in again)
    assert any(told.poison for told in again)
    assert verdicts(made.found, made.sent, CODEC) == []


def test_a_copy_behind_what_was_acknowledged_is_nobodys_but_ours() -> None:
    made = flawless(2, 300, twice=[200])
    (heard,) = [told for told in made.sent if told.number == 200]
    first = min(event.place for event in made.found.events if number_of(event) == 200)
    assert first < heard.place
    sent = [replace(told, place=first) if told is heard else told for told in made.sent]
    assert ("duplicated", str(heard.place)) in [(one.verdict, one.key) for one in checker.judge(sent, made.found)]
